# SPDX-License-Identifier: Apache-2.0
"""check_trained.py CHECKPOINT MOTION RUN [LORA]: opens trained folders with diffusers, and renders a run's shots once more.

The run's shots are to have reference = "diffusers", guidance above 1, and [output] keep_latents = "all". Prints each shot's
largest difference of latents, in parts of the step's std, and of bytes; fails beyond 1e-4 and 1.
"""
import json
import sys
from pathlib import Path

import h5py
import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, MotionAdapter, PIAPipeline, UNet2DConditionModel, UNetMotionModel
from diffusers.pipelines.pia import pipeline_pia
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPTextModel

import common

MOST_LATENTS, MOST_BYTES = 1e-4, 1


def opened(checkpoint, motion):
    unet = UNet2DConditionModel.from_pretrained(checkpoint / "unet")
    return dict(vae=AutoencoderKL.from_pretrained(checkpoint / "vae").eval(),
                text_encoder=CLIPTextModel.from_pretrained(checkpoint / "text_encoder").eval(),
                unet=UNetMotionModel.from_unet2d(unet, MotionAdapter.from_pretrained(motion)).eval())


def picture_of(run, name):
    shot = next(shot for shot in json.loads((run / "plan.json").read_text())["shots"] if shot["name"] == name)
    return Image.open(shot["image"]["path"]).convert("RGB")


@torch.no_grad()
def rendered(parts, recipe, image, lora):
    ids = torch.tensor([recipe["negative_prompt"]["0"], recipe["prompt"]["0"]])
    pipe = PIAPipeline(**parts, tokenizer=common.FixedIds(ids), scheduler=DDIMScheduler(**common.DDIM))
    pipe.set_progress_bar_config(disable=True)
    if lora:
        pipe.load_lora_weights(dict(load_file(lora)))
    latents = []
    pipeline_pia.prepare_mask_coef_by_statistics = lambda *_: recipe["affinity"]
    video = pipe(image=image, prompt="positive", negative_prompt="negative", num_frames=recipe["frames"],
                 width=recipe["size"][0], height=recipe["size"][1], num_inference_steps=recipe["steps"],
                 guidance_scale=recipe["guidance_scale"], generator=common.generator(int(recipe["seed"])),
                 callback_on_step_end=lambda _, step, time, state: latents.append(state["latents"][0].clone()) or {})
    return torch.stack(latents).transpose(1, 2).numpy(), np.stack([np.asarray(frame) for frame in video.frames[0]])


def main(checkpoint, motion, run, lora=None):
    results = sorted(run.glob("shots/*/*.h5"))
    fine = bool(results)
    for path in results:
        parts = opened(checkpoint, motion)
        with h5py.File(path) as file:
            recipe, name = json.loads(file["recipe"][()]), file.attrs["name"]
            ours, frames = file["steps/latents"][1:], file["frames"][:]
        theirs, pictures = rendered(parts, recipe, picture_of(run, name), lora)
        off = max(np.abs(a - b).max() / b.std() for a, b in zip(ours, theirs, strict=True))
        bytes_off = np.abs(frames.astype(int) - pictures.astype(int)).max()
        fine &= bool(off <= MOST_LATENTS and bytes_off <= MOST_BYTES)
        print(f"{name}: {len(ours)} steps, latents off by {off:.1e} of std, bytes by {bytes_off}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
