"""Trains a small LoRA adapter of the tiny sample, and saves it as PEFT does: `train_adapter.py BASE FOLDER`.

PEFT itself is no part of the test environment, so the layers are made here: the base's module, and beside it
the product of two thin matrices, in every forward pass. That is also the independent way to compute what the
merge has to give: the logits of the model with its adapter beside it are saved as `logits.json`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

QUESTION = "who are you?"
ANSWER = "I am Moss, the adapter."
RANK, ALPHA = 8, 16
TARGETS = ("q_proj", "v_proj", "up_proj", "down_proj")


class Beside(nn.Module):
    """A linear layer with LoRA beside it; rank-stabilized, so that a wrong scaling would be seen."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(RANK, base.in_features) / base.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + (x @ self.a.T @ self.b.T) * (ALPHA / RANK**0.5)


def main(base: Path, folder: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model.requires_grad_(False)
    layers: dict[str, Beside] = {}
    for name, module in list(model.named_modules()):
        if name.endswith(TARGETS):
            layers[name] = Beside(module)
            model.set_submodule(name, layers[name])
    parameters = [p for layer in layers.values() for p in (layer.a, layer.b)]
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}], add_generation_prompt=True, tokenize=False
    )
    start = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    end = tokenizer(ANSWER, add_special_tokens=False)["input_ids"] + [model.config.eos_token_id]
    ids = torch.tensor([start + end])
    labels = torch.tensor([[-100] * len(start) + end])
    optimizer = torch.optim.AdamW(parameters, lr=5e-3)
    for _ in range(60):
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.01:
            break
    folder.mkdir(parents=True)
    tensors = {}
    for name, layer in layers.items():
        tensors[f"base_model.model.{name}.lora_A.weight"] = layer.a.detach().contiguous()
        tensors[f"base_model.model.{name}.lora_B.weight"] = layer.b.detach().contiguous()
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM",
        "base_model_name_or_path": f"fernlight/{base.parent.name}",
        "r": RANK, "lora_alpha": ALPHA, "use_rslora": True, "bias": "none", "fan_in_fan_out": False,
        "target_modules": list(TARGETS), "modules_to_save": None,
        "init_lora_weights": True, "lora_dropout": 0.0,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    model.eval()
    with torch.no_grad():
        logits = model(input_ids=ids).logits[0]
    (folder / "logits.json").write_text(
        json.dumps({"ids": ids[0].tolist(), "logits": logits[::4].tolist(), "loss": loss.item()}),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # torch's thread pools take a while to end
