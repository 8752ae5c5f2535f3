"""`slmtui template`: what is there is overwritten only after a look, and both worlds stay one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmtui.cli.parser import build
from slmtui.cli.report import Report
from slmtui.events import Cancel, Failure
from tests.tui.template_bench import GUIDE, model_folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return model_folder(tmp_path / "model")


def run(*arguments: str) -> int:
    """The exit code; a failure is said as the entry point says it."""
    parsed = build().parse_args(["template", *arguments])
    report = Report(parsed.json)
    try:
        return int(parsed.run(parsed, report, Cancel()))
    except Failure as failure:
        report.failed(failure)
        return 1


def test_one_that_says_something_else_is_left_until_it_is_to_be_replaced(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = model / "inference_model.json"
    file.write_text(GUIDE, encoding="utf-8")
    assert run(str(model), "--write") == 2, "nobody to ask for a yes"
    said = capsys.readouterr().err
    assert '-    "assistant": "{Content}"' in said
    assert "--replace" in said
    assert file.read_text(encoding="utf-8") == GUIDE
    assert run(str(model), "--write", "--replace") == 0
    written = file.read_text(encoding="utf-8")
    assert written != GUIDE
    assert run(str(model), "--write") == 0, "the same again is no replacing"
    assert file.read_text(encoding="utf-8") == written


def test_the_chat_template_is_not_written_apart_from_the_file(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (model / "chat_template.jinja").read_bytes()
    assert run(str(model), "--write") == 0
    changed = ("--set", r"user=U {Content}\n", "--sync-chat-template")
    assert run(str(model), *changed) != 0
    assert "--write" in capsys.readouterr().err
    assert (model / "chat_template.jinja").read_bytes() == before
    assert run(str(model), *changed, "--write", "--replace") == 0
    assert "'U ' + message" in (model / "chat_template.jinja").read_text(encoding="utf-8")
    assert run(str(model), "--undo-chat-template") == 0
    assert (model / "chat_template.jinja").read_bytes() == before


def test_a_short_name_is_enough_and_a_length_above_the_context_is_an_error(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(model), "--set", "temperature=0.2", "--set", 'stop=["###"]') == 0
    config = json.loads(capsys.readouterr().out)["ModelConfig"]
    assert (config["temperature"], config["stop"]) == (0.2, ["###"])
    assert run(str(model), "--set", "max_length=99999", "--write") != 0
    assert "context holds 2,048" in capsys.readouterr().err
    assert not (model / "inference_model.json").exists()


def test_an_encoding_that_foundry_local_does_not_read_is_found_in_the_file(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = model / "inference_model.json"
    assert run(str(model), "--write") == 0
    written = file.read_text(encoding="utf-8")
    for encoding, problem in (("utf-8-sig", "byte order mark"), ("utf-16", "UTF-16")):
        file.write_bytes(written.encode(encoding))
        capsys.readouterr()
        assert run(str(model), "--check") == 1
        said = capsys.readouterr()
        assert problem in said.err
        assert said.out.strip() == written.strip()
        assert run(str(model), "--write") == 0, "the same text in UTF-8"
        assert file.read_bytes() == written.encode("utf-8")


def test_a_folder_without_a_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path), "--write") == 1
    assert "is no model's folder" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
