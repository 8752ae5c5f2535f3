"""What the machine is checked for before a source is converted: plain numbers, or a name on the hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui import pipeline
from slmtui.config import locations
from slmtui.conversion.forecast import forecast
from slmtui.conversion.recipe import recipe
from slmtui.environment.check import CheckDone
from slmtui.events import Cancel, Failure
from slmtui.source import samples
from slmtui.source.inspect import inspect

SAMPLE = "fernlight-support"


def test_a_samples_demand_is_its_forecast():
    chosen = pipeline.chosen(SAMPLE)
    demand, estimate = chosen.demand, forecast(inspect(samples.resolve(SAMPLE)), recipe("int4"))
    assert demand is not None
    assert chosen.model_on_hub is None
    assert (demand.disk_bytes, demand.result_bytes) == (estimate.needed_bytes, estimate.output_bytes)
    assert demand.output == locations.models_dir() / SAMPLE / "int4"


def test_a_path_says_the_same_as_the_samples_name():
    by_path = pipeline.chosen(str(samples.resolve(SAMPLE)), output=Path("elsewhere")).demand
    assert by_path is not None
    assert by_path.disk_bytes == pipeline.chosen(SAMPLE).demand.disk_bytes
    assert by_path.output == Path("elsewhere").absolute()


@pytest.mark.parametrize("name", ["Qwen/Qwen2.5-0.5B-Instruct", " org/name@v1 "])
def test_what_is_no_path_may_be_on_the_hub(name: str):
    assert pipeline.chosen(name) == pipeline.Chosen(None, name.strip().partition("@")[0])


def test_a_path_that_is_mistyped_is_not_looked_for_on_the_hub(tmp_path: Path, monkeypatch):
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    for text in ("models/tiny", "./models/tiny", str(tmp_path / "tiny"), "no-such-sample"):
        with pytest.raises(Failure):
            pipeline.chosen(text)


def test_all_checks_are_told_as_they_are_done():
    told = list(pipeline.examine(Cancel(), pipeline.chosen(SAMPLE)))
    assert {type(event) for event in told} == {CheckDone}
    found = {event.check.id: event.check for event in told}
    assert "output" in found
    assert found["disk"].needed != "5.0 GB free"
