# SPDX-License-Identifier: Apache-2.0
"""The official I2VPipeline on a small model with weights by rule, float32 on the CPU.

Nothing of the official code is changed. Around it: packages it imports but does not need here are empty stand-ins, its
package __init__ (which pulls in training) is passed by, and the networks are built here instead of in build_pipeline,
which hard-codes CUDA, float16 and a U-Net 320 channels wide. build_pipeline's rule for conv_in with a DreamBooth file is
kept: channels 0..3 and the bias from the model, channels 4..8 from the motion file.

Needs PYTHONPATH to begin with the folder holding diffusers 0.24.0 and transformers 4.36.2, and PIA_OFFICIAL to name a
checkout of open-mmlab/PIA.
"""
import importlib
import json
import os
import sys
import types

import numpy as np
import torch

import common
import rule

NAME = "official"


def import_official():
    for hidden in ("peft", "xformers"):
        sys.modules[hidden] = None
    # These two look round for optional packages while they load: first, before the stand-ins.
    from diffusers import AutoencoderKL, DDIMScheduler  # noqa: F401
    from transformers import CLIPTextModel  # noqa: F401
    for name in ("cv2", "imageio", "moviepy", "moviepy.editor", "torchvision", "decord"):
        sys.modules[name] = types.ModuleType(name)
    root = os.path.join(os.environ["PIA_OFFICIAL"], "animatediff")
    for name, path in (("animatediff", root), ("animatediff.pipelines", os.path.join(root, "pipelines"))):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [path]
    return (importlib.import_module("animatediff.pipelines.i2v_pipeline"),
            importlib.import_module("animatediff.models.motion_module"))


i2v, motion_module = import_official()

from animatediff.utils import util  # noqa: E402
from diffusers import AutoencoderKL, DDIMScheduler  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel  # noqa: E402


def config(model, folder):
    return json.loads((common.MODELS / model / folder / "config.json").read_text())


def build_vae(model):
    return rule.fill(AutoencoderKL.from_config(config(model, "vae")), "vae").eval()


def build_text_encoder(model):
    return rule.fill(CLIPTextModel(CLIPTextConfig(**config(model, "text_encoder"))), "text_encoder").eval()


def file_name(key):
    """The name of a U-Net tensor in the files: (component, diffusers key)."""
    if ".motion_modules." not in key:
        return "unet", key
    for official, diffusers in ((".temporal_transformer", ""), (".attention_blocks.0", ".attn1"),
                                (".attention_blocks.1", ".attn2"), (".norms.0", ".norm1"), (".norms.1", ".norm2"),
                                (".ff_norm", ".norm3")):
        key = key.replace(official, diffusers)
    return "motion", key


def build_unet(model):
    spatial, motion = config(model, "unet"), config(model, "motion")
    # The official class fixes the motion norm at 32 groups; test_pia's 8 channels need 2.
    groups = motion["motion_norm_num_groups"]
    init = motion_module.TemporalTransformer3DModel.__init__
    names = init.__code__.co_varnames[:init.__code__.co_argcount]
    position = names.index("norm_num_groups") - len(names)
    defaults = list(init.__defaults__)
    defaults[position] = groups
    init.__defaults__ = tuple(defaults)

    three_d = {"down_block_types": [t.replace("2D", "3D") for t in spatial["down_block_types"]],
               "up_block_types": [t.replace("2D", "3D") for t in spatial["up_block_types"]]}
    kept = ("sample_size", "out_channels", "block_out_channels", "layers_per_block", "cross_attention_dim",
            "attention_head_dim", "norm_num_groups", "norm_eps", "act_fn")
    unet = i2v.UNet3DConditionModel(
        in_channels=9, **{k: spatial[k] for k in kept}, **three_d,
        # base.yaml's unet_additional_kwargs
        use_motion_module=True, motion_module_resolutions=(1, 2, 4, 8),
        motion_module_mid_block=motion["use_motion_mid_block"], motion_module_type="Vanilla",
        motion_module_kwargs=dict(
            num_attention_heads=motion["motion_num_attention_heads"], num_transformer_block=1,
            attention_block_types=("Temporal_Self", "Temporal_Self"), temporal_position_encoding=True,
            temporal_position_encoding_max_len=motion["motion_max_seq_length"], temporal_attention_dim_div=1,
            zero_initialize=True),
        unet_use_cross_frame_attention=False, unet_use_temporal_attention=False)
    with torch.no_grad():
        for key, value in unet.state_dict().items():
            if key == "conv_in.weight":
                width = value.shape[0]
                value[:, :4] = torch.from_numpy(rule.tensor("unet/conv_in.weight", (width, 4, 3, 3)))
                value[:, 4:] = torch.from_numpy(rule.tensor("motion/conv_in.weight", (width, 9, 3, 3)))[:, 4:]
            elif not rule.is_buffer(key):
                component, name = file_name(key)
                value.copy_(torch.from_numpy(rule.tensor(f"{component}/{name}", tuple(value.shape))))
    return unet.eval()


def coefficients(mode, magnitude, frames, condition_frame):
    return util.prepare_mask_coef_by_statistics(frames, condition_frame, common.table_row(NAME, mode, magnitude))


def to_bytes(video):
    """As save_videos_grid does for every frame: clamped, then truncated."""
    return torch.clamp(video[0].permute(1, 2, 3, 0) * 255, 0, 255).numpy().astype(np.uint8)


@torch.no_grad()
def run(name, case, unet, dtype=torch.float32):
    ids = common.prompt_ids(case["model"])
    pipe = i2v.I2VPipeline(vae=build_vae(case["model"]), text_encoder=build_text_encoder(case["model"]),
                           tokenizer=common.FixedIds(ids), unet=unet, scheduler=DDIMScheduler(**common.DDIM))
    record, kept = common.Recorder(), []

    def before_unet(_, args, kwargs):
        sample, affinity, image, timestep = args
        record.unet_input(sample, affinity, image, kwargs["encoder_hidden_states"])
        kept.append(int(timestep))

    hook = unet.register_forward_pre_hook(before_unet, with_kwargs=True)
    gen = common.generator(case["seed"])
    # inference.py seeds the global stream with the same seed; strength < 1 draws its noise from there.
    torch.manual_seed(case["seed"])
    image = common.picture(case["image_width"] or case["width"], case["image_height"] or case["height"])
    with open(os.devnull, "w") as quiet:
        stdout, sys.stdout = sys.stdout, quiet
        video = pipe(image=image, prompt="positive", negative_prompt="negative", video_length=case["frames"],
                     width=case["width"], height=case["height"], num_inference_steps=case["steps"],
                     guidance_scale=case["guidance_scale"], strength=case["strength"], eta=case["eta"], generator=gen,
                     cond_frame=case["condition_frame"],
                     mask_sim_template_idx=common.table_row(NAME, case["mode"], case["magnitude"]),
                     callback=lambda step, timestep, latents: record.latents.append(latents.clone())).videos
        sys.stdout = stdout
    hook.remove()
    row = coefficients(case["mode"], case["magnitude"], case["frames"], case["condition_frame"])
    return ids, record, to_bytes(video), gen, kept, row


def unfold(x, frames):
    return x.reshape(-1, frames, *x.shape[1:]).permute(0, 2, 1, 3, 4).contiguous()


def fold(x):
    return x.permute(0, 2, 1, 3, 4).reshape(-1, x.shape[1], *x.shape[3:])


class Calls:
    """Single modules, called with frames folded into the batch; see make_modules.py."""

    @staticmethod
    def resnet(module, x, temb, frames):
        return fold(module(unfold(x, frames), temb))

    @staticmethod
    def spatial(module, x, text, frames):
        return fold(module(unfold(x, frames), encoder_hidden_states=text).sample)

    @staticmethod
    def motion(module, x, frames):
        return fold(module(unfold(x, frames), None, None))

    @staticmethod
    def down(module, x, temb, text, frames):
        hidden, skips = module(hidden_states=unfold(x, frames), temb=temb, encoder_hidden_states=text)
        return fold(hidden), [fold(skip) for skip in skips]

    @staticmethod
    def mid(module, x, temb, text, frames):
        return fold(module(unfold(x, frames), temb, encoder_hidden_states=text))

    @staticmethod
    def up(module, x, skips, temb, text, size, frames):
        return fold(module(hidden_states=unfold(x, frames), temb=temb, encoder_hidden_states=text,
                           res_hidden_states_tuple=tuple(unfold(skip, frames) for skip in skips),
                           upsample_size=size and (frames, *size)))

    @staticmethod
    def unet(module, sample, timestep, text):
        return module(sample[:, :4], sample[:, 4:5], sample[:, 5:], timestep, encoder_hidden_states=text).sample
