# SPDX-License-Identifier: Apache-2.0
"""What happens in a clip of the toy world, measured from its pixels alone. Clips are [F, H, W, 3] in [0, 1]."""
import numpy as np

KINDS = ["right", "left", "up", "down", "jump", "spin", "grow", "shrink", "blink", "snow"]
STYLES = ["flat", "comic", "pastel", "neon"]
QUIET = 0.06  # a clip whose largest score is below this shows nothing

ANGLES = 128
RADII = 24
LARGEST_TURN = 25  # degrees between neighbouring frames


def backdrop_of(frame):
    """[H, 1, 3]: the colour of each row, from two columns at either side."""
    columns = np.concatenate([frame[:, :2], frame[:, -2:]], axis=1)
    return np.median(columns, axis=1, keepdims=True)


def grown(mask, by):
    """The mask and all pixels at most `by` rows and columns away."""
    out = mask.copy()
    for _ in range(by):
        wide = np.pad(out, [(0, 0)] * (out.ndim - 2) + [(1, 1), (1, 1)])
        out = wide[..., :-2, 1:-1] | wide[..., 2:, 1:-1] | wide[..., 1:-1, :-2] | wide[..., 1:-1, 2:] | out
    return out


def contrast_of(clip):
    """[F, H, W]: L1 distance of each pixel to the backdrop of frame 0, beyond what a comic's stripes have."""
    return np.maximum(np.abs(clip - backdrop_of(clip[0])).sum(axis=-1) - 0.3, 0)


def weights_of(clip):
    """[F, H, W] in [0, 1]: how surely each pixel is not the backdrop of frame 0."""
    return np.clip(contrast_of(clip) / 0.4, 0, 1)


def heaviest_piece(weights):
    """The same with nothing but each frame's heaviest connected piece: flakes beside the thing are not the thing."""
    mask = weights > 0.1
    labels = np.where(mask, np.arange(1, mask[0].size + 1).reshape(mask[0].shape), 0)
    before = None
    while before is None or (labels != before).any():
        before = labels
        wide = np.pad(labels, [(0, 0), (1, 1), (1, 1)])
        neighbours = [wide[:, :-2, 1:-1], wide[:, 2:, 1:-1], wide[:, 1:-1, :-2], wide[:, 1:-1, 2:], labels]
        labels = np.max(neighbours, axis=0) * mask
    out = np.zeros_like(weights)
    for f, frame in enumerate(labels):
        heft = np.bincount(frame.ravel(), weights[f].ravel(), minlength=2)
        piece = 1 + int(np.argmax(heft[1:]))
        out[f] = weights[f] * (frame == piece)
    return out


def new_white(clip):
    """[F, H, W]: pixels that have become white, where neither frame 0 nor the backdrop is."""
    low = clip.min(axis=-1)
    ground = backdrop_of(clip[0]).min(axis=-1)
    return (low > 0.8) & (low > low[:1] + 0.12) & (low > ground + 0.12)


def moments(weights):
    """Area, x and y of the centre, and root mean square radius of each frame's weights, in pixels."""
    height, width = weights.shape[1:]
    area = weights.sum(axis=(1, 2))
    safe = np.maximum(area, 1e-6)
    across, down = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    x = (weights * across).sum(axis=(1, 2)) / safe
    y = (weights * down).sum(axis=(1, 2)) / safe
    square = (weights * (across**2 + down**2)).sum(axis=(1, 2)) / safe - x**2 - y**2
    return area, x, y, np.sqrt(np.maximum(square, 1e-6))


def trend(values, certainty):
    """(rise over the clip, height of a bow in its middle): least squares of a + b p + c 4p(1-p)."""
    p = np.linspace(0, 1, len(values))
    terms = np.stack([np.ones_like(p), p, 4 * p * (1 - p)], axis=1)
    root = np.sqrt(certainty / max(certainty.max(), 1e-6))
    fit = np.linalg.lstsq(terms * root[:, None], values * root, rcond=None)[0]
    return fit[1], fit[2]


def polar(picture, x, y, radius):
    """[RADII, ANGLES, C] around (x, y), bilinear."""
    height, width = picture.shape[:2]
    r = (np.arange(RADII) + 0.5) / RADII * radius
    theta = np.arange(ANGLES) * 2 * np.pi / ANGLES
    at_x = np.clip(x - 0.5 + r[:, None] * np.cos(theta), 0, width - 1.001)
    at_y = np.clip(y - 0.5 + r[:, None] * np.sin(theta), 0, height - 1.001)
    x0, y0 = at_x.astype(int), at_y.astype(int)
    fx, fy = (at_x - x0)[..., None], (at_y - y0)[..., None]
    top = picture[y0, x0] * (1 - fx) + picture[y0, x0 + 1] * fx
    bottom = picture[y0 + 1, x0] * (1 - fx) + picture[y0 + 1, x0 + 1] * fx
    return (top * (1 - fy) + bottom * fy) * r[:, None, None]


def turn_between(one, other):
    """Degrees, clockwise on the screen, that bring polar picture `one` onto `other`; 0 where nothing tells."""
    spectrum = np.conj(np.fft.rfft(one, axis=1)) * np.fft.rfft(other, axis=1)
    spectrum = spectrum.sum(axis=(0, 2))
    energy = 2 * np.abs(spectrum[1:]).sum()
    shifts = np.arange(-LARGEST_TURN * 4, LARGEST_TURN * 4 + 1) / 4
    waves = np.arange(1, len(spectrum))
    likeness = 2 * (spectrum[1:, None] * np.exp(1j * np.deg2rad(np.outer(waves, shifts)))).real.sum(axis=0)
    best = int(np.argmax(likeness))
    still = likeness[len(shifts) // 2]
    if likeness[best] - still < 0.004 * energy or best in (0, len(shifts) - 1):
        return 0.0
    return shifts[best]


def turn_of(clip, weights):
    """Degrees over the whole clip: of the outline, or of what is darker on the thing, whichever turns more."""
    area, x, y, radius = moments(weights)
    if area.min() < 4 or (weights.max(axis=(1, 2)) <= 0.5).any():
        return 0.0
    reach = 1.9 * radius.max()
    outlines = [polar(weights[f][..., None], x[f], y[f], reach) for f in range(len(clip))]
    brightness = clip.mean(axis=-1)
    inside = []
    for f in range(len(clip)):
        darker = np.minimum(brightness[f] - np.median(brightness[f][weights[f] > 0.5]), 0) * weights[f]
        inside.append(polar(darker[..., None], x[f], y[f], 1.15 * radius[f]))
    turns = [sum(turn_between(a, b) for a, b in zip(views, views[1:])) for views in (outlines, inside)]
    return max(turns, key=abs)


def scores_of(clip):
    """How strongly each kind of motion shows: about the amplitude, 0 to 1, of a clip as it is drawn."""
    height, width = clip.shape[1:3]
    unit = 64 / min(height, width)
    white = new_white(clip)
    clear = ~grown(white, 2)
    weights = heaviest_piece(weights_of(clip) * clear)
    area, x, y, radius = moments(weights)
    rise_x, _ = trend(x, area)
    rise_y, bow_y = trend(y, area)
    growth, _ = trend(radius / max(radius[0], 1e-6), area)
    strength = (contrast_of(clip) * clear).sum(axis=(1, 2))
    middle = strength[len(strength) // 2 - 1:len(strength) // 2 + 2].mean()
    fade = max(0.0, 1 - 2 * middle / max(strength[0] + strength[-1], 1e-6))
    there = area.min() > 0.4 * area.max() or fade < 0.5
    moved = (abs(rise_x) + abs(rise_y) + abs(bow_y)) * unit / 30
    turned = abs(turn_of(clip, weights)) / 150
    fallen = white[-4:].mean() * 64 * 64 / 330
    return {
        "right": rise_x * unit / 30, "left": -rise_x * unit / 30,
        "down": rise_y * unit / 30, "up": -rise_y * unit / 30,
        "jump": -bow_y * unit / 26 if there else 0.0,
        "spin": max(0.0, turned - moved - abs(growth) - 2 * fallen) if there else 0.0,
        "grow": growth / 1.1, "shrink": -growth / 0.6,
        "blink": max(0.0, fade - abs(growth) - moved / 2), "snow": fallen,
    }


def kind_of(scores):
    best = max(KINDS, key=lambda kind: scores[kind])
    return best if scores[best] > QUIET else "none"


def hsv_distances(clip):
    """As renderer/training/affinity.hpp has it: each frame's distance to frame 0, in [0, 1]."""
    most, least = clip.max(axis=-1), clip.min(axis=-1)
    chroma = most - least
    safe = np.where(chroma > 0, chroma, 1)
    red, green, blue = np.moveaxis(clip, -1, 0)
    sixths = np.where(most == red, (green - blue) / safe % 6,
                      np.where(most == green, 2 + (blue - red) / safe, 4 + (red - green) / safe))
    hue = np.where(chroma > 0, sixths / 6, 0)
    saturation = np.where(most > 0, chroma / np.where(most > 0, most, 1), 0)
    turns = np.abs(hue - hue[:1])
    parts = 2 * np.minimum(turns, 1 - turns) + np.abs(saturation - saturation[:1]) + np.abs(most - most[:1])
    return parts.mean(axis=(1, 2)) / 3


def motion_of(clip):
    return float(hsv_distances(clip)[1:].mean())


def psnr(one, other):
    return float(-10 * np.log10(max(np.mean((one - other) ** 2), 1e-10)))


def unsteadiness_of(clip):
    """Standard deviation over time of the mean colour of what is backdrop in all frames, in 1/255."""
    covered = grown((weights_of(clip) > 0.05).any(axis=0) | new_white(clip).any(axis=0), 3)
    if covered.all():
        return float("nan")
    means = clip[:, ~covered].mean(axis=1)
    return float(255 * means.std(axis=0).max())


def closure_of(clip):
    """How far the last frame of a loop is from its first, as a part of how far it went."""
    distances = hsv_distances(clip)
    return float(distances[-1] / max(distances.max(), 1e-6))


def displacement_of(clip, picture):
    """Pixels between the centres of the thing in the picture and in the clip's frames, on average."""
    _, x, y, _ = moments(heaviest_piece(weights_of(clip)))
    _, (px,), (py,), _ = moments(weights_of(picture[None]))
    return float(np.hypot(x - px, y - py).mean())


def style_of(frame):
    """Which of the four styles a frame is in, by its ground, its outline and the paleness of the thing."""
    thing = weights_of(frame[None])[0] > 0.5
    if thing.sum() < 8:
        return "none"
    least = frame.min(axis=-1)
    if np.median(backdrop_of(frame)) < 0.3:
        return "neon" if np.percentile(least[thing], 95) > 0.28 else "flat"
    outline = thing & grown(~thing, 2)
    if np.mean(frame[outline].max(axis=-1) < 0.45) > 0.3:
        return "comic"
    return "pastel" if np.median(least[thing]) > 0.23 else "flat"
