from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slmtui.conversion import gate
from slmtui.events import Cancel, Verdict
from slmtui.runtime.client import ModelHost

INVENTORY = {"model.onnx": {"nodes": 5, "tensors": 7, "external": {"model.onnx.data": 100}}}
TEMPLATE = "{{ messages }}"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that passes all checks but the load."""
    config = {"model": {"type": "qwen2", "vocab_size": 64, "decoder": {"filename": "model.onnx"}}}
    (tmp_path / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "model.onnx").write_bytes(bytes(10))
    (tmp_path / "model.onnx.data").write_bytes(bytes(100))
    _write_tokenizer(tmp_path, 64)
    (tmp_path / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    return tmp_path


def _write_tokenizer(folder: Path, tokens: int) -> None:
    vocabulary = {f"t{i}": i for i in range(tokens)}
    text = json.dumps({"model": {"type": "BPE", "vocab": vocabulary}, "added_tokens": []})
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")


def check(
    folder: Path, inventory: dict[str, Any] = INVENTORY, template: str | None = TEMPLATE
) -> dict[str, Verdict]:
    return {verdict.id: verdict for verdict in gate.files(folder, inventory, template)}


def test_a_whole_folder_passes(model: Path) -> None:
    verdicts = check(model)
    assert list(verdicts) == ["config", "onnx", "tokenizer", "template"]
    assert {verdict.status for verdict in verdicts.values()} == {"ok"}
    assert "7 tensors" in verdicts["onnx"].evidence


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("genai_config.json", "config"),
        ("model.onnx", "onnx"),
        ("model.onnx.data", "onnx"),
        ("tokenizer.json", "tokenizer"),
        ("tokenizer_config.json", "tokenizer"),
        ("chat_template.jinja", "template"),
    ],
)
def test_a_missing_file_is_named(model: Path, name: str, verdict: str) -> None:
    (model / name).unlink()
    found = check(model)[verdict]
    assert found.status == "fail"
    assert found.evidence
    assert found.fix


def test_data_that_is_cut_off_is_told_in_bytes(model: Path) -> None:
    (model / "model.onnx.data").write_bytes(bytes(99))
    found = check(model)["onnx"]
    assert found.status == "fail"
    assert "needs 100 bytes of it, it has 99" in found.evidence


def test_data_outside_of_the_folder_is_not_taken(model: Path, tmp_path: Path) -> None:
    outside = {"model.onnx": {"nodes": 5, "tensors": 7, "external": {"../elsewhere.data": 0}}}
    (tmp_path.parent / "elsewhere.data").touch()
    assert check(model, outside)["onnx"].status == "fail"


def test_the_configuration_must_name_the_onnx_file_that_was_made(model: Path) -> None:
    other = {"decoder.onnx": INVENTORY["model.onnx"]}
    assert "names model.onnx, which is not there" in check(model, other)["onnx"].evidence


@pytest.mark.parametrize("text", ["", "[]", '{"model": {}}', '{"model": {"decoder": 3}}', "\ufffe"])
def test_a_configuration_that_is_no_configuration_fails(model: Path, text: str) -> None:
    (model / "genai_config.json").write_text(text, encoding="utf-8")
    verdicts = check(model)
    assert verdicts["config"].status == "fail"
    assert verdicts["onnx"].status == "fail"


def test_an_empty_tokenizer_that_a_class_made_up_fails(model: Path) -> None:
    _write_tokenizer(model, 1)
    found = check(model)["tokenizer"]
    assert found.status == "fail"
    assert "1 of the model's 64 tokens" in found.evidence


def test_a_model_without_a_chat_template_is_a_warning(model: Path) -> None:
    (model / "chat_template.jinja").unlink()
    assert check(model, template=None)["template"].status == "warn"


def test_a_chat_template_that_changed_is_a_warning(model: Path) -> None:
    assert check(model, template="something else")["template"].status == "warn"


def test_weights_that_are_random_fail() -> None:
    names = [f"layer.{i}" for i in range(5)]
    found = gate.weights(names, 1_000)
    assert found.status == "fail"
    assert "5 of its weights (layer.0, layer.1, layer.2 and 2 more)" in found.evidence
    assert gate.weights([], 1_000).status == "ok"


def test_a_folder_the_runtime_cannot_read_fails(tmp_path: Path) -> None:
    found = gate.loads(ModelHost(tmp_path / "absent", log=tmp_path / "log"), Cancel())
    assert found.status == "fail"
    assert "absent" in found.evidence
