"""Damaged models, given to the real runtime: each a failure in words, and no process left."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.runtime import client
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message


@pytest.fixture
def model(converted_sample: Path, tmp_path: Path) -> Path:
    """A copy to damage, in a folder with a name that is not ASCII."""
    return shutil.copytree(converted_sample, tmp_path / "ein Modell für 模型")


def cut(name: str, keep: float = 0.5) -> Callable[[Path], None]:
    def damage(model: Path) -> None:
        content = (model / name).read_bytes()
        (model / name).write_bytes(content[: int(len(content) * keep)])

    return damage


def without(name: str) -> Callable[[Path], None]:
    return lambda model: (model / name).unlink()


def configured(**changes: object) -> Callable[[Path], None]:
    def damage(model: Path) -> None:
        file = model / "genai_config.json"
        config = json.loads(file.read_text(encoding="utf-8"))
        config["model"] |= changes
        file.write_text(json.dumps(config), encoding="utf-8")

    return damage


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (cut("model.onnx.data"), "weights file beside the ONNX file is cut off"),
        (without("model.onnx.data"), "model.onnx.data, which the ONNX file names, is missing"),
        (cut("model.onnx"), "model.onnx is damaged"),
        (cut("model.onnx", 0), "model.onnx is damaged"),
        (without("tokenizer.json"), "tokenizer.json is missing or damaged"),
        (cut("tokenizer.json"), "tokenizer.json ends in the middle"),
        (cut("tokenizer_config.json"), "tokenizer_config.json ends in the middle"),
        (configured(type="nonsense"), "type nonsense"),
        (configured(surprise=1), "genai_config.json is damaged"),
    ],
)
def test_the_damage_is_named_with_its_fix(model: Path, damage: Callable[[Path], None], named: str) -> None:
    damage(model)
    host = ModelHost(model)
    with pytest.raises(Failure) as caught:
        host.load()
    assert named in caught.value.cause
    assert caught.value.fix
    assert caught.value.log is not None
    assert caught.value.log.is_file()
    assert not host.alive
    assert not psutil.Process().children()


def test_a_model_without_a_chat_template_says_so_and_stays_loaded(model: Path) -> None:
    (model / "chat_template.jinja").unlink()
    with ModelHost(model) as host:
        host.load()
        for _ in range(2):
            with pytest.raises(Failure, match="no chat template") as caught:
                drain(host.chat([Message("user", "hello")], ChatParameters(), Cancel()))
        assert "Template screen" in caught.value.fix
        assert host.token_ids("hello")


def test_a_template_without_an_end_holds_up_the_next_question_for_a_moment_only(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = model / "chat_template.jinja"
    good = template.read_text(encoding="utf-8")
    endless = "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}"
    template.write_text(endless, encoding="utf-8")
    monkeypatch.setattr(client, "ENDING_PATIENCE", 0.5)
    cancel = Cancel()
    with ModelHost(model) as host:
        host.load()
        threading.Timer(2.0, cancel.set).start()  # it is in the midst of the template by then
        stopped = drain(host.chat([Message("user", "hello")], ChatParameters(), cancel))
        assert stopped.finish_reason == "cancelled"
        assert stopped.completion_tokens == 0
        with pytest.raises(Failure, match="did not come to the end of what was stopped") as caught:
            drain(host.chat([Message("user", "hello")], ChatParameters(), Cancel()))
        assert "chat template" in caught.value.fix
        assert not host.alive

        template.write_text(good, encoding="utf-8")
        host.load()
        assert drain(host.chat([Message("user", "hello")], ChatParameters(), Cancel())).completion_tokens


def test_a_template_that_refuses_a_conversation_says_why(model: Path) -> None:
    (model / "chat_template.jinja").write_text("{{ raise_exception('no system here') }}", encoding="utf-8")
    with ModelHost(model) as host:
        host.load()
        with pytest.raises(Failure, match="no system here"):
            host.render([Message("user", "hello")])
