from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from slmtui.conversion import history
from slmtui.conversion.forecast import forecast
from slmtui.conversion.progress import Tracker
from slmtui.conversion.recipe import recipe
from slmtui.source.model_source import ModelSource

INT4, FP32 = recipe("int4"), recipe("fp32")


def test_what_was_never_done_is_not_foretold(source: ModelSource) -> None:
    assert history.seconds(source, INT4) is None
    history.remember(source, INT4, 8.0)
    assert history.seconds(source, FP32) is None
    assert forecast(source, INT4).seconds == pytest.approx(8.0)
    assert history.seconds(source, recipe("int4", None, {"block_size": "64"})) is None


def test_one_odd_run_does_not_move_it(source: ModelSource) -> None:
    for seconds in (8.0, 9.0, 300.0, 8.5, 2.0):
        history.remember(source, INT4, seconds)
    assert history.seconds(source, INT4) == pytest.approx(8.5)


def test_a_larger_source_takes_longer(source: ModelSource) -> None:
    history.remember(source, INT4, 8.0)
    large = dataclasses.replace(source, parameters=1_000_000_000)
    assert 40 < (history.seconds(large, INT4) or 0) < 200


def test_damaged_notes_are_as_none(source: ModelSource, slmtui_home: Path) -> None:
    notes = slmtui_home / "cache" / "conversion-times.json"
    notes.parent.mkdir(parents=True)
    for text in ("{", "[1]", '[{"recipe": "int4 guide", "seconds": "8", "expected": 1}]', "3"):
        notes.write_text(text)
        assert history.seconds(source, INT4) is None
        history.remember(source, INT4, 8.0)
        assert history.seconds(source, INT4) == pytest.approx(8.0)


def test_the_time_left_is_told_from_the_start_where_it_is_known() -> None:
    unknown = Tracker(135_000_000, 30, clock=lambda: 0.0)
    assert unknown.now().seconds_left is None
    known = Tracker(135_000_000, 30, seconds=20.0, clock=lambda: 0.0)
    assert known.now().seconds_left == pytest.approx(20.0)
