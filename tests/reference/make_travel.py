# SPDX-License-Identifier: Apache-2.0
"""Write golden/travel/*.safetensors: prompts that travel, and clips in windows, on the originals' own modules.

Usage: make_travel.py official|diffusers

Neither pipeline does these, so the loop is here: the text encoder (and diffusers' encode_prompt, for clip_skip), the VAE, the
motion U-Net and DDIM are called with a text of its own for each frame, and window by window. The windows are written out by
hand below, step by step, from the words of renderer/windows.hpp; the first case, constant and in one window, must give what
the pipeline gave for <reference>/frames-8.
"""
import importlib
import sys

import torch
from diffusers import DDIMScheduler
from safetensors import safe_open

import common
import make_prompts

ref = importlib.import_module(f"{sys.argv[1]}_reference")
OFFICIAL = ref.NAME == "official"

NEGATIVE = [("fog", 1.0), make_prompts.BREAK, ("night", 1.2)]


def lerp(a, b, t):
    return (1 - t) * a + t * b


def slerp(a, b, t):
    """One vector each; as in animatediff-cli-prompt-travel and sd-webui-animatediff."""
    cosine = ((a / a.norm()) * (b / b.norm())).sum()
    if cosine.abs() > 0.9995:
        return lerp(a, b, t)
    angle = cosine.acos()
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def pyramid(length):
    return torch.tensor([min(i + 1, length - i) for i in range(length)], dtype=torch.float64)


def straight(*starts):
    return lambda length, frames: [[start + i for i in range(length)] for start in starts]


def round_(*starts):
    return lambda length, frames: [[(start + i) % frames for i in range(length)] for start in starts]


POSITIVE = {0: [("a golden labrador", 1.0)], 3: [("cherry blossoms in the wind", 1.0)]}
CASES = {
    # What PIAPipeline does, for the loop itself.
    "constant": dict(frames=8, prompt={0: None}, negative={0: None}, blends=[(0, 0, 0.0)] * 8, negative_blends=[],
                     like=f"{ref.NAME}/frames-8"),
    "lerp": dict(frames=5, prompt=POSITIVE, blending="lerp", clip_skip=2, steps=2,
                 blends=[(0, 0, 0.0), (0, 3, 1 / 3), (0, 3, 2 / 3), (3, 3, 0.0), (3, 3, 0.0)],
                 negative={0: [("fog", 1.0)]}, negative_blends=[]),
    # Both travel, long and weighted, a frame is met twice, the last is on its way back.
    "slerp": dict(frames=6, prompt={0: [("sunny ", 1.0), ("day", 1.3)], 2: NEGATIVE}, blending="slerp", steps=2,
                  blends=[(0, 0, 0.0), (0, 2, 0.25), (2, 2, 0.0), (2, 2, 0.0), (2, 0, 0.5), (2, 0, 0.5)],
                  negative={1: [("rain", 1.0)], 5: [("low quality", 0.7)]},
                  negative_blends=[(1, 1, 0.0), (1, 1, 0.0), (1, 5, 0.25), (1, 5, 0.5), (1, 5, 0.75), (5, 5, 0.0)]),
    "static": dict(frames=11, prompt=POSITIVE, blending="slerp", steps=3, length=5, overlap=2, schedule="static",
                   blends=[(0, 0, 0.0)] * 3 + [(0, 3, 0.5)] + [(3, 3, 0.0)] * 7, negative={0: [("fog", 1.0)]},
                   negative_blends=[], windows=[straight(0, 3, 6)] * 3),
    "uniform": dict(frames=10, prompt={0: [("a golden labrador", 1.0)]}, steps=4, length=6, overlap=2,
                    schedule="uniform", blends=[], negative={0: [("fog", 1.0)]}, negative_blends=[],
                    windows=[straight(0, 4), straight(0, 2, 4), straight(0, 3, 4), straight(0, 1, 4)]),
    "looped": dict(frames=9, prompt=POSITIVE, blending="slerp", steps=2, length=4, overlap=1, schedule="looped",
                   blends=[(0, 3, i / 9) if i else (0, 0, 0.0) for i in range(9)], negative={0: [("fog", 1.0)]},
                   negative_blends=[], windows=[round_(0, 3, 6), round_(1, 4, 7)]),
}


# The same kinds, each once, with the official norms: over all frames of a window, and frame by frame.
OFFICIAL_CASES = {
    "constant": CASES["constant"],
    # The official code has no clip_skip; AUTOMATIC1111's is of both prompts.
    "official_slerp": dict(CASES["slerp"], clip_skip=2),
    "official_looped": CASES["looped"],
    "official_uniform": dict(CASES["uniform"], frames=9, length=5, overlap=3, steps=2,
                             windows=[straight(0, 2, 4), straight(0, 1, 3, 4)]),
}


def padded(chunks, count):
    nothing = ([make_prompts.BEGIN] + [make_prompts.END] * 76, [1.0] * 77)
    return chunks + [nothing] * (count - len(chunks))


class Prompts:
    """Both prompts of a case, encoded: one text a frame."""

    def __init__(self, case, parts):
        tokenizer, network = common.tokenizer(), parts.text_encoder
        fixed = iter([common.POSITIVE, common.NEGATIVE])
        chunks = {name: {frame: make_prompts.chunks_of(pieces or [(next(fixed), 1.0)], tokenizer)
                         for frame, pieces in case[name].items()} for name in ("prompt", "negative")}
        if case.get("like"):
            chunks["negative"][0] = chunks["negative"][0][:1]
            chunks["negative"][0][0] = (common.prompt_ids("mirrored")[0].tolist(), [1.0] * 77)
        most = max(len(one) for track in chunks.values() for one in track.values())
        self.chunks = {name: {frame: padded(one, most) for frame, one in track.items()} for name, track in chunks.items()}
        skip = case.get("clip_skip", 1)
        # diffusers leaves the negative prompt's layers alone; checked against its own encode_prompt.
        of_negative = skip if OFFICIAL else 1
        self.text = {"prompt": self.over_frames(case, "prompt", "blends", network, skip),
                     "negative": self.over_frames(case, "negative", "negative_blends", network, of_negative)}
        if skip > 1 and not OFFICIAL:
            theirs = parts.pipeline().encode_prompt("positive", "cpu", 1, True, "negative", clip_skip=skip - 1)
            ids = common.prompt_ids("mirrored").tolist()
            for text, row, layers in ((theirs[0], ids[1], skip), (theirs[1], ids[0], 1)):
                assert torch.allclose(text, make_prompts.encoded([(row, [1.0] * 77)], network, layers), atol=1e-6)

    def over_frames(self, case, name, blends, network, skip):
        texts = {frame: make_prompts.encoded(chunks, network, skip) for frame, chunks in self.chunks[name].items()}
        blend = {"lerp": lerp, "slerp": slerp}[case.get("blending", "slerp")]
        if not case[blends]:
            return torch.cat([texts[0]] * case["frames"])
        return torch.cat([blend(texts[a], texts[b], torch.tensor(t)) if t > 0 else texts[a] for a, b, t in case[blends]])


class Parts:
    def __init__(self):
        self.text_encoder, self.vae = ref.build_text_encoder("mirrored"), ref.build_vae("mirrored")
        self.unet, self.scheduler = ref.build_unet("mirrored"), DDIMScheduler(**common.DDIM)
        if OFFICIAL:
            # It repeats one text over the frames, in one place; here there is one a frame already.
            attention = importlib.import_module("animatediff.models.attention")
            attention.repeat = lambda texts, pattern, f: texts

    def pipeline(self):
        from diffusers import PIAPipeline

        return PIAPipeline(vae=self.vae, text_encoder=self.text_encoder, unet=self.unet, scheduler=self.scheduler,
                           tokenizer=common.FixedIds(common.prompt_ids("mirrored")))

    def answer(self, sample, t, texts):
        """For a batch of two [2, 9, F, h, w], a text for each frame of each."""
        if OFFICIAL:
            return self.unet(sample[:, :4], sample[:, 4:5], sample[:, 5:], t, encoder_hidden_states=texts).sample
        return self.unet(sample, t, encoder_hidden_states=texts).sample


@torch.no_grad()
def run(name, case, parts):
    frames, steps, size = case["frames"], case.get("steps", 4), 64
    text = Prompts(case, parts)
    both = torch.cat([text.text["negative"], text.text["prompt"]])
    gen = common.generator(42)
    latents = torch.randn((1, 4, frames, size // 8, size // 8), generator=gen)
    image = torch.from_numpy(common.picture(size, size)).permute(2, 0, 1)[None].float() / 255 * 2 - 1
    picture = parts.vae.encode(image).latent_dist.sample(gen) * parts.vae.config.scaling_factor
    row = ref.coefficients("animate", "moderate", frames, 0)
    affinity = torch.tensor(row).view(1, 1, -1, 1, 1).expand(1, 1, frames, size // 8, size // 8)
    condition = torch.cat([affinity, picture[:, :, None].expand(1, 4, frames, size // 8, size // 8)], 1)
    tensors = {"image_u8": torch.from_numpy(common.picture(size, size)), "noise": latents[0]}
    parts.scheduler.set_timesteps(steps)
    for k, t in enumerate(parts.scheduler.timesteps):
        windows = case["windows"][k](case["length"], frames) if "windows" in case else [list(range(frames))]
        answer, weight = torch.zeros_like(latents, dtype=torch.float64), torch.zeros(frames, dtype=torch.float64)
        for window in windows:
            sample = torch.cat([latents[:, :, window], condition[:, :, window]], 1)
            rows = torch.cat([both[window], both[[frames + f for f in window]]])
            without, with_ = parts.answer(torch.cat([sample, sample]), t, rows).chunk(2)
            ramp = pyramid(len(window))
            answer[:, :, window] += (without + 7.5 * (with_ - without)) * ramp.view(1, 1, -1, 1, 1)
            weight[window] += ramp
        assert (weight > 0).all()
        latents = parts.scheduler.step((answer / weight.view(1, 1, -1, 1, 1)).float(), t, latents).prev_sample
        tensors[f"latents_{k:02}"] = latents[0]
    if "like" in case:
        with safe_open(common.GOLDEN / f"{case['like']}.safetensors", "pt") as file:
            worst = (file.get_tensor(f"latents_{steps - 1:02}") - latents[0]).abs().max() / latents.std()
        assert worst < 2e-5, worst
        print(f"travel      {name:16} as the pipeline: {worst:.1e} of std")
        return
    settings = dict(model="mirrored", reference=ref.NAME, width=size, height=size, frames=frames, steps=steps,
                    guidance_scale=7.5, strength=1.0, eta=0.0, condition_frame=0, seed="42", affinity=row,
                    clip_skip=case.get("clip_skip", 1), blending=case.get("blending", "slerp"),
                    timesteps=[int(t) for t in parts.scheduler.timesteps],
                    **{f"{track}_blends": case[blends] for track, blends in
                       (("prompt", "blends"), ("negative", "negative_blends"))},
                    **({key: case[key] for key in ("length", "overlap", "schedule")} if "windows" in case else {}))
    for track, keyframes in text.chunks.items():
        for frame, chunks in keyframes.items():
            tensors[f"{track}_{frame}_ids"] = torch.tensor(sum((ids for ids, _ in chunks), []), dtype=torch.int32)
            settings[f"{track}_{frame}_weights"] = sum((weights for _, weights in chunks), [])
    common.save(common.GOLDEN / "travel" / f"{name}.safetensors", tensors, settings)
    print(f"travel      {name:16} latents std {latents.std():.3f}, {both.shape[1]} tokens a frame")


if __name__ == "__main__":
    parts = Parts()
    for name, case in (OFFICIAL_CASES if OFFICIAL else CASES).items():
        run(name, case, parts)
