# SPDX-License-Identifier: Apache-2.0
"""A queue of 6 shots over 2 models: pia-farm against a diffusers 0.33.1 script a shot, both writing an animation.

Usage: compare_queue.py PIA_FARMD [--size 64] [--steps 4] [--models FOLDER] [--rounds 1] [--json FILE]
Run it with the Python that has diffusers, CLIP_BPE and PIA_CLIP_VOCABULARY naming the vocabulary. FOLDER gets two models of SD1.5's size with random
weights (9 GB) unless they are there. Prints the seconds of each round, the median of the paired ratios, and for each
shot of a model that is loaded already what it takes beside its steps and its decode, in shares of a step.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PICTURE = HERE.parent.parent / "jobs" / "images" / "labrador.png"
PROMPTS = ["a golden labrador walking", "a golden labrador is running", "a labrador in the wind"]

PEER = """
import sys, torch
sys.path.insert(0, {reference!r})
import common
from diffusers import AutoencoderKL, DDIMScheduler, MotionAdapter, PIAPipeline
from diffusers.utils import export_to_gif, load_image
torch.set_num_threads({threads})
pipe = PIAPipeline.from_pretrained({model!r}, motion_adapter=MotionAdapter.from_pretrained({motion!r}),
                                   tokenizer=common.tokenizer(), safety_checker=None, feature_extractor=None)
pipe.scheduler = DDIMScheduler(**common.DDIM)
image = load_image({picture!r}).resize(({size}, {size}))
video = pipe(image=image, prompt={prompt!r}, negative_prompt="", num_inference_steps={steps}, width={size}, height={size},
             generator=torch.Generator("cpu").manual_seed({seed}))
export_to_gif(video.frames[0], {out!r})
"""


def make_models(folder):
    if (folder / "complete").exists():
        return
    import torch
    from diffusers import (AutoencoderKL, DDIMScheduler, MotionAdapter, StableDiffusionPipeline, UNet2DConditionModel)
    from transformers import CLIPTextConfig, CLIPTextModel
    sys.path.insert(0, str(HERE.parent / "reference"))
    import common
    scheduler = DDIMScheduler(**common.DDIM)
    for seed, name in enumerate(["a", "b"]):
        torch.manual_seed(seed)
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768)
        vae = AutoencoderKL(block_out_channels=(128, 256, 512, 512), layers_per_block=2, sample_size=512,
                            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4)
        text = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                                            num_attention_heads=12, projection_dim=768))
        StableDiffusionPipeline(vae=vae, text_encoder=text, tokenizer=common.tokenizer(), unet=unet, scheduler=scheduler,
                                safety_checker=None, feature_extractor=None).save_pretrained(folder / name)
    MotionAdapter(conv_in_channels=9, use_motion_mid_block=False, motion_num_attention_heads=8).save_pretrained(folder / "pia")
    (folder / "complete").touch()


def shots():
    return [(model, prompt, seed) for seed, model in enumerate(["a", "b"] * 3) for prompt in [PROMPTS[seed % 3]]]


def peer_seconds(models, out):
    start = time.perf_counter()
    for number, (model, prompt, seed) in enumerate(shots()):
        script = PEER.format(reference=str(HERE.parent / "reference"), threads=os.cpu_count(), model=str(models / model),
                             motion=str(models / "pia"), picture=str(PICTURE), size=options.size, prompt=prompt,
                             steps=options.steps, seed=seed, out=str(out / f"{number}.gif"))
        subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def farm_seconds(models, out):
    job = out / "queue.toml"
    lines = ["format = 1", f'[job]\nout = "{out / "run"}"', '[output]\nformats = ["gif"]',
             f'[defaults]\nimage = "{PICTURE}"\nmotion = "{models / "pia"}"\nreference = "diffusers"\nresize = "stretch"',
             f"width = {options.size}\nheight = {options.size}\nsteps = {options.steps}\nmagnitude = \"small\""]
    for number, (model, prompt, seed) in enumerate(shots()):
        lines.append(f'[[shot]]\nname = "shot-{number}"\nmodel = "{models / model}"\nprompt = "{prompt}"\nseed = {seed}')
    job.write_text("\n".join(lines) + "\n")
    start = time.perf_counter()
    subprocess.run([options.farm, "run", str(job)], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    assert len(list((out / "run" / "videos").glob("*.gif"))) == 6
    return seconds, warm_shares(out / "run")


def warm_shares(run):
    """Of shots that follow one of the same model, from commit to commit."""
    text = subprocess.run([options.farm, "journal", str(run)], check=True, stdout=subprocess.PIPE, text=True).stdout
    commits = [event for event in map(json.loads, text.splitlines()) if event["event"] == "shot_committed"]
    shares = []
    for before, shot in zip(commits, commits[1:]):
        if shot["load"] > 0:
            continue
        beside = shot["at"] - before["at"] - shot["denoise"] - shot["decode"]
        shares.append(beside / (shot["denoise"] / shot["steps"]))
    return shares


arguments = argparse.ArgumentParser()
arguments.add_argument("farm")
arguments.add_argument("--size", type=int, default=64)
arguments.add_argument("--steps", type=int, default=4)
arguments.add_argument("--models", type=Path, default=Path(tempfile.gettempdir()) / "pia-farm-bench-models")
arguments.add_argument("--rounds", type=int, default=1)
arguments.add_argument("--json")
options = arguments.parse_args()
make_models(options.models)
rounds = []
for _ in range(options.rounds):
    out = Path(tempfile.mkdtemp(prefix="pia-farm-queue-"))
    seconds, warm = farm_seconds(options.models, out)
    rounds.append(dict(farm=seconds, warm=warm, peer=peer_seconds(options.models, out)))
    shutil.rmtree(out)
    print(f"pia-farm {seconds:.1f} s, diffusers {rounds[-1]['peer']:.1f} s", flush=True)
print(f"6 shots over 2 models, {options.size}x{options.size}x16, {options.steps} steps, {os.cpu_count()} threads: "
      f"ratio {statistics.median(one['peer'] / one['farm'] for one in rounds):.2f}")
warm = [share for one in rounds for share in one["warm"]]
print(f"a warm shot beside its steps and decode: median {statistics.median(warm):.3f}, most {max(warm):.3f} of a step")
if options.json:
    Path(options.json).write_text(json.dumps(rounds, indent=1) + "\n")
