# SPDX-License-Identifier: Apache-2.0
"""Write golden/prompts.json and golden/prompts/*.safetensors: AUTOMATIC1111's weights, chunks of 75 and clip_skip.

Its code is not used (another licence). Its arithmetic is short: a prompt is cut into pieces of one weight, each piece is
tokenized alone, the tokens go into chunks of begin, 75, end (BREAK begins a new one; what is free is filled with ends);
each chunk goes through the text encoder alone; clip_skip k takes hidden_states[-k] through the final norm; each token's
row is multiplied by its weight, then the chunk by the ratio of its mean before to its mean after; the chunks are joined.

Chunks without weights are compared with compel (MIT) where it is installed: the same text to 1e-6.
"""
import importlib.util
import json

import torch

import common

BEGIN, END = 49406, 49407
BREAK = None


class Cases:
    """The text as a user writes it, and what it means: pieces of (words, weight)."""

    plain = [("a golden labrador is running, best quality", [("a golden labrador is running, best quality", 1.0)])]
    weighted = [
        ("a (dog:1.3) on grass", [("a ", 1.0), ("dog", 1.3), (" on grass", 1.0)]),
        ("((cat)) [fog], (very (old:1.5) house)",
         [("cat", 1.1 * 1.1), (" ", 1.0), ("fog", 1 / 1.1), (", ", 1.0), ("very ", 1.1), ("old", 1.5 * 1.1),
          (" house", 1.1)]),
        (r"a \(real\) smile, (huge waves:0.4)", [("a (real) smile, ", 1.0), ("huge waves", 0.4)]),
    ]
    breaks = [("fog BREAK (night:1.2) rain", [("fog", 1.0), BREAK, ("night", 1.2), (" rain", 1.0)])]
    # 75 and 76 tokens: the last that fit, and the first that don't. No comma is near the end, so nothing moves.
    long = [("cat " * 75, [("cat " * 75, 1.0)]), ("cat " * 76, [("cat " * 76, 1.0)]),
            ("dog " * 70 + "(bird:1.4) " * 20, [("dog " * 70, 1.0)] + [("bird", 1.4), (" ", 1.0)] * 20)]

    @classmethod
    def all(cls):
        return cls.plain + cls.weighted + cls.breaks + cls.long


def chunks_of(pieces, tokenizer):
    """[(ids, weights)], 77 each."""
    chunks, ids, weights = [], [], []

    def close():
        free = 75 - len(ids)
        chunks.append(([BEGIN, *ids, *[END] * free, END], [1.0, *weights, *[1.0] * free, 1.0]))
        ids.clear(), weights.clear()

    for piece in pieces:
        if piece is BREAK:
            close()
            continue
        for token in tokenizer(piece[0], add_special_tokens=False).input_ids:
            if len(ids) == 75:
                close()
            ids.append(token)
            weights.append(piece[1])
    if ids or not chunks:
        close()
    return chunks


@torch.no_grad()
def encoded(chunks, network, clip_skip):
    parts = []
    for ids, weights in chunks:
        states = network(torch.tensor([ids]), output_hidden_states=True).hidden_states
        z = network.text_model.final_layer_norm(states[-clip_skip])
        before = z.double().mean()
        z = z * torch.tensor(weights).view(1, -1, 1)
        parts.append((z * (before / z.double().mean())).float())
    return torch.cat(parts, 1)


def compare_with_compel(tokenizer, network):
    if importlib.util.find_spec("compel") is None:
        print("compel is not installed: long prompts were not compared with it")
        return
    from compel import Compel

    compel = Compel(tokenizer=tokenizer, text_encoder=network, truncate_long_prompts=False)
    for text, pieces in Cases.plain + Cases.long[:2]:
        theirs = compel.build_conditioning_tensor(text.strip())
        ours = encoded(chunks_of(pieces, tokenizer), network, 1)
        assert theirs.shape == ours.shape, (text, theirs.shape, ours.shape)
        worst = (theirs - ours).abs().max().item() / ours.std().item()
        assert worst < 1e-6, (text, worst)
        print(f"compel      {text[:20]!r:24} {ours.shape[1]:4} tokens, largest difference {worst:.1e} of std")


def main():
    import diffusers_reference as ref

    tokenizer, network = common.tokenizer(), ref.build_text_encoder("mirrored")
    compare_with_compel(tokenizer, network)
    rows = []
    for text, pieces in Cases.all():
        chunks = chunks_of(pieces, tokenizer)
        rows.append({"text": text, "ids": sum((ids for ids, _ in chunks), []),
                     "weights": sum((weights for _, weights in chunks), [])})
    (common.GOLDEN / "prompts.json").write_text(json.dumps(rows, separators=(",", ":")) + "\n")
    for name, (text, pieces) in {"weighted": Cases.weighted[1], "break": Cases.breaks[0], "long": Cases.long[2]}.items():
        chunks = chunks_of(pieces, tokenizer)
        common.save(common.GOLDEN / "prompts" / f"{name}.safetensors",
                    {"ids": torch.tensor([ids for ids, _ in chunks], dtype=torch.int32),
                     "text_1": encoded(chunks, network, 1), "text_2": encoded(chunks, network, 2)},
                    {"model": "mirrored", "text": text, "weights": sum((weights for _, weights in chunks), [])})
        print(f"prompts     {name:24} {len(chunks)} chunks")


if __name__ == "__main__":
    main()
