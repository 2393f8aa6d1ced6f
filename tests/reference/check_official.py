# SPDX-License-Identifier: Apache-2.0
"""check_official.py PIA_SAFETENSORS [MODEL]: opens a trained motion part with the official code, strictly.

The file is what a training with [output] motion_names = "official" wrote, of a model with the sizes of models/MODEL (mirrored).
Every tensor must be taken, of its shape, and nothing of the official U-Net's motion part may be missing. Run it like the
official reference (README.md).
"""
import sys

import torch
from safetensors.torch import load_file

import official_reference as ref


def is_motion(key):
    return "motion_modules" in key or key.startswith("conv_in.")


def main(path, model="mirrored"):
    unet = ref.build_unet(model)
    before = {key: value.clone() for key, value in unet.state_dict().items()}
    weights = load_file(path)
    # As inference.py loads its motion file: load_state_dict(strict=False), without "module.".
    missing, unexpected = unet.load_state_dict(weights, strict=False)
    lacking = [key for key in missing if is_motion(key)]
    changed = sum(not torch.equal(before[key], value) for key, value in unet.state_dict().items())
    print(f"{len(weights)} tensors: {len(unexpected)} unknown, {len(lacking)} lacking, {changed} differ from the rule's")
    return 0 if not unexpected and not lacking else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
