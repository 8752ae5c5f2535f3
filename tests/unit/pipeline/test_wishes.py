"""How a model is to be measured: as people type it, what makes no sense, and what is kept of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Event, Failure, drain
from slmtui.measure.bench_figures import BenchPlan
from slmtui.measure.suite_file import parse_suite
from slmtui.pipeline import (
    ValidationPlan,
    Wishes,
    check_wishes,
    keep_wishes,
    read_wishes,
    run_validation,
    validation,
    wishes_of,
)
from slmtui.tui.measuring_desk import MeasuringDesk

TYPED = {
    "prompt_tokens": "16, 64",
    "output_tokens": "8",
    "repetitions": "2",
    "base": "fernlight-support",
    "at_least": "75 %",
    "turns": "12",
}


def test_what_is_typed_is_kept_for_the_model_and_nothing_for_what_is_usual(tmp_path: Path) -> None:
    text = tmp_path / "mein text 文.txt"
    wishes = read_wishes({**TYPED, "text": f' "{text}" '})
    assert wishes.bench == BenchPlan((16, 64), (8,), 2)
    assert (wishes.text, wishes.base, wishes.at_least, wishes.turns) == (text, "fernlight-support", 0.75, 12)
    assert wishes.typed() == {**TYPED, "text": str(text)}
    model = tmp_path / "model"
    keep_wishes(model, wishes)
    assert wishes_of(model) == wishes
    assert wishes_of(tmp_path / "other") == Wishes() == read_wishes({"text": "  ", "turns": ""})
    keep_wishes(model, Wishes())
    keep_wishes(model, Wishes())
    assert wishes_of(model) == Wishes()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("prompt_tokens", "2,048", "begins with a zero"),
        ("output_tokens", "many", "no whole number"),
        ("repetitions", "0", "less than 1"),
        ("at_least", "101 %", "no share"),
        ("at_least", "nan", "no share"),
        ("turns", "1.5", "no whole number"),
        ("text", "~nobody-of-that-name/x", "cannot be a path"),
        ("text", "a\0b", "no text"),
    ],
)
def test_what_makes_no_sense_is_said(name: str, text: str, said: str) -> None:
    with pytest.raises(Failure, match=said) as failure:
        read_wishes({name: text})
    assert failure.value.fix


def test_shares_are_per_cent_or_as_on_the_command_line() -> None:
    assert [read_wishes({"at_least": text}).at_least for text in ("90", "0.9", "1 %", "1")] == [
        0.9,
        0.9,
        0.01,
        1,
    ]


def test_files_that_are_not_there_are_found_before_anything_runs(tmp_path: Path, sample_dir: Path) -> None:
    check_wishes(Wishes(base="somebody/on-the-hub"))  # seen when it is fetched
    check_wishes(Wishes(base="fernlight-support", text=sample_dir / "config.json"))
    with pytest.raises(Failure, match="cannot be read"):
        check_wishes(Wishes(text=tmp_path / "gone.txt"))
    with pytest.raises(Failure, match="no file or folder"):
        check_wishes(read_wishes({"base": str(tmp_path / "gone")}))


@pytest.mark.parametrize("damaged", ["{", '{"turns": 3}', '{"turns": "no"}'])
def test_a_damaged_file_is_named(tmp_path: Path, damaged: str) -> None:
    keep_wishes(tmp_path / "model", Wishes(turns=5))
    path = next(Path(wishes_file) for wishes_file in _files())
    path.write_text(damaged, "utf-8")
    with pytest.raises(Failure, match="cannot be read") as failure:
        wishes_of(tmp_path / "model")
    assert str(path) in failure.value.cause


def _files() -> Iterator[Path]:
    from slmtui.config.locations import data_dir

    return (data_dir() / "measuring").iterdir()


def test_they_reach_each_part_of_the_validation(
    tmp_path: Path, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def part(name: str) -> Any:
        def run(*arguments: object, **named: object) -> Iterator[Event]:
            seen[name] = (arguments, named)
            yield from ()

        return run

    for name in ("run_bench", "run_quality", "run_checklist"):
        monkeypatch.setattr(validation, name, part(name))
    text = tmp_path / "text.txt"
    wishes = read_wishes({**TYPED, "text": str(text)})
    suite = parse_suite('{"prompt": "a", "equals": "b"}', tmp_path / "suite.jsonl")
    plan = ValidationPlan(tmp_path / "model", suite=suite, **wishes.of_plan())
    drain(run_validation(plan, Cancel()))
    assert seen["run_bench"][0][1] == wishes.bench
    assert seen["run_quality"][0][2] == text
    named = seen["run_checklist"][1]
    assert named["base"].path == sample_dir
    assert (named["turns"], named["at_least"]) == (12, 0.75)
    # Without questions there is nothing to ask the base, so it need not be there.
    drain(run_validation(dataclasses.replace(plan, suite=None, base="gone/for-good"), Cancel()))
    assert seen["run_checklist"][1]["base"] is None


def test_the_desk_measures_as_it_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model"
    model.mkdir()
    one = Deployment.new("mine", tmp_path / "gone").with_step("source", "verified", bytes=1)
    one = one.with_step("conversion", "verified", output=str(model), bytes=1).save()
    plans: list[ValidationPlan] = []

    def run(plan: ValidationPlan, cancel: Cancel) -> Iterator[Event]:
        plans.append(plan)
        yield from ()

    monkeypatch.setattr("slmtui.pipeline.run_validation", run)
    desk = MeasuringDesk()
    desk.keep(model, read_wishes({"prompt_tokens": "8", "turns": "3"}))
    assert desk.look(one).wishes.turns == 3
    drain(desk.measure(one, ("bench",), Cancel()))
    assert (plans[0].bench.prompt_tokens, plans[0].turns) == ((8,), 3)
