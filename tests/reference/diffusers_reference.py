# SPDX-License-Identifier: Apache-2.0
"""diffusers' PIAPipeline on a small model with weights by rule."""
import json

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, MotionAdapter, PIAPipeline, UNet2DConditionModel, UNetMotionModel
from diffusers.pipelines.pia import pipeline_pia
from PIL import Image
from transformers import CLIPTextConfig, CLIPTextModel

import common
import rule

NAME = "diffusers"
original_coefficients = pipeline_pia.prepare_mask_coef_by_statistics


def config(model, folder):
    return json.loads((common.MODELS / model / folder / "config.json").read_text())


def build_vae(model):
    return rule.fill(AutoencoderKL.from_config(config(model, "vae")), "vae").eval()


def build_text_encoder(model):
    return rule.fill(CLIPTextModel(CLIPTextConfig(**config(model, "text_encoder"))), "text_encoder").eval()


def build_unet(model):
    """from_unet2d takes conv_in's channels 0..3 and bias from the U-Net, channels 4..8 from the motion adapter."""
    unet = rule.fill(UNet2DConditionModel.from_config(config(model, "unet")), "unet")
    motion = rule.fill(MotionAdapter.from_config(config(model, "motion")), "motion")
    return UNetMotionModel.from_unet2d(unet, motion).eval()


def coefficients(mode, magnitude, frames, condition_frame):
    return original_coefficients(frames, condition_frame, common.table_row(NAME, mode, magnitude))


@torch.no_grad()
def run(name, case, unet, dtype=torch.float32, prepare=lambda pipe: None):
    ids = common.prompt_ids(case["model"])
    pipe = PIAPipeline(vae=build_vae(case["model"]), text_encoder=build_text_encoder(case["model"]),
                       tokenizer=common.FixedIds(ids), unet=unet, scheduler=DDIMScheduler(**common.DDIM))
    pipe.set_progress_bar_config(disable=True)
    prepare(pipe)
    record, frames = common.Recorder(), case["frames"]

    def before_unet(_, args, kwargs):
        sample, text = args[0], kwargs["encoder_hidden_states"][::frames]
        record.unet_input(sample[:, :4], sample[:, 4:5], sample[:, 5:], text)

    def after_step(_, step, timestep, state):
        record.latents.append(state["latents"].clone())
        return {}

    # The pipeline always conditions on frame 0; its own table function takes any frame.
    pipeline_pia.prepare_mask_coef_by_statistics = lambda n, _, row: original_coefficients(n, case["condition_frame"], row)
    hook = unet.register_forward_pre_hook(before_unet, with_kwargs=True)
    gen = common.generator(case["seed"])
    image = Image.fromarray(common.picture(case["image_width"] or case["width"], case["image_height"] or case["height"]))
    video = pipe(image=image, prompt="positive", negative_prompt="negative", num_frames=frames, width=case["width"],
                 height=case["height"], num_inference_steps=case["steps"], guidance_scale=case["guidance_scale"],
                 strength=case["strength"], eta=case["eta"], generator=gen, output_type="pil",
                 motion_scale=common.table_row(NAME, case["mode"], case["magnitude"]),
                 callback_on_step_end=after_step).frames[0]
    hook.remove()
    kept = pipe.scheduler.timesteps[-pipe.num_timesteps:].tolist()
    row = coefficients(case["mode"], case["magnitude"], frames, case["condition_frame"])
    return ids, record, np.stack([np.asarray(frame) for frame in video]), gen, kept, row


class Calls:
    """Single modules, called with frames folded into the batch; see make_modules.py."""

    @staticmethod
    def resnet(module, x, temb, frames):
        return module(x, temb.repeat_interleave(frames, 0))

    @staticmethod
    def spatial(module, x, text, frames):
        return module(x, encoder_hidden_states=text.repeat_interleave(frames, 0), return_dict=False)[0]

    @staticmethod
    def motion(module, x, frames):
        return module(x, num_frames=frames)

    @staticmethod
    def down(module, x, temb, text, frames):
        more = {"encoder_hidden_states": text.repeat_interleave(frames, 0)} if hasattr(module, "attentions") else {}
        return module(hidden_states=x, temb=temb.repeat_interleave(frames, 0), num_frames=frames, **more)

    @staticmethod
    def mid(module, x, temb, text, frames):
        more = {"num_frames": frames} if hasattr(module, "motion_modules") else {}
        return module(x, temb.repeat_interleave(frames, 0), encoder_hidden_states=text.repeat_interleave(frames, 0), **more)

    @staticmethod
    def up(module, x, skips, temb, text, size, frames):
        more = {"encoder_hidden_states": text.repeat_interleave(frames, 0)} if hasattr(module, "attentions") else {}
        return module(hidden_states=x, temb=temb.repeat_interleave(frames, 0), res_hidden_states_tuple=tuple(skips),
                      upsample_size=size, num_frames=frames, **more)

    @staticmethod
    def unet(module, sample, timestep, text):
        return module(sample, timestep, encoder_hidden_states=text.repeat_interleave(sample.shape[2], 0)).sample
