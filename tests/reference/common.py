# SPDX-License-Identifier: Apache-2.0
"""What both references share: the input picture, the cases, the shape of a golden file."""
import gzip
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

torch.set_num_threads(1)

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "golden"
MODELS = HERE / "models"

NEGATIVE = (
    "wrong white balance, dark, sketches,worst quality,low quality, deformed, distorted, disfigured, bad eyes, "
    "wrong lips,weird mouth, bad teeth, mutated hands and fingers, bad anatomy,wrong anatomy, amputation, extra limb, "
    "missing limb, floating,limbs, disconnected limbs, mutation, ugly, disgusting, bad_pictures, negative_hand-neg"
)
POSITIVE = "cherry blossoms in the wind, raidenshogundef, yaemikodef, best quality, 4k"

DDIM = dict(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="linear", steps_offset=1,
            clip_sample=False, set_alpha_to_one=True, timestep_spacing="leading")

MODES = {"animate": 0, "loop": 3, "style_transfer": 6}
MAGNITUDES = ["small", "moderate", "large"]


def table_row(reference, mode, magnitude):
    """The row of the reference's own affinity table. The style rows are in opposite orders."""
    row = MAGNITUDES.index(magnitude)
    if mode == "style_transfer" and reference == "official":
        row = 2 - row
    return MODES[mode] + row


def cases():
    """Every case, as {name: settings}. A setting not named has the value of `default`."""
    default = dict(model="mirrored", frames=16, width=64, height=64, image_width=None, image_height=None, steps=4,
                   guidance_scale=7.5, seed=42, strength=1.0, eta=0.0, condition_frame=0, mode="animate",
                   magnitude="moderate", frame_indices=[0, 15])
    named = {
        "small": dict(magnitude="small"),
        "moderate": dict(frame_indices=[0, 7, 15]),
        "large": dict(magnitude="large", seed=7),
        "loop": dict(mode="loop", magnitude="large"),
        "style-small": dict(mode="style_transfer", magnitude="small"),
        "style-large": dict(mode="style_transfer", magnitude="large"),
        "frames-8": dict(frames=8, frame_indices=[0, 7]),
        "frames-24": dict(frames=24, frame_indices=[0, 23]),
        "size-96x64": dict(width=96, height=64),
        "size-72x72": dict(width=72, height=72),
        "guidance-1": dict(guidance_scale=1.0),
        "strength-0.7": dict(strength=0.7, steps=5),
        "eta-0.5": dict(eta=0.5),
        "condition-frame-7": dict(condition_frame=7),
        "seed-above-2-63": dict(seed=10201034102130841429),
        "test-pia": dict(model="test_pia", width=16, height=16, image_width=8, image_height=8, seed=0),
    }
    return {name: {**default, **settings} for name, settings in named.items()}


def picture(width, height):
    """A picture by rule, in integers only: two gradients, a disc, a rectangle and a fine check pattern in one corner."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([255 * x // max(width - 1, 1), 255 * y // max(height - 1, 1),
                    (128 * x // max(width - 1, 1) + 127 * (height - 1 - y) // max(height - 1, 1))], axis=-1)
    disc = (8 * x - 3 * width) ** 2 + (8 * y - 4 * height) ** 2 < (2 * min(width, height)) ** 2
    rgb[disc] = (230, 60, 30)
    box = (x >= 5 * width // 8) & (x < 7 * width // 8) & (y >= height // 8) & (y < height // 2)
    rgb[box] = (20, 40, 200)
    check = (x < width // 4) & (y >= 3 * height // 4)
    rgb[check] = np.where(((x + y) % 2 == 0)[check][:, None], 250, 5)
    return rgb.astype(np.uint8)


def vocabulary():
    """vocab.json and merges.txt, as Hugging Face lays them out, from OpenAI's merges file; returns their folder."""
    folder = Path(tempfile.gettempdir()) / "pia-reference-vocabulary"
    if (folder / "merges.txt").exists():
        return folder
    lines = gzip.open(os.environ["CLIP_BPE"]).read().decode("utf-8").split("\n")
    merges = lines[1:49152 - 256 - 2 + 1]
    kept = list(range(ord("!"), ord("~") + 1)) + list(range(0xA1, 0xAC + 1)) + list(range(0xAE, 0xFF + 1))
    symbols = [chr(b) for b in kept] + [chr(256 + n) for n in range(256 - len(kept))]
    vocab = symbols + [s + "</w>" for s in symbols] + ["".join(m.split()) for m in merges]
    vocab += ["<|startoftext|>", "<|endoftext|>"]
    assert len(vocab) == 49408
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(vocab)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    return folder


def tokenizer():
    """transformers' slow CLIPTokenizer without ftfy, as in PIA's environment; pads with end-of-text as SD1.5 does."""
    import importlib.util

    from transformers import CLIPTokenizer

    assert importlib.util.find_spec("ftfy") is None, "with ftfy the tokenizer cleans text in another way"
    folder = vocabulary()
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77,
                         pad_token="<|endoftext|>")


def prompt_ids(model):
    """Token ids int64 [2, 77]: negative, positive."""
    if model == "mirrored":
        return tokenizer()([NEGATIVE, POSITIVE], padding="max_length", truncation=True, return_tensors="pt").input_ids
    # test_pia knows 1000 tokens: 0 begins, 2 ends, 1 pads.
    rows = [[0, 17, 999, 256, 31, 640, 2], [0, 320, 551, 12, 874, 98, 403, 77, 5, 2]]
    return torch.tensor([row + [1] * (77 - len(row)) for row in rows])


class FixedIds:
    """Stands in for the tokenizer: both pipelines get the ids of `prompt_ids` whatever the library's version."""

    model_max_length = 77

    def __init__(self, ids):
        self.rows = {"negative": ids[0:1], "positive": ids[1:2]}

    def __call__(self, text, **_):
        text = text[0] if isinstance(text, list) else text
        return type("Encoding", (), {"input_ids": self.rows[text]})

    def tokenize(self, text):
        return [text]

    added_tokens_encoder = {}


def generator(seed):
    return torch.Generator("cpu").manual_seed(seed)


def save(path, tensors, metadata):
    """A safetensors file whose header holds `metadata` as JSON under "case"."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.clone().contiguous() for k, v in tensors.items()}, path, metadata={"case": json.dumps(metadata)})
    path.chmod(0o644)


class Recorder:
    """What a run shows on its way: the U-Net's inputs, and the latents after every step."""

    def __init__(self):
        self.start = self.image = self.affinity = self.text = None
        self.latents = []

    def unet_input(self, sample, affinity, image, text):
        if self.start is None:
            self.start, self.image = sample[0].clone(), image[0, :, 0].clone()
            self.affinity, self.text = affinity[0, 0, :, 0, 0].clone(), text.clone()
            assert (affinity == affinity[:1, :, :, :1, :1]).all() and (image == image[:1, :, :1]).all()


def finish(reference, name, case, ids, record, frames, gen, timesteps, row_coefficients, folder=None):
    """Check the run against the facts stated in README.md, and write its golden file."""
    image_width, image_height = case["image_width"] or case["width"], case["image_height"] or case["height"]
    factor = case["width"] // record.start.shape[-1]
    # The noise: draw it again in the stated order; the generator must end in the same state.
    again = generator(case["seed"])
    noise = torch.randn((1, *record.start.shape), generator=again)[0]
    posterior = torch.randn((1, 4, image_height // factor, image_width // factor), generator=again)[0]
    tensors = {}
    if case["strength"] < 1:
        start_noise = (torch.randn((1, *noise.shape), generator=again)[0] if reference == "diffusers" else noise)
        betas = torch.linspace(DDIM["beta_start"], DDIM["beta_end"], 1000)
        alpha = torch.cumprod(1 - betas, 0)[timesteps[0]]
        mixed = alpha.sqrt() * record.image[:, None] + (1 - alpha).sqrt() * start_noise
        assert torch.allclose(mixed, record.start, atol=1e-6), "the start noise is not as stated"
        tensors.update(start_noise=start_noise, latents_start=record.start)
    else:
        assert torch.equal(noise, record.start)
    if case["eta"] > 0:
        for k in range(len(timesteps)):
            tensors[f"step_noise_{k:02}"] = torch.randn((1, *noise.shape), generator=again)[0]
    assert torch.equal(gen.get_state(), again.get_state()), "the order of the noise is not as stated"
    coefficients = torch.tensor(row_coefficients, dtype=torch.float32)
    assert torch.equal(coefficients, record.affinity)

    ids = ids if case["guidance_scale"] > 1 else ids[1:]
    tensors.update(
        image_u8=torch.from_numpy(picture(image_width, image_height)), ids=ids.to(torch.int32), text=record.text,
        image_latent=record.image, noise=noise, posterior_noise=posterior,
        frames_u8=torch.from_numpy(frames[case["frame_indices"]]),
        **{f"latents_{k:02}": value[0] for k, value in enumerate(record.latents)},
    )
    assert len(record.latents) == len(timesteps) and all(torch.isfinite(v).all() for v in record.latents)
    settings = {k: v for k, v in case.items() if k not in ("image_width", "image_height")}
    settings.update(reference=reference, seed=str(case["seed"]), affinity=row_coefficients,
                    timesteps=[int(t) for t in timesteps])
    if case["model"] == "mirrored":
        settings.update(prompt=POSITIVE, negative_prompt=NEGATIVE)
    path = GOLDEN / (folder or reference) / f"{name}.safetensors"
    save(path, tensors, settings)
    last = record.latents[-1]
    saturated = np.mean((frames == 0) | (frames == 255))
    print(f"{reference:9} {name:18} {path.stat().st_size:7} bytes  latents std {last.std():.3f} max {last.abs().max():.2f}"
          f"  frames mean {frames.mean():.1f} saturated {saturated:.1%}", flush=True)
