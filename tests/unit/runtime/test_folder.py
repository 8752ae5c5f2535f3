import json
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Failure
from slmtui.runtime.client import ModelHost
from slmtui.runtime.folder import ConvertedModel, read_folder

CONFIG: dict[str, Any] = {
    "model": {
        "type": "qwen2",
        "context_length": 2048,
        "vocab_size": 1536,
        "decoder": {"filename": "model.onnx"},
    }
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "un modèle 模型"
    folder.mkdir()
    (folder / "genai_config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (folder / "model.onnx").write_bytes(b"")
    return folder


def test_a_converted_model_is_read(folder: Path) -> None:
    assert read_folder(folder) == ConvertedModel("qwen2", 2048, 1536)


def failure_of(folder: Path) -> Failure:
    """The failure, which has to come before any process is started."""
    host = ModelHost(folder)
    with pytest.raises(Failure) as caught:
        host.load()
    assert caught.value.fix
    assert not host.log.exists()
    return caught.value


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "There is no folder" in failure_of(tmp_path / "nowhere").cause


def test_a_folder_without_a_configuration_is_no_converted_model(tmp_path: Path) -> None:
    assert "is not a converted model" in failure_of(tmp_path).cause


def test_a_missing_onnx_file_is_named(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    assert "model.onnx is missing" in failure_of(folder).cause


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b'{"model": {"type"', "genai_config.json ends in the middle: it is cut off."),
        (b"{\n\n]", "genai_config.json is no valid JSON, line 3"),
        (b"", "genai_config.json is empty"),
        (b"\xef\xbb\xbf{}", "genai_config.json is encoded as UTF-8 with a byte order mark"),
        (b"\xff\xfe{\x00", "genai_config.json is encoded as UTF-16"),
        (b"[]", "genai_config.json holds a JSON list"),
        (b"[" * 100_000, "genai_config.json is nested too deeply"),
        (b'{"model": 1}', "genai_config.json does not describe a model."),
        (b'{"model": {"type": "qwen2", "context_length": "long"}}', "does not describe a model."),
    ],
)
def test_a_configuration_that_is_damaged_is_named_with_what_is_wrong(
    folder: Path, raw: bytes, wrong: str
) -> None:
    (folder / "genai_config.json").write_bytes(raw)
    assert wrong in failure_of(folder).cause


def test_a_configuration_that_is_cut_off_is_made_again(folder: Path) -> None:
    (folder / "genai_config.json").write_bytes(b'{"model": {"type"')
    assert failure_of(folder).fix == "Convert the model again."


def test_a_missing_entry_is_named(folder: Path) -> None:
    (folder / "genai_config.json").write_text('{"model": {"type": "qwen2"}}', encoding="utf-8")
    assert "'context_length'" in failure_of(folder).cause
