"""Benchmark, quality and checklist one after the other: what fails, what is cancelled, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Event, Failure, Progress, Service, drain
from slmtui.pipeline import PartStarted, ValidationPlan, run_validation, validation, validation_plan
from slmtui.pipeline.checklist import suite_path

PLAN = ValidationPlan(Path("nowhere"))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[[Cancel], Iterator[Event]]]:
    """What each part does, by its name; nothing but a bar unless a test says otherwise."""
    does: dict[str, Callable[[Cancel], Iterator[Event]]] = {}

    def service(plan: ValidationPlan, part: str, cancel: Cancel) -> Service[object]:
        yield Progress(part, "Half of it", 0.5, 3.0)
        if part in does:
            yield from does[part](cancel)
        yield Progress(part, "Done", 1.0, 0.0)
        return None

    monkeypatch.setattr(validation, "_service", service)
    return does


def fails(cause: str) -> Callable[[Cancel], Iterator[Event]]:
    def work(cancel: Cancel) -> Iterator[Event]:
        raise Failure(cause, "Mend it.")
        yield

    return work


def collect(service: Iterator[Event], events: list[Event]) -> None:
    """What a service says before it ends, however it ends."""
    events.extend(service)


def test_one_bar_over_all_parts_that_never_goes_back(parts) -> None:
    events = list(run_validation(PLAN, Cancel()))
    assert [(e.part, e.number, e.of) for e in events if isinstance(e, PartStarted)] == [
        ("bench", 1, 3),
        ("quality", 2, 3),
        ("checklist", 3, 3),
    ]
    bar = [event for event in events if isinstance(event, Progress)]
    fractions = [event.fraction or 0.0 for event in bar]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert bar[2].text == "2 of 3, Quality: Half of it"


def test_a_part_alone_has_its_own_bar_and_its_own_failure(parts) -> None:
    parts["quality"] = fails("No source.")
    service = run_validation(ValidationPlan(Path("nowhere"), ("quality",)), Cancel())
    assert next(service) == PartStarted("quality", 1, 1)
    assert next(service) == Progress("quality", "Half of it", 0.5, 3.0)
    with pytest.raises(Failure, match=r"^No source\.$"):
        drain(service)


def test_what_fails_does_not_keep_the_rest_from_being_measured(parts) -> None:
    parts["bench"] = fails("It died.")
    parts["quality"] = fails("No source.")
    events: list[Event] = []
    with pytest.raises(Failure) as caught:
        collect(run_validation(PLAN, Cancel()), events)
    assert caught.value.cause == "Benchmark: It died.\nQuality: No source."
    assert caught.value.fix == "Mend it."
    assert any(isinstance(event, PartStarted) and event.part == "checklist" for event in events)


def test_the_same_cause_of_all_parts_is_said_once(parts) -> None:
    for part in ("bench", "quality", "checklist"):
        parts[part] = fails("The folder is gone.")
    with pytest.raises(Failure, match=r"^The folder is gone\.$"):
        drain(run_validation(PLAN, Cancel()))


def test_who_cancels_gets_no_failure_and_no_other_part(parts) -> None:
    def killed(cancel: Cancel) -> Iterator[Event]:
        cancel.set()
        yield from fails("The worker was killed.")(cancel)

    parts["quality"] = killed
    seen: list[Event] = []
    with pytest.raises(Cancelled):
        collect(run_validation(PLAN, Cancel()), seen)
    assert [e.part for e in seen if isinstance(e, PartStarted)] == ["bench", "quality"]


def test_a_model_without_its_source_can_be_measured_and_a_broken_suite_is_named(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    one = Deployment.new("mine", tmp_path / "gone").with_step("source", "verified", bytes=1)
    one = one.with_step("conversion", "verified", output=str(model), bytes=1).save()
    plan = validation_plan(one)
    assert plan.source is None
    assert "gone" in plan.without_source
    path = suite_path(model)
    path.parent.mkdir(parents=True)
    path.write_text('{"prompt": "a", "equals": "b"}\n{"prompt": "a"}\n', "utf-8")
    assert validation_plan(one, ("bench", "quality")).suite is None
    with pytest.raises(Failure, match="line 2: it checks nothing"):
        validation_plan(one)
