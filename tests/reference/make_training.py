# SPDX-License-Identifier: Apache-2.0
"""Write golden/training/*.safetensors: losses and every gradient by PyTorch and diffusers, on tiny nets with weights by
rule. Usage: make_training.py

in_*: what was drawn; loss; grad_<component>/<key>. vae.safetensors, stills.safetensors (test_pia's U-Net and text encoder),
clips.safetensors (with motion modules and condition; shifted noise, min-SNR, one clip without its text), adamw.safetensors
(three steps of clip_grad_norm_ and AdamW).
"""
import torch
from diffusers import MotionAdapter, UNet2DConditionModel, UNetMotionModel

import common
import diffusers_reference as ref
import rule
from make_modules import plain

SHARES = torch.cumprod(1 - torch.linspace(0.00085, 0.012, 1000), 0)


def gradients(module, component, only=None):
    return {f"grad_{component}/{key}": value.grad for key, value in module.named_parameters()
            if value.grad is not None and (only is None or only(key))}


def vae():
    network = ref.build_vae("test_pia").train()
    factor = 2 ** (len(network.config.block_out_channels) - 1)
    pictures = plain("training/pictures", 2, 3, 16, 16).clamp(-1, 1)
    noise = plain("training/vae_noise", 2, 4, 16 // factor, 16 // factor)
    mean = network.encode(pictures).latent_dist.mean
    shown = network.decode(mean + 0.08 * noise).sample
    error = shown - pictures
    edges = sum((a - b).abs().mean() for a, b in (
        (shown.diff(dim=2), pictures.diff(dim=2)), (shown.diff(dim=3), pictures.diff(dim=3))))
    loss = error.abs().mean() + error.square().mean() + 0.25 * edges + 5e-4 * mean.square().mean()
    loss.backward()
    common.save(common.GOLDEN / "training" / "vae.safetensors",
                {"in_pictures": pictures, "in_noise": noise, "loss": loss.detach(), **gradients(network, "vae")},
                dict(model="test_pia"))


def weights(t, min_snr, velocity):
    share = SHARES[t]
    weight = (1 / share).clamp(max=400) if velocity else torch.ones_like(share)
    snr = share / (1 - share)
    return weight * torch.minimum(snr, torch.full_like(snr, min_snr)) / snr if min_snr else weight


def finish(name, unet, encoder, answer, target, t, inputs, split, **settings):
    errors = (answer - target).square().flatten(1).mean(1)
    loss = (errors * weights(t, settings["min_snr"], settings["velocity"])).mean()
    loss.backward()
    common.save(common.GOLDEN / "training" / f"{name}.safetensors",
                {**{f"in_{k}": v for k, v in inputs.items()}, "loss": loss.detach(), **split(unet),
                 **gradients(encoder, "text_encoder")}, dict(model="test_pia", **settings))


def stills():
    unet = rule.fill(UNet2DConditionModel.from_config(ref.config("test_pia", "unet")), "unet").train()
    encoder = ref.build_text_encoder("test_pia").train()
    ids = common.prompt_ids("test_pia")
    latents, noise = plain("training/still", 2, 1, 4, 8, 8), plain("training/still_noise", 2, 1, 4, 8, 8)
    t = torch.tensor([961, 37])
    share = SHARES[t][:, None, None, None, None]
    noisy = share.sqrt() * latents + (1 - share).sqrt() * noise
    answer = unet(noisy[:, 0], t, encoder(ids)[0]).sample
    finish("stills", unet, encoder, answer, noise[:, 0], t,
           dict(latents=latents, noise=noise, timesteps=t.to(torch.int32), ids=ids.to(torch.int32)),
           lambda net: gradients(net, "unet"), min_snr=5.0, velocity=True)


def clips():
    frames = 4
    spatial = rule.fill(UNet2DConditionModel.from_config(ref.config("test_pia", "unet")), "unet")
    motion = rule.fill(MotionAdapter.from_config(ref.config("test_pia", "motion")), "motion")
    unet = UNetMotionModel.from_unet2d(spatial, motion).train()
    encoder = ref.build_text_encoder("test_pia").train()
    ids = common.prompt_ids("test_pia")
    latents = plain("training/clip", 2, frames, 4, 8, 8)
    shift = 0.3 * plain("training/shift", 2, 1, 4, 1, 1)
    noise = plain("training/clip_noise", 2, frames, 4, 8, 8) + shift
    picture = plain("training/condition", 2, 4, 8, 8)
    affinity = torch.tensor([[1.0, 0.9, 0.5, 0.2], [1.0, 0.7, 0.6, 0.55]])
    t = torch.tensor([801, 120])
    share = SHARES[t][:, None, None, None, None]
    noisy = share.sqrt() * latents + (1 - share).sqrt() * noise
    planes = affinity[:, :, None, None, None].expand(-1, -1, 1, 8, 8)
    sample = torch.cat([noisy, planes, picture[:, None].expand(-1, frames, -1, -1, -1)], 2).transpose(1, 2)
    text = encoder(ids)[0]
    answer = unet(sample, t, text.repeat_interleave(frames, 0)).sample.transpose(1, 2)

    def split(net):
        is_motion = lambda key: "motion_modules" in key
        found = {**gradients(net, "unet", lambda key: not is_motion(key)), **gradients(net, "motion", is_motion)}
        whole = found.pop("grad_unet/conv_in.weight")
        found["grad_unet/conv_in.weight"] = whole[:, :4]
        found["grad_motion/conv_in.weight"] = torch.cat([torch.zeros_like(whole[:, :4]), whole[:, 4:]], 1)
        return found

    finish("clips", unet, encoder, answer, noise, t,
           dict(latents=latents, noise=noise, timesteps=t.to(torch.int32), ids=ids.to(torch.int32), affinity=affinity, picture=picture),
           split, min_snr=5.0, velocity=False)


def adamw():
    value = torch.nn.Parameter(plain("training/values", 40))
    optimizer = torch.optim.AdamW([value], lr=1e-2, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.1)
    tensors = {"in_values": value.detach().clone()}
    for step in range(3):
        gradient = plain(f"training/gradient_{step}", 40) * (0.05 if step == 1 else 1)
        value.grad = gradient.clone()
        tensors[f"in_gradient_{step}"] = gradient
        tensors[f"norm_{step}"] = torch.nn.utils.clip_grad_norm_([value], 1.0)
        optimizer.step()
        tensors[f"values_{step}"] = value.detach().clone()
    common.save(common.GOLDEN / "training" / "adamw.safetensors", tensors, {})


if __name__ == "__main__":
    vae()
    stills()
    clips()
    adamw()
