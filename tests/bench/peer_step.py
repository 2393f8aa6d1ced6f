# SPDX-License-Identifier: Apache-2.0
"""The other side of the step benchmark: diffusers' UNetMotionModel. Usage: peer_step.py stock|tuned SIZE FRAMES THREADS

Answers each line on stdin ("step" or "decode") with a line of JSON, as step_bench does. "tuned" is channels_last; run it
with the allocator's memory kept (compare_step.py sets the environment).
"""
import json
import resource
import sys
import time

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNetMotionModel

kind, side, frames, threads = sys.argv[1], int(sys.argv[2]) // 8, int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(0)


def small_random(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.3, 0.3).mul_(1.0 if parameter.dim() < 2 else 0.1)
    return module.eval()


unet = small_random(UNetMotionModel(
    in_channels=9, cross_attention_dim=768, use_motion_mid_block=False, motion_num_attention_heads=8, num_attention_heads=8))
vae = small_random(AutoencoderKL(
    block_out_channels=(128, 256, 512, 512), layers_per_block=2, down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4))
if kind == "tuned":
    unet, vae = unet.to(memory_format=torch.channels_last), vae.to(memory_format=torch.channels_last)
weights_gb = sum(p.numel() * 4 for net in (unet, vae) for p in net.parameters()) / 2**30
scheduler = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="linear", clip_sample=False, steps_offset=1)
scheduler.set_timesteps(25)
latents = torch.randn(1, 4, frames, side, side)
mask, image = torch.randn(2, 1, frames, side, side), torch.randn(2, 4, frames, side, side)
text = torch.randn(2, 77, 768).repeat_interleave(frames, dim=0)


def step():
    """As PIAPipeline's loop."""
    global latents
    t = scheduler.timesteps[0]
    sample = torch.cat([torch.cat([latents] * 2), mask, image], dim=1)
    u, c = unet(sample, t, encoder_hidden_states=text).sample.chunk(2)
    latents = scheduler.step(u + 7.5 * (c - u), t, latents).prev_sample


def decode():
    """As PIAPipeline.decode_latents and its conversion to bytes: all frames at once."""
    folded = latents.permute(0, 2, 1, 3, 4).reshape(frames, 4, side, side) / 0.18215
    picture = vae.decode(folded).sample.float()
    return ((picture / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)


def answer(what, wall, cpu):
    print(json.dumps(dict(what=what, wall=time.perf_counter() - wall, cpu=time.process_time() - cpu,
                          weights_gb=weights_gb,
                          peak_gb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)), flush=True)


answer("loaded", time.perf_counter(), time.process_time())
with torch.no_grad():
    for line in sys.stdin:
        start = time.perf_counter(), time.process_time()
        {"step": step, "decode": decode}[line.strip()]()
        answer(line.strip(), *start)
