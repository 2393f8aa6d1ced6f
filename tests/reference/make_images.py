# SPDX-License-Identifier: Apache-2.0
"""Small pictures of every kind that is read, and what Pillow makes of them: tests/golden/images/.

    python tests/reference/make_images.py tests/golden/images      (Pillow 10.4.0, numpy)

Pillow 13.0.0 resizes columns before rows in some cases; all before it, and so the one that PIA ran on, rows first.

expected.txt has a line a picture: file, width, height (upright), EXIF orientation, the largest difference that
is allowed. <file>.rgb holds the upright RGB bytes. resize.txt has a line a resize: source, operation, width,
height, first width, first height (0 0: none); resize-<line>.rgb holds the bytes.
"""
import io
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(sys.argv[1])
WIDTH, HEIGHT = 21, 14


def smooth(width=WIDTH, height=HEIGHT, channels=3):
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // (width - 1), y * 255 // (height - 1), (x * 9 + y * 5) % 256, 255 - (x + y) * 6 % 256]
    return np.stack(planes[:channels], axis=2).astype(np.uint8)


def noise(width, height):
    return np.random.default_rng(20261122).integers(0, 256, (height, width, 3), dtype=np.uint8)


lines = []


def keep(name, data, tolerance=0, expected=None):
    (OUT / name).write_bytes(data)
    image = Image.open(io.BytesIO(data))
    orientation = image.getexif().get(0x0112, 1)
    upright = ImageOps.exif_transpose(image).convert("RGB") if expected is None else expected
    (OUT / (name + ".rgb")).write_bytes(upright.tobytes())
    lines.append(f"{name} {upright.width} {upright.height} {orientation} {tolerance}")


def saved(image, form, **options):
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def exif(orientation):
    block = Image.Exif()
    block[0x0112] = orientation
    return block


def chunk(kind, body):
    import zlib
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_16_colour(width=7, height=5):
    import zlib
    values = np.random.default_rng(1).integers(0, 65536, (height, width, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return data


def high_byte(image):
    high = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
    return Image.fromarray(np.repeat(high[:, :, None], 3, axis=2))


def pngs():
    rgb, rgba = Image.fromarray(smooth()), Image.fromarray(smooth(channels=4))
    keep("rgb.png", saved(rgb, "PNG"))
    keep("rgba.png", saved(rgba, "PNG"))
    keep("grey.png", saved(rgb.convert("L"), "PNG"))
    keep("grey-alpha.png", saved(rgba.convert("LA"), "PNG"))
    keep("palette.png", saved(rgb.quantize(13), "PNG"))
    keep("palette-transparent.png", saved(rgb.quantize(13), "PNG", transparency=3))
    keep("colour-key.png", saved(rgb, "PNG", transparency=(0, 0, 0)))
    keep("one-bit.png", saved(rgb.convert("1"), "PNG"))
    keep("rgb16.png", png_16_colour())
    grey16 = Image.fromarray((np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) * 222).astype(np.uint16))
    keep("grey16.png", saved(grey16, "PNG"), expected=high_byte(grey16))
    keep("grey16.tiff", saved(grey16, "TIFF"), expected=high_byte(grey16))
    keep("turned.png", saved(rgb, "PNG", exif=exif(6)))
    keep("one-pixel.png", saved(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG"))
    keep("text.png", saved(rgb, "PNG", pnginfo=None, icc_profile=b"not a profile at all" * 10))


def jpegs():
    rgb = Image.fromarray(smooth())
    keep("rgb.jpg", saved(rgb, "JPEG", quality=90), 2)
    keep("full-chroma.jpg", saved(rgb, "JPEG", quality=90, subsampling=0), 2)
    keep("progressive.jpg", saved(rgb, "JPEG", quality=90, progressive=True), 2)
    keep("grey.jpg", saved(rgb.convert("L"), "JPEG", quality=90), 2)
    keep("cmyk.jpg", saved(rgb.convert("CMYK"), "JPEG", quality=90), 2)
    keep("restart.jpg", saved(rgb, "JPEG", quality=90, restart_marker_blocks=1), 2)
    for orientation in range(1, 9):
        keep(f"turned-{orientation}.jpg", saved(rgb, "JPEG", quality=90, subsampling=0, exif=exif(orientation)), 2)


def others():
    rgb, rgba = Image.fromarray(smooth()), Image.fromarray(smooth(channels=4))
    keep("rgb.bmp", saved(rgb, "BMP"))
    keep("grey.bmp", saved(rgb.convert("L"), "BMP"))
    keep("palette.bmp", saved(rgb.quantize(13), "BMP"))
    keep("rgba.bmp", saved(rgba, "BMP"))
    keep("one-bit.bmp", saved(rgb.convert("1"), "BMP"))
    keep("lossless.webp", saved(rgb, "WEBP", lossless=True))
    keep("alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True))
    keep("lossy.webp", saved(rgb, "WEBP", quality=80), 2)
    keep("turned.webp", saved(rgb, "WEBP", lossless=True, exif=exif(8)))
    keep("rgb.tiff", saved(rgb, "TIFF"))
    keep("lzw.tiff", saved(rgb, "TIFF", compression="tiff_lzw"))
    keep("deflate.tiff", saved(rgb, "TIFF", compression="tiff_adobe_deflate"))
    keep("rgba.tiff", saved(rgba, "TIFF"))
    keep("grey.tiff", saved(rgb.convert("L"), "TIFF"))
    keep("palette.tiff", saved(rgb.quantize(13), "TIFF"))
    keep("cmyk.tiff", saved(rgb.convert("CMYK"), "TIFF"), 1)
    for orientation in range(2, 9):
        keep(f"turned-{orientation}.tiff", saved(rgb, "TIFF", exif=exif(orientation)))


def resizes():
    sources = {"smooth": smooth(37, 29), "noise": noise(31, 23)}
    cases = [("stretch", 16, 16, 0, 0), ("stretch", 74, 58, 0, 0), ("stretch", 8, 40, 0, 0), ("stretch", 37, 8, 0, 0),
             ("stretch", 31, 8, 0, 0), ("stretch", 1, 1, 0, 0), ("fit", 16, 8, 19, 13), ("crop", 16, 16, 0, 0),
             ("crop", 8, 24, 0, 0), ("crop", 40, 16, 0, 0), ("pad", 16, 16, 0, 0), ("pad", 8, 24, 0, 0),
             ("pad", 40, 16, 0, 0)]
    table = []
    for name, pixels in sources.items():
        image = Image.fromarray(pixels)
        (OUT / f"{name}.rgb").write_bytes(image.tobytes())
        for operation, width, height, first_width, first_height in cases:
            if operation == "crop":
                result = ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC)
            elif operation == "pad":
                result = ImageOps.pad(image, (width, height), Image.Resampling.BICUBIC)
            else:
                between = image.resize((first_width, first_height)) if first_width else image
                result = between.resize((width, height))
            (OUT / f"resize-{len(table)}.rgb").write_bytes(result.tobytes())
            table.append(f"{name} {image.width} {image.height} {operation} {width} {height} {first_width} {first_height}")
    (OUT / "resize.txt").write_text("\n".join(table) + "\n")


OUT.mkdir(parents=True, exist_ok=True)
pngs()
jpegs()
others()
resizes()
(OUT / "expected.txt").write_text("\n".join(lines) + "\n")
