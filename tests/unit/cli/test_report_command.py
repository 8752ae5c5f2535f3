"""`slmtui report` as a script meets it: exit codes, what is on which stream, what is never overwritten."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from slmtui.cli import main
from slmtui.pipeline.measurements import keep
from slmtui.report.render import render
from tests.unit.report.made import bench, checklist, full


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A converted model's folder with figures, seen from the folder above it."""
    folder = tmp_path / "lamp"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", encoding="utf-8")
    keep(folder, bench())
    monkeypatch.chdir(tmp_path)
    return folder


def test_markdown_goes_to_standard_output(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "lamp"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("<!-- slmtui-report 1 -->\n\n# lamp\n")
    assert said.err == ""


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"], ["--json", "--format", "json"]])
def test_json_alone_is_on_standard_output(
    arguments: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "lamp", *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["name"]) == ("slmtui-report", "lamp")
    assert document["bench"]["rows"][0]["prompt_tokens"] == 32


def test_a_page_goes_into_a_file_that_is_named(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "lamp", "--format", "html"]) == 0
    said = capsys.readouterr()
    page = model.parent / "lamp-report.html"
    assert said.out.strip() == str(page)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "slmtui validate" in said.err  # what was not measured
    assert main(["report", "lamp", "--format", "html", "--json"]) == 0  # its own gives way to it
    end = json.loads(capsys.readouterr().out)
    assert (end["report"], end["format"], end["comparison"]) == (str(page), "html", None)


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_only_a_report_gives_way_to_a_report(
    form: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = model.parent / "file"
    file.write_text("my novel", encoding="utf-8")
    command = ["report", "lamp", "--format", form, "--output", "file"]
    assert main(command) == 1
    assert "fix: " in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "my novel"
    assert main([*command, "--replace"]) == 0
    assert main(command) == 0
    assert main(["report", "lamp", "--output", str(model)]) == 1
    assert "is a folder" in capsys.readouterr().err


def test_a_regression_is_1_and_says_what_became_worse(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["report", "lamp", "--baseline", "base.json"]
    keep(model, checklist(40))
    assert main(["report", "lamp", "--format", "json", "--output", "base.json"]) == 0
    assert main([*command, "--fail-on", "regression"]) == 0
    assert "0 worse" in capsys.readouterr().err
    keep(model, checklist(20))
    assert main(command) == 0  # said, and no failure unless it is asked for
    assert main([*command, "--fail-on", "regression", "--json"]) == 1
    said = capsys.readouterr()
    (line,) = said.out.splitlines()[-1:]
    assert json.loads(line)["comparison"]["worse"] == 1
    assert "worse  checklist: share of the suite passed: 100.0% → 50.0%" in said.err
    assert "error: Worse than the baseline" in said.err
    assert "fix: " in said.err


def test_what_cannot_be_compared_is_a_note_and_no_regression(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = full(bench=dataclasses.replace(bench(), machine="another machine"))
    Path("base.json").write_text(render(other, "json"), encoding="utf-8")
    assert main(["report", "lamp", "--baseline", "base.json", "--fail-on", "regression"]) == 0
    assert "speeds cannot be compared" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["lamp", "--fail-on", "regression"], "none is named"),
        (["lamp", "--json", "--format", "md"], "share standard output"),
        (["lamp", "--baseline", "none.json"], "cannot be read"),
        (["nonesuch"], "neither"),
    ],
)
def test_what_cannot_be_done_names_cause_and_fix(
    arguments: list[str], cause: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", *arguments]) == 1
    err = capsys.readouterr().err
    assert cause in err
    assert "fix: " in err
