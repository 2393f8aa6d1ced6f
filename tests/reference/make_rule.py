# SPDX-License-Identifier: Apache-2.0
"""Write golden/rule.json: a few tensors of the weight rule, exactly."""
import hashlib
import json

import common
import rule

TENSORS = {
    "unet/conv_in.weight": (32, 4, 3, 3),
    "unet/conv_in.bias": (32,),
    "unet/down_blocks.0.resnets.0.conv1.weight": (32, 32, 3, 3),
    "unet/down_blocks.0.resnets.0.norm1.weight": (32,),
    "unet/down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight": (32, 32),
    "unet/down_blocks.0.attentions.0.proj_in.weight": (32, 32, 1, 1),
    "motion/conv_in.weight": (32, 9, 3, 3),
    "motion/down_blocks.3.motion_modules.1.transformer_blocks.0.ff.net.0.proj.weight": (1024, 128),
    "motion/up_blocks.0.motion_modules.0.norm.bias": (128,),
    "vae/encoder.mid_block.attentions.0.to_q.bias": (64,),
    "vae/decoder.conv_out.weight": (3, 32, 3, 3),
    "text_encoder/text_model.embeddings.token_embedding.weight": (49408, 32),
    "text_encoder/text_model.final_layer_norm.weight": (32,),
}

entries = []
for name, shape in TENSORS.items():
    values = rule.tensor(name, shape)
    assert values.dtype.str == "<f4"
    entries.append(dict(name=name, shape=shape, seed=f"{rule.fnv1a(name):016x}",
                        first=[float(v).hex() for v in values.ravel()[:8]],
                        sha256=hashlib.sha256(values.tobytes()).hexdigest()))
(common.GOLDEN / "rule.json").write_text("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")
