from __future__ import annotations

import dataclasses
import json
import os
from collections import namedtuple
from pathlib import Path

import pytest

from slmtui.conversion.convert import convert
from slmtui.conversion.manifest import passes_of
from slmtui.conversion.plan import plan
from slmtui.conversion.recipe import recipe
from slmtui.events import Cancel, Failure, drain
from slmtui.source.model_source import ModelSource, Problem


def test_a_plan_says_what_it_needs_and_leaves_nothing_behind(source: ModelSource, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    made = plan(source, tmp_path / "deep" / "er" / "int4")
    assert made.output == tmp_path / "deep" / "er" / "int4"
    assert 0 < made.output_bytes < made.needed_bytes < made.free_bytes
    assert sorted(tmp_path.rglob("*")) == before


def test_a_relative_output_is_made_absolute(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert plan(source, Path("here")).output == tmp_path / "here"


def test_the_sources_first_error_refuses_the_plan(source: ModelSource, tmp_path: Path) -> None:
    problems = (Problem("warning", "odd", "look"), Problem("error", "no weights", "fetch them"))
    broken = dataclasses.replace(source, problems=problems)
    with pytest.raises(Failure) as failure:
        plan(broken, tmp_path / "out")
    assert (failure.value.cause, failure.value.fix) == ("no weights", "fetch them")


def test_an_unknown_precision_names_those_that_are_known(source: ModelSource, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="int3") as failure:
        plan(source, tmp_path / "out", "int3")
    assert "int4" in failure.value.fix


def test_an_output_that_exists_is_refused_unless_it_is_to_be_replaced(
    source: ModelSource, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").touch()
    with pytest.raises(Failure, match="exists and is not empty"):
        plan(source, tmp_path / "out")
    assert plan(source, tmp_path / "out", replace=True).replace


def test_an_output_of_the_same_passes_is_left_for_a_closer_look(source: ModelSource, tmp_path: Path) -> None:
    """It may be this very conversion, made before; only reading the source tells."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "slmtui.json").write_text(
        json.dumps({"passes": passes_of(recipe("int4"), None)}), encoding="utf-8"
    )
    assert not plan(source, out).replace
    with pytest.raises(Failure, match="exists and is not empty"):
        plan(source, out, "fp32")
    with pytest.raises(Failure, match="exists and is not empty"):
        drain(convert(plan(source, out), Cancel()))


def test_an_empty_folder_may_be_the_output(source: ModelSource, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert plan(source, tmp_path / "out").output == tmp_path / "out"


def test_a_file_is_never_the_output(source: ModelSource, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(Failure, match="is not a folder"):
        plan(source, tmp_path / "out", replace=True)
    with pytest.raises(Failure, match="is not a folder"):
        plan(source, tmp_path / "out" / "below")


def test_the_source_and_what_holds_it_are_never_replaced(source: ModelSource) -> None:
    for output in (source.path, source.path.parent):
        with pytest.raises(Failure, match="would replace the source"):
            plan(source, output, replace=True)


def test_too_little_room_is_said_with_both_figures(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10_000, 9_000, 1_000))
    with pytest.raises(Failure, match=r"needs about .* kB while it runs, 1\.0 kB are free"):
        plan(source, tmp_path / "out")


def test_too_little_memory_is_refused_like_too_little_room_unless_it_is_to_be_tried(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slmtui.conversion.plan.free_memory", lambda: 300_000_000)
    with pytest.raises(Failure, match=r"too little memory: .* needs about .* MB, 300(\.0)? MB are free"):
        plan(source, tmp_path / "out")
    forced = plan(source, tmp_path / "out", override=True)
    assert forced.memory_bytes > forced.free_memory_bytes == 300_000_000


def test_a_plan_carries_its_recipe(source: ModelSource, tmp_path: Path) -> None:
    assert plan(source, tmp_path / "out").recipe == recipe("int4")
    compact = recipe("int4", "compact")
    made = plan(source, tmp_path / "out", recipe=compact)
    assert (made.recipe, made.precision) == (compact, "int4")


def test_a_read_only_parent_is_refused_at_once(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # root may write anywhere: the system's answer is given
        monkeypatch.setattr(Path, "mkdir", _refuse)
    else:
        (tmp_path / "locked").mkdir(mode=0o555)
    with pytest.raises(Failure, match="cannot be written"):
        plan(source, tmp_path / "locked" / "out")


def _refuse(self: Path, *arguments: object, **options: object) -> None:
    raise PermissionError(13, "Permission denied", str(self))
