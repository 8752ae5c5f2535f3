"""`slmtui validate` as a user meets it: exit codes, JSON lines, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmtui.cli import main

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
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
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


def test_it_fails_with_1_and_says_which_answer(
    converted_sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = suite(tmp_path / "suite.jsonl", {"prompt": RESET, "equals": "\x1b[31mno"})
    assert main(["validate", str(converted_sample), "--suite", str(questions), "--turns", "12"]) == 1
    said = capsys.readouterr()
    assert f"not passed: {RESET}" in said.out
    assert "fix: " in said.err
    assert "\x1b[31m" not in said.out + said.err


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--suite", "none.jsonl"], "cannot be read"),
        (["--suite", "{wrong}"], "line 1: it checks nothing"),
        (["--against", "fernlight-support", "--no-quality"], "no suite"),
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
    assert main(["validate", str(converted_sample), *given, "--json"]) == 1
    end = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert end["status"] == "failed"
    assert cause in end["cause"]
    assert end["fix"]
