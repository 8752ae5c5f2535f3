"""A checkpoint that is complete on paper (its tensors are zeros), and workers that stand in for Olive's."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.conversion import olive
from slmtui.conversion.plan import ConversionPlan, plan
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource

VOCABULARY, HIDDEN, LAYERS = 64, 32, 2
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A two-layer Llama folder that `inspect` finds nothing wrong with."""
    folder = tmp_path / "modèle 模型"
    folder.mkdir()
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "vocab_size": VOCABULARY,
        "max_position_embeddings": 128,
        "eos_token_id": 1,
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(VOCABULARY)), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    shapes = {"model.embed_tokens.weight": [VOCABULARY, HIDDEN], "model.norm.weight": [HIDDEN]}
    for layer in range(LAYERS):
        shapes[f"model.layers.{layer}.self_attn.q_proj.weight"] = [HIDDEN, HIDDEN]
        shapes[f"model.layers.{layer}.input_layernorm.weight"] = [HIDDEN]
    (folder / "model.safetensors").write_bytes(safetensors(shapes))
    return folder


def tokenizer(tokens: int) -> dict[str, object]:
    return {"model": {"type": "BPE", "vocab": {f"t{i}": i for i in range(tokens)}}, "added_tokens": []}


def safetensors(shapes: dict[str, list[int]]) -> bytes:
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4
        for dimension in shape:
            size *= dimension
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(end)


@pytest.fixture
def source(checkpoint: Path) -> ModelSource:
    found = inspect(checkpoint)
    assert found.usable, found.problems
    return found


@pytest.fixture
def conversion(source: ModelSource, tmp_path: Path) -> ConversionPlan:
    return plan(source, tmp_path / "output folder" / "int4")


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a worker with this `main(link, request)` in Olive's place."""

    def put(body: str) -> None:
        folder = tmp_path / "stand-in"
        folder.mkdir(exist_ok=True)
        lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
        (folder / "stand_in_worker.py").write_text(
            "import json, os, signal, subprocess, sys, time\n"
            "from pathlib import Path\n"
            "from slmtui.child import run\n\n"
            f"def main(link):\n    request = link.receive()\n{lines}\n\nrun(main)\n",
            encoding="utf-8",
        )
        monkeypatch.setattr(olive, "WORKER", "stand_in_worker")
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return put
