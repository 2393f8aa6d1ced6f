# SPDX-License-Identifier: Apache-2.0
"""Write golden/ddim.json: the DDIM schedule and single steps. With --check: compare only (for the other diffusers version).

Every number is a float32 value. A step starts from x = 1 and the network's answer 0.5; with eta 0.5 the noise is 0.25.
"""
import json
import sys

import diffusers
import torch
from diffusers import DDIMScheduler

import common


def schedule(steps):
    scheduler = DDIMScheduler(**common.DDIM)
    scheduler.set_timesteps(steps)
    x, answer, noise = (torch.full((1, 1), value) for value in (1.0, 0.5, 0.25))
    rows = []
    for t in scheduler.timesteps:
        plain = scheduler.step(answer, t, x)
        noisy = scheduler.step(answer, t, x, eta=0.5, variance_noise=noise)
        previous = int(t) - 1000 // steps
        sigma = 0.5 * scheduler._get_variance(int(t), previous) ** 0.5
        rows.append(dict(t=int(t), x0=plain.pred_original_sample.item(), previous=plain.prev_sample.item(),
                         sigma_eta_half=float(sigma), previous_eta_half=noisy.prev_sample.item(),
                         start=scheduler.add_noise(x, answer, t[None]).item()))
    return rows


fresh = dict(alphas_cumprod=DDIMScheduler(**common.DDIM).alphas_cumprod.tolist(),
             steps={str(n): schedule(n) for n in (4, 5, 7, 25, 30, 50)})
path = common.GOLDEN / "ddim.json"
if "--check" in sys.argv:
    old = json.loads(path.read_text())
    pairs = list(zip(old["alphas_cumprod"], fresh["alphas_cumprod"]))
    for steps, rows in old["steps"].items():
        for a, b in zip(rows, fresh["steps"][steps], strict=True):
            pairs += [(a[key], b[key]) for key in a]
    worst = max(abs(a - b) / max(abs(a), 1e-3) for a, b in pairs)
    print(f"ddim.json against diffusers {diffusers.__version__}: worst relative difference {worst:.1e}")
    assert worst < 1e-6
else:
    lines = [f'"alphas_cumprod": {json.dumps(fresh["alphas_cumprod"])}', '"steps": {\n' + ",\n".join(
        f'"{n}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "]" for n, rows in fresh["steps"].items()) + "}"]
    path.write_text("{" + ",\n".join(lines) + "}\n")
