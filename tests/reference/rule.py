# SPDX-License-Identifier: Apache-2.0
"""Weights by rule: every tensor's values follow from its name alone.

The C++ tests make the same weights from the same rule, so that no weight file is committed. The rule, for a tensor named
N = "<component>/<key>" (component: text_encoder, vae, unet or motion; key: as in the diffusers state dict), element i in
row-major order:

    seed  = FNV-1a (64 bit) of N's UTF-8 bytes
    z     = splitmix64's output for the state  seed + (i + 1) * 0x9E3779B97F4A7C15
    x     = (z >> 40) * 2^-23 - 1                      in [-1, 1)
    value = 1 + 0.2 x                 rank 1, key ends in ".weight" (norm scales)
            0.1 x                     other rank 1 (biases)
            sqrt(3 / fan_in) * x      rank >= 2, fan_in = product of all dimensions but the first

all in float64, rounded once to float32. Buffers (position_ids, pos_embed.pe) are not made by the rule.
"""
import math

import numpy as np

GAMMA = np.uint64(0x9E3779B97F4A7C15)


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


def uniform(name, count):
    """`count` float64 values in [-1, 1) for the tensor called `name`."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, count + 1, dtype=np.uint64) * GAMMA
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1.0


def tensor(name, shape):
    """The float32 weights of the tensor called `name` ("<component>/<key>")."""
    x = uniform(name, math.prod(shape))
    if len(shape) == 1:
        value = 1.0 + 0.2 * x if name.endswith(".weight") else 0.1 * x
    else:
        value = math.sqrt(3.0 / math.prod(shape[1:])) * x
    return value.astype(np.float32).reshape(shape)


def is_buffer(key):
    return key.endswith(("position_ids", ".pe"))


def fill(module, component):
    """Give every parameter of a torch module (diffusers key names) its weights by rule."""
    import torch

    with torch.no_grad():
        for key, value in module.state_dict().items():
            if not is_buffer(key):
                value.copy_(torch.from_numpy(tensor(f"{component}/{key}", tuple(value.shape))))
    return module
