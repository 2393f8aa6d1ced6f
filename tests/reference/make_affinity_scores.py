# SPDX-License-Identifier: Apache-2.0
"""What PIA's own get_score and prepare_mask_coef_by_score give for small clips by rule -> golden/affinity_scores.json.

Needs PIA_OFFICIAL (the repository) and opencv-python-headless; the two functions are cut out of their files, whose other
imports (decord, moviepy) nothing here needs.
"""
import ast
import hashlib
import json
import math
import os
from pathlib import Path
from typing import Optional

import cv2
import numpy as np
import torch

OFFICIAL = Path(os.environ["PIA_OFFICIAL"])
NAMES = {"animatediff/utils/util.py": ["estimated_kernel_size", "detect_edges", "prepare_mask_coef_by_score"],
         "animatediff/data/dataset.py": ["get_score"]}
SIZES = {"square": (24, 20), "brighter": (32, 32), "busy": (17, 23)}


def official_functions():
    space = {"cv2": cv2, "np": np, "math": math, "torch": torch, "Optional": Optional}
    for file, names in NAMES.items():
        tree = ast.parse((OFFICIAL / file).read_text())
        tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
        exec(compile(tree, file, "exec"), space)
    return space


def clip_by_rule(name, frames=16):
    width, height = SIZES[name]
    f, y, x = np.meshgrid(np.arange(frames), np.arange(height), np.arange(width), indexing="ij")
    if name == "busy":
        parts = [(x * x * 31 + y * 57 + f * 91) % 256, (x * 13 + y * y * 7 + f * 5) % 256, (x * y + f * 3) % 256]
    else:
        parts = [40 + 5 * x, 30 + 6 * y, 90 + 0 * x]
        inside = (x >= 3 + f // 2) & (x < 11 + f // 2) & (y >= 5) & (y < 13)
        if name == "square":
            parts = [np.where(inside, c, p) for c, p in zip((230, 60 + 10 * f, 40), parts)]
        else:
            parts = [np.minimum(p + 4 * f, 255) for p in parts]
    return np.stack(parts, axis=-1).astype(np.uint8)


def main():
    official = official_functions()
    statistic = __import__("yaml").safe_load((OFFICIAL / "example/config/train.yaml").read_text())["statistic"]
    entries = []
    for name in SIZES:
        for condition in (0, 6):
            clip = clip_by_rule(name)
            scores = [float(s) for s in official["get_score"](clip.astype(np.float32), condition)]
            given = torch.tensor(scores, dtype=torch.float64)[None, :, None].clone()
            coef = official["prepare_mask_coef_by_score"]([1, 16], [condition], statistic=statistic, score=given)
            entries.append({"clip": name, "condition": condition, "sha256": hashlib.sha256(clip.tobytes()).hexdigest(),
                            "scores": scores, "affinity": coef[0].tolist()})
    target = Path(__file__).parent.parent / "golden" / "affinity_scores.json"
    target.write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
