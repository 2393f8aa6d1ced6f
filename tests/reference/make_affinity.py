# SPDX-License-Identifier: Apache-2.0
"""Write one reference's part of golden/affinity.json: lists from its own table code. Usage: make_affinity.py official|diffusers

Every list is the original's own. `product_follows` is false where the product means to differ: loops at a length other
than 16, which the originals cut or pad.
"""
import importlib
import json
import sys

import common

reference = importlib.import_module(f"{sys.argv[1]}_reference")
path = common.GOLDEN / "affinity.json"
kept = [e for e in json.loads(path.read_text()) if e["reference"] != reference.NAME] if path.exists() else []
for mode in common.MODES:
    for magnitude in common.MAGNITUDES:
        for frames in (8, 12, 16, 24, 25, 32):
            for condition_frame in sorted({0, 7, frames - 1}):
                kept.append(dict(reference=reference.NAME, mode=mode, magnitude=magnitude,
                                 row=common.table_row(reference.NAME, mode, magnitude), frames=frames,
                                 condition_frame=condition_frame, product_follows=mode != "loop" or frames == 16,
                                 affinity=reference.coefficients(mode, magnitude, frames, condition_frame)))
kept.sort(key=lambda e: e["reference"])
path.write_text("[\n" + ",\n".join(json.dumps(e) for e in kept) + "\n]\n")
