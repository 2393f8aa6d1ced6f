# SPDX-License-Identifier: Apache-2.0
"""Write golden/modules/*.safetensors: single modules, inputs in_*, results out_*. Usage: make_modules.py official|diffusers

Both references get the same inputs (made by the rule), so a file holds one set of inputs and, where the two differ, a
result of each: out_official_* and out_diffusers_*. Where they agree (text encoder, VAE, timesteps, spatial transformer)
there is one result, out_*, and the second run only compares. Run both.

Layout: frames folded into the batch, [batch * frames, C, h, w], batch outer; temb and text one row per batch entry.
Every frame gets a gain and an offset of its own, else a norm over all frames would equal a norm per frame.
"""
import importlib
import math
import sys

import torch
from safetensors import safe_open

import common
import rule

B, F = 2, 3


def plain(name, *shape):
    return torch.from_numpy(math.sqrt(3.0) * rule.uniform(f"input/{name}", math.prod(shape))).float().reshape(shape)


def video(name, channels, height, width, frames=F):
    f = (torch.arange(frames, dtype=torch.float32) % 4).repeat(B)[:, None, None, None]
    c = torch.arange(channels, dtype=torch.float32)[None, :, None, None]
    return plain(name, B * frames, channels, height, width) * (0.5 + f) + 0.4 * f * (1 - 2 * (c % 2))


def merge(path, fresh, metadata):
    """Add tensors to a file; those already there must agree."""
    old = {}
    if path.exists():
        with safe_open(path, "pt") as file:
            old = {key: file.get_tensor(key) for key in file.keys()}
    for key, value in fresh.items():
        if key in old:
            difference = (old[key].double() - value.double()).abs().max().item()
            assert old[key].shape == value.shape and difference < 1e-4, (path.name, key, difference)
            fresh[key] = old[key]
    common.save(path, {**old, **fresh}, metadata)


def shared(name, inputs, results, **metadata):
    merge(common.GOLDEN / "modules" / f"{name}.safetensors",
          {**{f"in_{k}": v for k, v in inputs.items()}, **{f"out_{k}": v for k, v in results.items()}}, metadata)


def per_reference(name, inputs, results, **metadata):
    shared(name, inputs, {f"{ref.NAME}_{k}": v for k, v in results.items()}, **metadata)


def text_encoder():
    tokens = common.tokenizer()([common.NEGATIVE, common.POSITIVE, ""], padding="max_length", truncation=True,
                                return_tensors="pt").input_ids
    for model, ids in (("mirrored", tokens), ("test_pia", common.prompt_ids("test_pia"))):
        network = ref.build_text_encoder(model)
        states = network(ids, output_hidden_states=True)
        skipped = network.text_model.final_layer_norm(states.hidden_states[-2])
        shared(f"clip_text.{model}", {"ids": ids.to(torch.int32)}, {"hidden": states[0], "hidden_clip_skip_1": skipped},
               model=model, component="text_encoder")


def vae():
    for model, height, width in (("mirrored", 32, 48), ("test_pia", 8, 12), ("vae3", 16, 24)):
        network = ref.build_vae(model)
        factor = 2 ** (len(network.config.block_out_channels) - 1)
        image = torch.stack([torch.from_numpy(common.picture(width, height)).permute(2, 0, 1) / 127.5 - 1,
                             plain(f"vae/{model}/image", 3, height, width).clamp(-1, 1)])
        latent = plain(f"vae/{model}/latent", 2, 4, height // factor, width // factor)
        shared(f"vae_encode.{model}", {"image": image}, {"moments": network.encode(image).latent_dist.parameters},
               model=model, component="vae")
        shared(f"vae_decode.{model}", {"latent": latent}, {"image": network.decode(latent).sample},
               model=model, component="vae")


    faint = 1e-3 * plain("vae/faint", 1, 3, 16, 16)
    shared("vae_encode_faint", {"image": faint},
           {"moments": ref.build_vae("mirrored").encode(faint).latent_dist.parameters}, model="mirrored", component="vae")


def timesteps(unet):
    t = torch.tensor([961.0, 751.0, 41.0, 1.0, 0.0, 999.0, 958.5])
    wide = type(unet.time_proj)(320, True, 0)(t)
    narrow = unet.time_proj(t)
    assert abs(wide[0, 0].item() - 0.94689709) < 1e-6 and abs(wide[0, 160].item() + 0.32153678) < 1e-6
    shared("timestep_embedding", {"timestep": t},
           {"sinusoid_320": wide, "sinusoid_32": narrow, "temb": unet.time_embedding(narrow)},
           model="mirrored", component="unet", path="time_embedding")


def blocks(unet, tiny):
    text, temb = plain("text", B, 77, 32), plain("temb", B, 128)

    def resnet(name, path, channels, height, width):
        x = video(name, channels, height, width)
        result = ref.Calls.resnet(unet.get_submodule(path), x, temb, F)
        per_reference(name, {"hidden": x, "temb": temb}, {"hidden": result}, model="mirrored", path=path, frames=F)

    resnet("resnet", "down_blocks.0.resnets.1", 32, 4, 6)
    resnet("resnet_shortcut", "down_blocks.1.resnets.0", 32, 4, 6)

    # Faint inputs: their variance is near the norms' eps (1e-5, 1e-6), which ordinary inputs hide. Few text tokens, too.
    x = 1e-3 * video("faint", 32, 3, 4)
    few = plain("faint/text", B, 7, 32)
    path = "down_blocks.0.resnets.0"
    result = ref.Calls.resnet(unet.get_submodule(path), x, temb, F)
    per_reference("resnet_faint", {"hidden": x, "temb": temb}, {"hidden": result}, model="mirrored", path=path, frames=F)
    path = "down_blocks.0.attentions.0"
    result = ref.Calls.spatial(unet.get_submodule(path), x, few, F)
    shared("spatial_transformer_faint", {"hidden": x, "text": few}, {"hidden": result},
           model="mirrored", path=path, frames=F)
    path = "down_blocks.0.motion_modules.0"
    result = ref.Calls.motion(unet.get_submodule(path), x, F)
    per_reference("motion_module_faint", {"hidden": x}, {"hidden": result}, model="mirrored", path=path, frames=F)

    path = "down_blocks.1.attentions.0"
    x = video("spatial_transformer", 64, 4, 6)
    result = ref.Calls.spatial(unet.get_submodule(path), x, text, F)
    shared("spatial_transformer", {"hidden": x, "text": text}, {"hidden": result}, model="mirrored", path=path, frames=F)

    for frames, height, width in ((5, 4, 3), (32, 2, 2)):
        path, name = "down_blocks.1.motion_modules.0", f"motion_module_{frames}"
        x = video(name, 64, height, width, frames)
        result = ref.Calls.motion(unet.get_submodule(path), x, frames)
        per_reference(name, {"hidden": x}, {"hidden": result}, model="mirrored", path=path, frames=frames)

    for name, path, channels, height, width in (("down_cross_attention", "down_blocks.1", 32, 4, 6),
                                                ("down_plain", "down_blocks.3", 128, 2, 2)):
        x = video(name, channels, height, width)
        hidden, skips = ref.Calls.down(unet.get_submodule(path), x, temb, text, F)
        results = {"hidden": hidden, **{f"skip_{i}": s for i, s in enumerate(skips)}}
        inputs = {"hidden": x, "temb": temb, "text": text}
        if "plain" in name:
            del inputs["text"]
        per_reference(name, inputs, results, model="mirrored", path=path, frames=F)

    x = video("mid", 128, 2, 3)
    result = ref.Calls.mid(unet.mid_block, x, temb, text, F)
    per_reference("mid", {"hidden": x, "temb": temb, "text": text}, {"hidden": result},
                  model="mirrored", path="mid_block", frames=F)
    x, tiny_temb, tiny_text = video("mid_motion", 8, 4, 4), plain("mid_motion/temb", B, 32), plain("mid_motion/text", B, 77, 8)
    result = ref.Calls.mid(tiny.mid_block, x, tiny_temb, tiny_text, F)
    per_reference("mid_motion", {"hidden": x, "temb": tiny_temb, "text": tiny_text}, {"hidden": result},
                  model="test_pia", path="mid_block", frames=F)

    # The skip list as the U-Net hands it over: the block takes the last first.
    for name, path, channels, skips, height, width, size in (
            ("up_plain", "up_blocks.0", 128, (128, 128, 128), 1, 2, None),
            ("up_cross_attention", "up_blocks.2", 128, (32, 64, 64), 2, 3, None),
            ("up_forced_size", "up_blocks.2", 128, (32, 64, 64), 2, 3, (3, 5)),
            ("up_last", "up_blocks.3", 64, (32, 32, 32), 4, 4, None)):
        x = video(name, channels, height, width)
        waiting = [video(f"{name}/skip_{i}", c, height, width) for i, c in enumerate(skips)]
        result = ref.Calls.up(unet.get_submodule(path), x, waiting, temb, text, size, F)
        inputs = {"hidden": x, "temb": temb, "text": text, **{f"skip_{i}": s for i, s in enumerate(waiting)}}
        if "plain" in name:
            del inputs["text"]
        per_reference(name, inputs, {"hidden": result}, model="mirrored", path=path, frames=F, upsample_size=size)


def whole(unet):
    text = plain("text", B, 77, 32)
    for name, t, height, width in (("unet_961", 961, 8, 8), ("unet_41", 41, 8, 8), ("unet_odd_size", 481, 7, 10)):
        sample = plain(name, B, 4, F, height, width)
        affinity = torch.tensor([1.0, 0.8, 0.5])[None, None, :, None, None].expand(B, 1, F, height, width)
        image = plain(f"{name}/image", 1, 4, 1, height, width).expand(B, 4, F, height, width)
        full = torch.cat([sample, affinity, image], dim=1)
        per_reference(name, {"sample": full, "text": text}, {"sample": ref.Calls.unet(unet, full, t, text)},
                      model="mirrored", timestep=t, frames=F)


if __name__ == "__main__":
    ref = importlib.import_module(f"{sys.argv[1]}_reference")
    with torch.no_grad():
        mirrored, test_pia = ref.build_unet("mirrored"), ref.build_unet("test_pia")
        text_encoder()
        vae()
        timesteps(mirrored)
        blocks(mirrored, test_pia)
        whole(mirrored)
