# SPDX-License-Identifier: Apache-2.0
"""Write golden/loras/*.safetensors: runs of diffusers' PIAPipeline with LoRAs (peft) on U-Net and text encoder.

A LoRA's tensors are made by the rule, named "lora/<component>/<layer>.down" and ".up"; it has all layers of the model whose
names end in one of its `layers`. `names` says in whose spelling the file is: kohya's (sd-scripts), which has an alpha, or
diffusers' own, which has none. Needs peft 0.17.1.
"""
import torch

import common
import diffusers_reference as ref
import rule

ATTENTION = dict(names="kohya", rank=4, alpha=2.0, weight=0.8, weight_te=0.5,
                 layers=["to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2",
                         "q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"])
CONVOLUTIONS = dict(names="diffusers", rank=3, alpha=None, weight=-0.4, weight_te=0.0,
                    layers=["conv1", "conv2", "conv_shortcut", "to_v"])
CASES = {"attention": [ATTENTION], "two": [ATTENTION, CONVOLUTIONS]}


def spatial(unet):
    """Shapes of what a Stable Diffusion LoRA may change: motion modules are none of it."""
    return {k: tuple(v.shape) for k, v in unet.state_dict().items() if "motion_modules" not in k}


def tensors_of(lora, component, shapes):
    """Layer -> (down, up)."""
    found = {}
    for key, shape in shapes.items():
        layer = key.removesuffix(".weight")
        if layer == key or len(shape) < 2 or not layer.endswith(tuple(lora["layers"])):
            continue
        down = (lora["rank"], *shape[1:])
        up = (shape[0], lora["rank"], *[1] * (len(shape) - 2))
        found[layer] = [torch.from_numpy(rule.tensor(f"lora/{component}/{layer}.{part}", size))
                        for part, size in (("down", down), ("up", up))]
    return found


def state_dict(lora, pipe):
    state = {}
    for component, shapes in (("unet", spatial(pipe.unet)),
                              ("text_encoder", {k: tuple(v.shape) for k, v in pipe.text_encoder.state_dict().items()})):
        for layer, (down, up) in tensors_of(lora, component, shapes).items():
            if lora["names"] == "diffusers":
                state[f"{component}.{layer}.lora_A.weight"] = down
                state[f"{component}.{layer}.lora_B.weight"] = up
                continue
            name = f"lora_{'te' if component == 'text_encoder' else component}_{layer.replace('.', '_')}"
            state[f"{name}.lora_down.weight"] = down
            state[f"{name}.lora_up.weight"] = up
            state[f"{name}.alpha"] = torch.tensor(lora["alpha"])
    return state


def lay_on(loras):
    def prepare(pipe):
        # All before any is laid on, which renames the weights that it changes.
        for number, (lora, state) in enumerate([(lora, state_dict(lora, pipe)) for lora in loras]):
            pipe.load_lora_weights(dict(state), adapter_name=f"lora{number}")
            layers = len([k for k in state if k.endswith(("lora_A.weight", "lora_down.weight"))])
            adapted = sum(f"lora{number}" in getattr(m, "lora_A", {}) for net in (pipe.unet, pipe.text_encoder)
                          for m in net.modules())
            assert layers == adapted, (lora["names"], layers, adapted)
        weights = [{"unet": lora["weight"], "text_encoder": lora["weight_te"]} if lora["weight_te"] else lora["weight"]
                   for lora in loras]
        pipe.set_adapters([f"lora{number}" for number in range(len(loras))], weights)
    return prepare


def main():
    for name, loras in CASES.items():
        case = {**common.cases()["moderate"], "frames": 8, "frame_indices": [0, 7]}
        results = ref.run(name, case, ref.build_unet(case["model"]), prepare=lay_on(loras))
        common.finish("diffusers", name, {**case, "loras": loras}, *results, folder="loras")


if __name__ == "__main__":
    main()
