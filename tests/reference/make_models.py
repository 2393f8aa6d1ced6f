# SPDX-License-Identifier: Apache-2.0
"""Write the model configurations in models/, each as diffusers' and transformers' save_pretrained writes them."""
import json
from pathlib import Path

from diffusers import AutoencoderKL, MotionAdapter, UNet2DConditionModel
from transformers import CLIPTextConfig

HERE = Path(__file__).parent / "models"


def write(name, folder, config):
    for key in ("_name_or_path", "torch_dtype", "dtype"):
        config.pop(key, None)
    path = HERE / name / folder / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def save(name, unet=None, vae=None, text_encoder=None, motion=None, drop_from_vae=()):
    index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.33.1"}
    if unet:
        write(name, "unet", json.loads(unet.to_json_string()))
        index["unet"] = ["diffusers", "UNet2DConditionModel"]
    if vae:
        config = json.loads(vae.to_json_string())
        write(name, "vae", {k: v for k, v in config.items() if k not in drop_from_vae})
        index["vae"] = ["diffusers", "AutoencoderKL"]
    if text_encoder:
        config = json.loads(text_encoder.to_json_string(use_diff=False))
        kept = ("attention_dropout bos_token_id eos_token_id hidden_act hidden_size initializer_factor "
                "initializer_range intermediate_size layer_norm_eps max_position_embeddings model_type "
                "num_attention_heads num_hidden_layers pad_token_id projection_dim transformers_version "
                "vocab_size").split()
        write(name, "text_encoder", {"architectures": ["CLIPTextModel"], **{k: config[k] for k in kept}})
        index["text_encoder"] = ["transformers", "CLIPTextModel"]
    if motion:
        write(name, "motion", json.loads(motion.to_json_string()))
    (HERE / name / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def mirrored():
    """Real PIA's shape (four levels, mirrored blocks, no motion module in the middle), 1/10 of its width."""
    save(
        "mirrored",
        unet=UNet2DConditionModel(
            sample_size=8, in_channels=4, out_channels=4, block_out_channels=(32, 64, 128, 128), layers_per_block=2,
            down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
            up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
            cross_attention_dim=32, attention_head_dim=8, norm_num_groups=32,
        ),
        vae=AutoencoderKL(
            in_channels=3, out_channels=3, latent_channels=4, sample_size=64, block_out_channels=(32, 32, 64, 64),
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=1, norm_num_groups=32,
        ),
        # Real SD1.5 folders lack it too: 0.18215 is meant.
        drop_from_vae=("scaling_factor",),
        text_encoder=CLIPTextConfig(
            vocab_size=49408, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
            max_position_embeddings=77, hidden_act="quick_gelu", bos_token_id=0, eos_token_id=2, pad_token_id=1,
        ),
        motion=MotionAdapter(
            block_out_channels=(32, 64, 128, 128), motion_layers_per_block=2, motion_mid_block_layers_per_block=1,
            motion_num_attention_heads=8, motion_norm_num_groups=32, motion_max_seq_length=32,
            use_motion_mid_block=False, conv_in_channels=9,
        ),
    )


def test_pia():
    """diffusers' own PIA test: two levels, up blocks not mirrored, heads of dimension 1, a motion module in the middle."""
    save(
        "test_pia",
        unet=UNet2DConditionModel(
            block_out_channels=(8, 8), layers_per_block=2, sample_size=8, in_channels=4, out_channels=4,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=8, norm_num_groups=2,
        ),
        vae=AutoencoderKL(
            block_out_channels=(8, 8), in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, norm_num_groups=2,
        ),
        text_encoder=CLIPTextConfig(
            bos_token_id=0, eos_token_id=2, hidden_size=8, intermediate_size=37, layer_norm_eps=1e-05,
            num_attention_heads=4, num_hidden_layers=5, pad_token_id=1, vocab_size=1000,
        ),
        motion=MotionAdapter(
            block_out_channels=(8, 8), motion_layers_per_block=2, motion_norm_num_groups=2,
            motion_num_attention_heads=4, conv_in_channels=9,
        ),
    )


def vae3():
    """A VAE alone: three levels, two layers a block, a width of its own per level."""
    save(
        "vae3",
        vae=AutoencoderKL(
            in_channels=3, out_channels=3, latent_channels=4, sample_size=32, block_out_channels=(16, 32, 48),
            down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
            layers_per_block=2, norm_num_groups=16,
        ),
    )


if __name__ == "__main__":
    mirrored()
    test_pia()
    vae3()
