# SPDX-License-Identifier: Apache-2.0
"""Do the goldens bite? Usage: self_check.py official|diffusers

A loop written anew here (network from the reference, noise, condition and text from the golden file, DDIM steps by
formula) must give the golden latents. Then the same loop with one mistake at a time: the relative change of the last
latents (standard deviation of the difference / of the latents) must stand far above the noise floor, the change from float32 to
float64.
"""
import copy
import importlib
import json
import sys

import torch
from safetensors import safe_open

import common
import rule

ref = importlib.import_module(f"{sys.argv[1]}_reference")
other = {"official": "diffusers", "diffusers": "official"}[ref.NAME]


def load(reference, name):
    with safe_open(common.GOLDEN / reference / f"{name}.safetensors", "pt") as file:
        return json.loads(file.metadata()["case"]), {key: file.get_tensor(key) for key in file.keys()}


def alphas(scaled=False):
    power = 0.5 if scaled else 1.0
    betas = torch.linspace(0.00085**power, 0.012**power, 1000, dtype=torch.float64) ** (1 / power)
    return torch.cumprod(1 - betas, 0)


@torch.no_grad()
def loop(unet, case, data, dtype=torch.float32, affinity=None, scaled=False, last_alpha=1.0):
    frames, guidance = case["frames"], case["guidance_scale"]
    rows = 2 if guidance > 1 else 1
    x = data.get("latents_start", data["noise"])[None].to(dtype)
    planes = torch.tensor(affinity or case["affinity"]).to(dtype)[None, None, :, None, None].expand(1, 1, *x.shape[2:])
    image = data["image_latent"].to(dtype)[None, :, None].expand(1, 4, *x.shape[2:])
    alpha, text, result = alphas(scaled), data["text"].to(dtype), []
    for k, t in enumerate(case["timesteps"]):
        answer = ref.Calls.unet(unet, torch.cat([x, planes, image], 1).repeat(rows, 1, 1, 1, 1), torch.tensor(t), text)
        if guidance > 1:
            answer = answer[:1] + guidance * (answer[1:] - answer[:1])
        previous = t - 1000 // case["steps"]
        a, b = alpha[t].item(), alpha[previous].item() if previous >= 0 else last_alpha
        sigma = case["eta"] * ((1 - b) / (1 - a) * (1 - a / b)) ** 0.5
        x0 = (x - (1 - a) ** 0.5 * answer) / a**0.5
        x = b**0.5 * x0 + (1 - b - sigma**2) ** 0.5 * answer
        if case["eta"] > 0:
            x = x + sigma * data[f"step_noise_{k:02}"].to(dtype)
        result.append(x[0])
    assert frames == x.shape[2]
    return result


def relative(a, b):
    return ((a.double() - b.double()).std() / b.double().std()).item()


class OtherAxis(torch.nn.Module):
    """A GroupNorm that takes its statistics per frame where it took them over all frames, and the other way round."""

    def __init__(self, norm, frames):
        super().__init__()
        self.norm, self.frames = norm, frames

    def forward(self, x):
        if x.dim() == 5:
            frames = x.shape[2]
            y = self.norm(x.permute(0, 2, 1, 3, 4).reshape(-1, x.shape[1], *x.shape[3:]))
            return y.reshape(-1, frames, *y.shape[1:]).permute(0, 2, 1, 3, 4)
        y = self.norm(x.reshape(-1, self.frames, *x.shape[1:]).permute(0, 2, 1, 3, 4))
        return y.permute(0, 2, 1, 3, 4).reshape(x.shape)


def is_motion(name):
    return "motion_modules" in name


def is_spatial(name):
    return ".attentions." in name


def changed(unet, where, make):
    """A copy of the network in which every module for which `where(name, module)` is replaced or altered by `make`."""
    unet = copy.deepcopy(unet)
    for name, module in list(unet.named_modules()):
        if where(name, module):
            parent, _, leaf = name.rpartition(".")
            setattr(unet.get_submodule(parent) if parent else unet, leaf, make(module) or module)
    return unet


def norms(kind):
    def where(name, module):
        if not isinstance(module, torch.nn.GroupNorm):
            return False
        return kind == ("motion" if is_motion(name) else "spatial" if is_spatial(name) else "resnet")
    return where


def set_eps(eps):
    return lambda module: setattr(module, "eps", eps)


def mistakes(unet, case, data):
    frames = case["frames"]
    swap = lambda norm: OtherAxis(norm, frames)  # noqa: E731
    yield "resnet norms: other axis", loop(changed(unet, norms("resnet"), swap), case, data)
    yield "motion norms: other axis", loop(changed(unet, norms("motion"), swap), case, data)
    yield "spatial norms: over all frames", loop(changed(unet, norms("spatial"), swap), case, data)
    yield "resnet eps 1e-6", loop(changed(unet, norms("resnet"), set_eps(1e-6)), case, data)
    yield "spatial eps 1e-5", loop(changed(unet, norms("spatial"), set_eps(1e-5)), case, data)
    yield "motion eps 1e-5", loop(changed(unet, norms("motion"), set_eps(1e-5)), case, data)
    yield "layer norm eps 1e-6", loop(changed(unet, lambda n, m: isinstance(m, torch.nn.LayerNorm), set_eps(1e-6)),
                                      case, data)

    tanh = changed(unet, lambda n, m: type(m).__name__ == "GEGLU",
                   lambda m: setattr(m, "gelu", lambda gate: torch.nn.functional.gelu(gate, approximate="tanh")))
    yield "GELU by tanh", loop(tanh, case, data)

    shifted = copy.deepcopy(unet)
    for name, buffer in shifted.named_buffers():
        if name.endswith(".pe"):
            buffer.copy_(buffer.roll(-1, 1))
    yield "positions from 1", loop(shifted, case, data)

    flipped = copy.deepcopy(unet)
    flipped.time_proj.flip_sin_to_cos = False
    yield "time embedding sin first", loop(flipped, case, data)

    widths = copy.deepcopy(unet)
    with torch.no_grad():
        width = widths.conv_in.weight.shape[0]
        widths.conv_in.weight.copy_(torch.from_numpy(rule.tensor("motion/conv_in.weight", (width, 9, 3, 3))))
        widths.conv_in.bias.copy_(torch.from_numpy(rule.tensor("motion/conv_in.bias", (width,))))
    yield "conv_in all from motion file", loop(widths, case, data)

    values = list(case["affinity"])
    values[5] += 0.01
    yield "one affinity value + 0.01", loop(unet, case, data, affinity=values)
    yield "scaled_linear betas", loop(unet, case, data, scaled=True)
    yield "set_alpha_to_one false", loop(unet, case, data, last_alpha=alphas()[0].item())
    swapped = {**data, "text": data["text"].flip(0)}
    yield "negative and positive text swapped", loop(unet, case, swapped)


@torch.no_grad()
def faint(unet):
    """The eps mistakes again, where they show: single modules with faint inputs."""
    for name, call, kind, eps in (("resnet_faint", "resnet", "norm1", 1e-6), ("spatial_transformer_faint", "spatial", "norm", 1e-5),
                                  ("motion_module_faint", "motion", "norm", 1e-5)):
        case, data = load("modules", name)
        inputs = [data[key] for key in ("in_hidden", "in_temb", "in_text") if key in data]
        wanted = data.get("out_hidden", data.get(f"out_{ref.NAME}_hidden"))
        result = []
        for value in (None, eps):
            module = copy.deepcopy(unet.get_submodule(case["path"]))
            if value:
                module.get_submodule(kind if call != "motion" or ref.NAME == "diffusers" else "temporal_transformer.norm").eps = value
            result.append(relative(getattr(ref.Calls, call)(module, *inputs, case["frames"]), wanted))
        print(f"  {name + f', eps {eps}':36} {result[1]:.1e} (without the mistake {result[0]:.1e})")


if __name__ == "__main__":
    # The rule once more in plain integers.
    z = (rule.fnv1a("unet/conv_in.bias") + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    assert rule.uniform("unet/conv_in.bias", 1)[0] == ((z ^ z >> 31) >> 40) / 2**23 - 1

    units = {name: ref.build_unet(name) for name in ("mirrored", "test_pia")}
    doubles = {name: copy.deepcopy(unet).double() for name, unet in units.items()}
    print(f"{ref.NAME}: this loop against the golden, and float64 against the golden (the noise floor)")
    for name in common.cases():
        case, data = load(ref.NAME, name)
        last = f"latents_{len(case['timesteps']) - 1:02}"
        own = loop(units[case["model"]], case, data)
        exact = loop(doubles[case["model"]], case, data, torch.float64)
        worst = max(relative(exact[k], data[f"latents_{k:02}"]) for k in range(len(exact)))
        largest = (exact[-1] - data[last]).abs().max() / data[last].double().std()
        print(f"  {name:20} loop {relative(own[-1], data[last]):.1e}   float64 {worst:.1e}  largest element {largest:.1e}",
              flush=True)
        assert relative(own[-1], data[last]) < 1e-4 and worst < 1e-4

    case, data = load(ref.NAME, "moderate")
    print("one mistake at a time, case moderate: first step, last step")
    for name, result in mistakes(units["mirrored"], case, data):
        first, last = (relative(result[k], data[f"latents_{k:02}"]) for k in (0, -1 + len(result)))
        print(f"  {name:36} {first:.1e} {last:.1e}", flush=True)

    faint(units["mirrored"])

    case, data = load(ref.NAME, "style-small")
    theirs, _ = load(other, "style-large")
    result = loop(units["mirrored"], case, data, affinity=theirs["affinity"])
    print(f"  {'style row from the other end':36} {relative(result[0], data['latents_00']):.1e}"
          f" {relative(result[-1], data['latents_03']):.1e}")

    case, data = load(ref.NAME, "moderate")
    _, theirs = load(other, "moderate")
    both = changed(units["mirrored"], lambda n, m: norms("resnet")(n, m) or norms("motion")(n, m),
                   lambda norm: OtherAxis(norm, case["frames"]))
    result = loop(both, case, data)
    print(f"resnet and motion norms swapped, against the {other} golden: {relative(result[-1], theirs['latents_03']):.1e}")
    assert relative(result[-1], theirs["latents_03"]) < 1e-4
