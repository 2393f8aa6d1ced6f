# SPDX-License-Identifier: Apache-2.0
"""Write golden/resize.safetensors and resize.json: Pillow's bicubic resize, and the official preprocessing built on it.

resize.safetensors: in_<k> and out_<k>, uint8 RGB [H, W, 3].
resize.json, "preprocess": preprocess_img itself on common.picture(width, height): the size it gives, SHA-256 of the input's
and of the result's bytes, and two of the result's rows. "sizes": what sizes preprocess_img arrives at; the float arithmetic
matters, since int(long * (512 / long)) is 511 for some long sides and the multiple of 8 below is then 504.
Run in the official environment, with a Pillow before 13.0 (the goldens: 10.4.0): 13.0 resizes columns before rows in some
cases, all before it, and so the one that PIA ran on, rows first; 17x23 -> 16x16 tells them apart by up to 4 of 255.
"""
import hashlib
import json
import tempfile

import numpy as np
import torch
from PIL import Image, __version__ as pillow_version

import common
from official_reference import util


assert int(pillow_version.split(".")[0]) < 13, f"Pillow {pillow_version} has another order of passes: take 10.4.0"


def noise(width, height):
    import rule

    x = rule.uniform("input/resize", width * height * 3)
    return np.floor((x + 1) * 128).astype(np.uint8).reshape(height, width, 3)


def preprocess(width, height):
    picture = common.picture(width, height)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.fromarray(picture).save(file.name)
        result, out_height, out_width = util.preprocess_img(file.name)
    assert result.shape == (out_height, out_width, 3)
    return picture, result


pairs = [((24, 16), (12, 8)), ((24, 16), (48, 32)), ((17, 23), (16, 16)), ((40, 12), (9, 31)), ((33, 20), (33, 8)),
         ((5, 3), (64, 40))]
tensors = {}
for k, (before, after) in enumerate(pairs):
    picture = noise(*before) if k % 2 else common.picture(*before)
    tensors[f"in_{k}"] = torch.from_numpy(picture)
    # No filter named, as in the official code: bicubic for RGB.
    result = np.array(Image.fromarray(picture).resize(after))
    assert (result == np.array(Image.fromarray(picture).resize(after, Image.Resampling.BICUBIC))).all()
    tensors[f"out_{k}"] = torch.from_numpy(result)
common.save(common.GOLDEN / "resize.safetensors", tensors, {"pillow": pillow_version, "filter": "bicubic"})

entries = []
for size in ((700, 531), (640, 512), (300, 205), (64, 48), (561, 420), (1024, 1536)):
    picture, result = preprocess(*size)
    rows = [0, result.shape[0] * 2 // 3]
    entries.append(dict(width=size[0], height=size[1], out_width=result.shape[1], out_height=result.shape[0],
                        in_sha256=hashlib.sha256(picture.tobytes()).hexdigest(),
                        out_sha256=hashlib.sha256(result.tobytes()).hexdigest(), rows=rows,
                        values=[result[row].ravel().tolist() for row in rows]))

# Sizes only: a stand-in picture goes through the same function.
sizes = []
falls_short = [n for n in range(513, 4097) if int(n * (512 / n)) < 512]


class SizeOnly:
    def __init__(self, size):
        self.size = size

    def convert(self, _):
        return self

    def resize(self, size):
        return SizeOnly(size)

    def __array__(self, dtype=None, copy=None):
        return np.zeros((self.size[1], self.size[0], 3), np.uint8)


class OpensSizeOnly:
    open = staticmethod(SizeOnly)


util.Image, original = OpensSizeOnly, util.Image
for width, height in ((512, 640), (512, 512), (1024, 1536), (513, 513), (4096, 4096), (511, 509), (1920, 1080),
                      (1080, 1920), (3000, 2000), (600, 8), (8, 600), *((n, n * 3 // 4) for n in falls_short[:6])):
    _, out_height, out_width = util.preprocess_img((width, height))
    sizes.append([width, height, out_width, out_height])
util.Image = original

path = common.GOLDEN / "resize.json"
path.write_text('{"long_sides_that_fall_short": ' + json.dumps(falls_short) + ',\n"sizes": ' + json.dumps(sizes)
                + ',\n"preprocess": [\n' + ",\n".join(json.dumps(e) for e in entries) + "]}\n")
