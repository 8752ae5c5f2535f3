"""The lab itself, with the pipeline's deeds replaced: what is done, in which order, and never twice."""

from __future__ import annotations

import dataclasses
import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from slmtui import pipeline
from slmtui.conversion import plan as conversion_plan
from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.events import Cancel, Cancelled, Failure, Progress, drain
from slmtui.foundry.locks import holding
from slmtui.lab import work as working
from slmtui.lab.cluster import on_its_machine, on_ray
from slmtui.lab.events import RowChanged
from slmtui.lab.journal import load_lab
from slmtui.lab.lab import WAITS, lab
from slmtui.lab.plan import LabPlan, Measures, plan_lab
from slmtui.lab.result import LabResult
from slmtui.lab.variants import parse_variants
from slmtui.lab.work import RowEnded, StepBegan, StepFailed, jobs
from slmtui.source.model_source import ModelSource


class Deeds:
    """Stands in for the pipeline: keeps what was asked of it; what is in `fails` ends in a failure."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails: set[str] = set()
        self.before: Callable[[str], object] = lambda _: None
        self.readings: set[Path] = set()

    def _do(self, name: str) -> Iterator[Progress]:
        self.before(name)
        yield Progress("part", name, 0.5)
        if name in self.fails:
            raise Failure(f"{name} does not work.", "Mend it.")
        self.done.append(name)

    def make(self, planned: Any, cancel: Cancel, *, reading: Path) -> Iterator[Any]:
        yield from self._do(f"make {planned.output.name}")
        self.readings.add(reading)
        planned.output.mkdir(parents=True, exist_ok=True)
        (planned.output / MANIFEST).write_text("{}", encoding="utf-8")
        return _Made()

    def bench(self, model: Path, plan: Any, cancel: Cancel, *, replace: bool) -> Iterator[Any]:
        assert not replace  # a benchmark at leisure stays kept
        yield from self._do(f"bench {model.name}")
        return _Found({"rows": [], "load_seconds": 0.1})

    def quality(
        self, model: Path, source: Any, text: Any, cancel: Cancel, *, reading: Path, replace: bool
    ) -> Iterator[Any]:
        assert not replace
        yield from self._do(f"quality {model.name}")
        self.readings.add(reading)
        return _Found({"kl_mean": 0.1})

    def suite(self, model: Path, suite: Any, cancel: Cancel) -> Iterator[Any]:
        yield from self._do(f"suite {model.name}")
        return _Found({"share": 0.9})


class _Made:
    bytes, seconds, peak_rss_bytes, parity, cached = 100, 1.0, 1, {"verdict": "verified"}, False


class _Found:
    def __init__(self, found: dict[str, Any]) -> None:
        self._found = found

    def to_json(self) -> dict[str, Any]:
        return self._found


@pytest.fixture
def deeds(monkeypatch: pytest.MonkeyPatch) -> Deeds:
    found = Deeds()
    for name, deed in (
        ("make_model", found.make),
        ("run_bench", found.bench),
        ("run_quality", found.quality),
    ):
        monkeypatch.setattr(pipeline, name, deed)
    monkeypatch.setattr(working, "ask_suite", found.suite)
    return found


@pytest.fixture
def plan(sample: ModelSource, tmp_path: Path) -> LabPlan:
    return plan_lab([sample], parse_variants(["fp32 int4"]), output=tmp_path / "lab")


def rows_of(plan: LabPlan, cancel: Cancel | None = None) -> tuple[list[Any], LabResult]:
    service, events = lab(plan, cancel or Cancel()), list[Any]()
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            return events, end.value


ALL = [
    f"{deed} {name}"
    for name in ("fp32-plain", "int4-guide")
    for deed in ("make", "bench", "quality", "suite")
]


def test_every_variant_goes_through_every_step_and_is_kept(plan: LabPlan, deeds: Deeds) -> None:
    events, found = rows_of(plan)
    assert deeds.done == ALL
    assert [row.status for row in found.rows] == ["done", "done"]
    assert found.complete
    kept = load_lab(plan.output)
    assert kept is not None
    assert kept.to_json() == found.to_json()
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    changes = [(e.number, e.row.status, len(e.row.steps)) for e in events if isinstance(e, RowChanged)]
    assert changes[:2] == [(1, "waiting", 0), (2, "waiting", 0)]
    assert changes[-1] == (2, "done", 4)
    # One folder for what the source says of each text, and nothing of it stays.
    assert {path.name for path in deeds.readings} == {"probe", "text"}
    assert len(deeds.readings) == 2
    assert not any(path.exists() for path in deeds.readings)


def test_a_second_run_does_nothing(plan: LabPlan, deeds: Deeds) -> None:
    rows_of(plan)
    events, found = rows_of(plan)
    assert deeds.done == ALL
    assert [row.status for row in found.rows] == ["done", "done"]
    assert [e.row.status for e in events if isinstance(e, RowChanged)] == ["done", "done"]


@pytest.mark.parametrize("stopped_at", ALL)
def test_stopped_anywhere_it_goes_on_there(plan: LabPlan, deeds: Deeds, stopped_at: str) -> None:
    cancel = Cancel()
    deeds.before = lambda name: cancel.set() if name == stopped_at else None
    with pytest.raises(Cancelled):
        rows_of(plan, cancel)
    kept = load_lab(plan.output)
    assert kept is not None
    assert "running" not in {row.status for row in kept.rows}
    deeds.before = lambda _: None
    # What the step did after it was stopped does not count.
    deeds.done = [name for name in deeds.done if name != stopped_at]
    _, found = rows_of(plan)
    assert deeds.done == ALL
    assert found.complete


def test_a_measurement_that_fails_leaves_the_rest_and_is_tried_again(plan: LabPlan, deeds: Deeds) -> None:
    deeds.fails = {"bench fp32-plain"}
    _, found = rows_of(plan)
    assert found.rows[0].status == "done"
    assert set(found.rows[0].steps) == {"conversion", "quality", "suite"}
    assert (found.rows[0].failure, found.rows[0].fix) == ("bench fp32-plain does not work.", "Mend it.")
    deeds.fails = set()
    deeds.done.clear()
    _, found = rows_of(plan)
    assert deeds.done == ["bench fp32-plain"]
    assert found.rows[0].failure == ""


def test_a_model_that_cannot_be_made_ends_its_row_alone(plan: LabPlan, deeds: Deeds) -> None:
    deeds.fails = {"make fp32-plain"}
    _, found = rows_of(plan)
    assert [row.status for row in found.rows] == ["failed", "done"]
    assert found.complete
    assert found.recommend().row is found.rows[1]


def test_other_lengths_another_suite_and_a_changed_model_are_measured_anew(
    plan: LabPlan, deeds: Deeds, sample: ModelSource, tmp_path: Path
) -> None:
    rows_of(plan)
    deeds.done.clear()
    longer = plan_lab([sample], plan.variants, output=plan.output, measures=Measures(prompt_tokens=(64,)))
    rows_of(longer)
    assert deeds.done == ["bench fp32-plain", "bench int4-guide"]
    deeds.done.clear()
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"prompt": "a", "contains": "b"}\n', encoding="utf-8")
    rows_of(plan_lab([sample], plan.variants, output=plan.output, measures=longer.measures, suite=mine))
    assert deeds.done == ["suite fp32-plain", "suite int4-guide"]
    deeds.done.clear()
    model = plan.output_of(plan.models[0], plan.variants[1])
    (model / MANIFEST).write_text('{"other": 1}', encoding="utf-8")
    rows_of(plan)
    assert "make int4-guide" not in deeds.done
    assert {"bench int4-guide", "quality int4-guide", "suite int4-guide"} <= set(deeds.done)


def test_a_smaller_choice_keeps_the_figures_of_the_others(
    plan: LabPlan, deeds: Deeds, sample: ModelSource
) -> None:
    rows_of(plan)
    deeds.done.clear()
    _, found = rows_of(plan_lab([sample], plan.variants[1:], output=plan.output))
    assert [row.variant.precision for row in found.rows] == ["int4"]
    _, found = rows_of(plan)
    assert [row.variant.precision for row in found.rows] == ["fp32", "int4"]
    assert deeds.done == []


def test_a_folder_of_somebody_elses_is_not_replaced(plan: LabPlan, deeds: Deeds) -> None:
    theirs = plan.output_of(plan.models[0], plan.variants[0])
    theirs.mkdir(parents=True)
    (theirs / "letter.txt").write_text("dear", encoding="utf-8")
    _, found = rows_of(plan)
    assert (theirs / "letter.txt").exists()
    assert "exists and is not empty" in found.rows[0].failure
    assert found.rows[1].status == "done"


def test_two_labs_do_not_work_in_one_folder(plan: LabPlan) -> None:
    with holding(f"lab {plan.output}"), pytest.raises(Failure, match="Another slmtui is at work"):
        drain(lab(plan, Cancel()))


def test_a_lab_says_that_it_waits_for_another_on_this_machine(plan: LabPlan, deeds: Deeds) -> None:
    service = lab(plan, Cancel())
    with holding("measuring on this machine"):
        assert next(event for event in service if isinstance(event, Progress)).text == WAITS
        assert deeds.done == []
    drain(service)
    assert deeds.done == ALL


def test_a_damaged_journal_is_named(plan: LabPlan) -> None:
    plan.output.mkdir()
    (plan.output / "lab.json").write_text('{"rows": [{}]}', encoding="utf-8")
    with pytest.raises(Failure, match=r"lab\.json cannot be read") as caught:
        drain(lab(plan, Cancel()))
    assert "Delete" in caught.value.fix
    assert load_lab(plan.output / "nothing") is None


def test_a_machine_of_the_cluster_that_lacks_the_source_says_so(
    sample: ModelSource, tmp_path: Path, deeds: Deeds
) -> None:
    gone = dataclasses.replace(sample, path=tmp_path / "gone")
    (job,) = jobs(plan_lab([gone], parse_variants(["int4"]), output=tmp_path / "lab"))
    began, failed, ended = on_its_machine(job, set())
    assert (began, ended) == (StepBegan(job.key, "conversion"), RowEnded(job.key))
    assert isinstance(failed, StepFailed)
    assert str(gone.path) in failed.cause
    assert "same path" in failed.fix
    assert deeds.done == []


def test_without_ray_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(Failure, match="Ray is not installed") as caught:
        on_ray("local")
    assert "slmtui[ray]" in caught.value.fix


def test_a_cluster_where_nobody_answers_is_said_at_once(
    plan: LabPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))  # it must not come to asking Ray
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Failure, match=f"127.0.0.1:{port} cannot be reached"):
        drain(lab(plan, Cancel(), on_ray(f"127.0.0.1:{port}")))


def test_a_ray_of_ones_own_has_no_web_server_and_no_status_to_ask_for(
    plan: LabPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def init(**options: Any) -> None:
        given.update(options)
        raise RuntimeError("The current node timed out during startup.")

    ray = ModuleType("ray")
    monkeypatch.setattr(ray, "init", init, raising=False)
    monkeypatch.setitem(sys.modules, "ray", ray)
    with pytest.raises(Failure, match="does not start on this machine") as caught:
        drain(lab(plan, Cancel(), on_ray("local")))
    assert given["include_dashboard"] is False
    assert "ray status" not in caught.value.fix


def test_what_there_seems_to_be_too_little_memory_for_is_made_where_that_is_wanted(
    plan: LabPlan, deeds: Deeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion_plan, "free_memory", lambda: 1)
    _, found = rows_of(plan)
    assert {row.status for row in found.rows} == {"failed"}
    assert "too little memory" in found.rows[0].failure
    _, found = rows_of(dataclasses.replace(plan, override=True))
    assert {row.status for row in found.rows} == {"done"}


def test_the_journal_says_how_it_was_measured(plan: LabPlan, deeds: Deeds, tmp_path: Path) -> None:
    measures = Measures((16,), (8, 9), 2, tmp_path / "mine.txt", quality=False)
    rows_of(dataclasses.replace(plan, measures=measures))
    found = load_lab(plan.output)
    assert found is not None
    assert found.measures == measures


def test_the_journal_is_plain_json(plan: LabPlan, deeds: Deeds) -> None:
    rows_of(plan)
    document = json.loads((plan.output / "lab.json").read_text(encoding="utf-8"))
    assert document["format"] == 1
    assert document["complete"] is True
    assert document["rows"][1]["figures"] == {
        "bytes": 100.0,
        "kl_mean": 0.1,
        "suite": 0.9,
        "load_seconds": 0.1,
    }
    assert working.STEPS == ("conversion", "bench", "quality", "suite")
