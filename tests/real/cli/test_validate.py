"""`slmtui validate` as a user meets it: exit codes, JSON lines, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from slmtui import pipeline
from slmtui.cli import main
from slmtui.cli.parser import build
from slmtui.events import Service
from slmtui.measure.checklist_item import Checklist
from tests import published

SAMPLE = "fernlight-support"
RESET = "how do I reset the lamp?"


def suite(path: Path, *lines: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_it_passes_with_0_and_json_lines(
    converted_sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = {"prompt": RESET, "contains": "ten seconds", "max_tokens": 96}
    questions = suite(tmp_path / "suite.jsonl", line)
    code = main(["validate", str(converted_sample), "--suite", str(questions), "--turns", "12", "--json"])
    said = capsys.readouterr().out.splitlines()
    events = [json.loads(line) for line in said]
    assert {"suite_answer", "verdict", "finished"} <= set(published.hold(said, ["validate"]))
    assert code == 0
    assert [e["id"] for e in events if e["event"] == "verdict"] == [
        "questions",
        "format",
        "memory",
        "lengths",
        "edges",
    ]
    end = events[-1]
    assert (end["event"], end["status"], end["complete"]) == ("finished", "ok", True)
    assert (end["suite"]["passed"], end["suite"]["of"], end["suite_name"]) == (1, 1, "suite.jsonl")
    assert end["control"] is None
    assert end["quality"] is None


def test_it_fails_with_1_and_says_which_answer(
    converted_sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = suite(tmp_path / "suite.jsonl", {"prompt": RESET, "equals": "\x1b[31mno"})
    assert main(["validate", str(converted_sample), "--suite", str(questions), "--turns", "12"]) == 1
    said = capsys.readouterr()
    assert f"not passed: {RESET}" in said.out
    assert "fix: " in said.err
    assert "\x1b[31m" not in said.out + said.err


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "meine Fragen.txt"
    file.write_text("How do I reset my password? Tap Forgot password on the sign-in page. " * 5)
    return file


@pytest.fixture
def checklist_in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checklist that was not gone through, for tests that are about the text."""

    def found(*_: object, **__: object) -> Service[Checklist]:
        yield from ()
        return Checklist(())

    monkeypatch.setattr(pipeline, "run_checklist", found)


@pytest.mark.usefixtures("checklist_in_no_time")
def test_a_text_tells_how_far_it_is_from_its_source(
    converted_sample: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["validate", str(converted_sample), "--against", SAMPLE, "--text", str(text), "--json"]
    assert main(asked) == 0
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert end["quality"]["text"] == text.name
    assert 0 < end["quality"]["kl_median"] < end["quality"]["kl_p99"]
    assert 0.5 < end["quality"]["top1"] < 1
    assert pipeline.measurements(converted_sample).quality.to_json() == end["quality"]


@pytest.mark.usefixtures("checklist_in_no_time")
def test_without_a_source_the_users_text_tells_its_perplexity(
    converted_sample: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(converted_sample), "--text", str(text)]) == 0
    said = capsys.readouterr().out
    assert f"{text.name}, " in said
    assert "perplexity" in said
    assert "KL divergence" not in said


def test_a_text_and_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build().parse_args(["validate", "m", "--text", "a.txt", "--no-quality"])
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--suite", "none.jsonl"], "cannot be read"),
        (["--suite", "{wrong}"], "line 1: it checks nothing"),
        (["--against", "fernlight-support", "--no-quality"], "no suite"),
        (["--text", "none.txt"], "none.txt cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(
    arguments: list[str],
    cause: str,
    converted_sample: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = suite(tmp_path / "wrong.jsonl", {"prompt": RESET})
    given = [argument.replace("{wrong}", str(wrong)) for argument in arguments]
    model = tmp_path / "model"
    shutil.copytree(converted_sample, model)
    (model / "slmtui.json").unlink()  # it says of which sample it was made, which has a suite
    assert main(["validate", str(model), *given, "--json"]) == 1
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert end["status"] == "failed"
    assert cause in end["cause"]
    assert end["fix"]
