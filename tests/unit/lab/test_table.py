"""The table as text, and what the command says of it."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from slmtui.cli.lab_table import tell_result
from slmtui.cli.parser import build
from slmtui.cli.report import Report
from slmtui.events import Cancel, Failure
from slmtui.lab.constraints import parse_constraints
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult
from slmtui.lab.table import beside_the_guide, markdown, measured


@pytest.fixture
def result(row: Callable[..., VariantResult], tmp_path: Path) -> LabResult:
    rows = (
        row("fp32", 600_000_000, 0.0, speed=50, suite=0.97),
        row("int4", 150_000_000, 0.1, speed=170, suite=0.90),
        VariantResult("model", row("int8").variant, "failed", failure="No | room."),
    )
    return LabResult(rows, tmp_path, "Linux, 2 cores")


def test_the_figures_come_from_where_they_were_measured(result: LabResult) -> None:
    headings, rows = measured(result, "model")
    assert headings == ("variant", "size", "memory", "first token", "tokens/s", "KL", "top-1", "suite")
    # Speed is that of the shortest prompt, memory the most of all.
    assert rows[1] == ("INT4 guide", "150 MB", "1.5 kB", "32 ms", "170", "0.1", "90.0%", "90.0%")
    assert rows[2] == ("INT8 whole (failed)", *"-" * 7)


def test_beside_it_stands_what_the_guide_claims(result: LabResult) -> None:
    _, rows = beside_the_guide(result, "model")
    assert rows[1][1:5] == ("an eighth", "0.25", "fastest", "3.4 ×")
    assert rows[1][5:] == ("acceptable", "KL 0.1, top-1 90.0%")
    assert rows[2][2::2] == ("-", "-", "-")


def test_as_markdown_every_row_has_as_many_cells(result: LabResult) -> None:
    text = markdown(result)
    tables = [part for part in text.split("\n\n") if part.startswith("|")]
    assert len(tables) == 2
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1
    assert "Measured on Linux, 2 cores." in text


def test_people_are_told_what_is_recommended_and_what_failed(result: LabResult) -> None:
    out, err = io.StringIO(), io.StringIO()
    advice = {"model": result.recommend(parse_constraints("size < 200 MB"))}
    report = Report(False, out, err)
    report.begin(rows=None)
    tell_result(result, advice, report, as_markdown=False)
    assert "Recommended: INT4 guide: it alone keeps what is asked" in out.getvalue()
    assert "not FP32: size is 600 MB, asked is < 200 MB" in out.getvalue()
    assert "model INT8 whole: No | room." in err.getvalue()


def do(*arguments: str) -> tuple[int, str]:
    parsed = build().parse_args(arguments)
    out = io.StringIO()
    return parsed.run(parsed, Report(parsed.json, out, io.StringIO()), Cancel()), out.getvalue()


def test_a_dry_run_says_what_it_would_take_and_touches_nothing(tmp_path: Path) -> None:
    code, out = do("lab", "fernlight-support", "--output", str(tmp_path / "lab"), "--dry-run", "--json")
    said = json.loads(out)
    assert code == 0
    assert [row["label"] for row in said["rows"]][:2] == ["FP32", "FP16"]
    assert said["suites"]["fernlight-support"].endswith("suite.jsonl")
    assert not (tmp_path / "lab").exists()


def test_models_that_cannot_keep_their_names_are_said_by_them(sample_dir: Path, tmp_path: Path) -> None:
    for name in ("лампа", "лампа 2"):
        shutil.copytree(sample_dir, tmp_path / name)
    parsed = build().parse_args(["lab", str(tmp_path), "--output", str(tmp_path / "lab"), "--dry-run"])
    said = io.StringIO()
    assert parsed.run(parsed, Report(False, io.StringIO(), said), Cancel()) == 0
    assert "лампа is called model here." in said.getvalue()
    assert "лампа 2 is called 2 here." in said.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--where", "beauty > 3"], "not measured"),
        (["--variants", "int3"], "int3"),
        (["--suite", "none.jsonl"], "cannot be read"),
        (["--text", "none.txt"], "cannot be read"),
        (["--deploy", "a/b"], "a/b"),
        (["--ray", "local"], "Ray is not installed"),
    ],
)
def test_what_is_wrong_is_said_before_hours_of_work(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Failure, match=said):
        do("lab", "fernlight-support", "--output", str(tmp_path / "lab"), *arguments)
    assert not (tmp_path / "lab").exists()
