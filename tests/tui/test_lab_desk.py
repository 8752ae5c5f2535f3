"""What the lab's screen asks: the plan, what an earlier lab left, the room there is; nothing is converted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Event, drain
from slmtui.lab import deploy, room
from slmtui.lab.journal import NAME, Journal
from slmtui.lab.plan import Measures, default_output
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult
from slmtui.lab.variants import parse_variants
from slmtui.tui.lab_desk import LabDesk
from slmtui.tui.lab_prospect import LabWish

SAMPLE = "fernlight-support"
TWO = parse_variants(["int8", "int4:compact"])


@pytest.fixture
def deployment() -> Deployment:
    return drain(pipeline.begin(SAMPLE, Cancel()))


def left_behind(*rows: VariantResult) -> Path:
    """The journal of an earlier lab."""
    output = default_output(SAMPLE)
    output.mkdir(parents=True)
    Journal(LabResult(rows, output)).save()
    return output


def test_the_usual_variants_have_forecasts_and_all_presets_are_offered(deployment: Deployment) -> None:
    found = LabDesk().look(deployment, LabWish())
    assert found.plan is not None
    assert found.failure is None
    assert [each.id for each in found.chosen] == [
        "fp32:plain",
        "fp16:plain",
        "int8:whole",
        "int4:guide",
        "int4:compact",
    ]
    assert len(found.offered) > len(found.chosen)
    assert {each.id for each in found.offered} == set(found.forecasts)
    assert (found.left, found.begun) == (5, False)
    assert 0 < found.bytes < found.room.disk
    assert found.seconds > 0
    assert found.plan.models[0].suite is not None  # that of the sample


def test_what_an_earlier_lab_left_is_gone_on_with(deployment: Deployment) -> None:
    rows = [VariantResult(SAMPLE, each) for each in TWO]
    rows[0] = replace(rows[0], status="failed", failure="The process was ended.", fix="Close other programs.")
    left_behind(*rows)
    found = LabDesk().look(deployment, LabWish())
    assert found.result is not None
    assert [each.id for each in found.chosen] == ["int8:whole", "int4:compact"]
    assert [(row.status, row.failure) for row in found.result.rows] == [
        ("failed", "The process was ended."),
        ("waiting", ""),
    ]
    assert (found.left, found.failed, found.begun) == (1, 1, True)


def test_figures_of_a_model_that_is_gone_are_no_figures(deployment: Deployment) -> None:
    row = VariantResult(
        SAMPLE, TWO[0], "done", steps={"conversion": {"bytes": 9}}, made_of={"conversion": "old"}
    )
    left_behind(row)
    found = LabDesk().look(deployment, LabWish())
    assert found.result is not None
    assert found.result.rows[0].bytes is None
    assert found.left == 1


def test_a_damaged_journal_is_named_and_can_be_put_away(deployment: Deployment) -> None:
    output = default_output(SAMPLE)
    output.mkdir(parents=True)
    (output / NAME).write_text("{", encoding="utf-8")
    desk = LabDesk()
    found = desk.look(deployment, LabWish())
    assert found.failure is not None
    assert str(output / NAME) in found.failure.cause
    assert found.damaged == output / NAME
    assert found.plan is not None
    desk.forget(found.plan.output)
    assert desk.look(deployment, LabWish()).failure is None


def test_too_little_room_is_said_with_both_figures(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    found = LabDesk().look(deployment, LabWish(variants=TWO))
    assert found.failure is not None
    assert "too little room for 2 models" in found.failure.cause
    assert "1.0 MB are free" in found.failure.cause
    assert found.short == found.failure, "it can be started all the same"
    assert found.plan is not None


def test_too_little_memory_is_said_with_the_variant_that_needs_most(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "free_memory", lambda: 1_000_000)
    found = LabDesk().look(deployment, LabWish(variants=TWO))
    assert found.failure is not None
    assert "too little memory for 2 of 2 models" in found.failure.cause
    assert "1.0 MB are free" in found.failure.cause
    assert found.short == found.failure
    assert found.room.memory == 1_000_000


def test_the_lengths_of_an_earlier_lab_are_kept_unless_others_are_typed(deployment: Deployment) -> None:
    output = default_output(SAMPLE)
    before = LabResult((), output, measures=Measures((16,), (8,), 2, quality=False, text=output / "gone.txt"))
    Journal(before).save()
    found = LabDesk().look(deployment, LabWish())
    assert found.plan is not None
    assert found.plan.measures == Measures((16,), (8,), 2), "what was left out can be done now"
    typed = LabDesk().look(deployment, LabWish(lengths={"output_tokens": (4, 6)}))
    assert typed.plan is not None
    assert typed.plan.measures == Measures((16,), (4, 6), 2)


def test_what_is_on_the_hub_alone_has_to_be_fetched(deployment: Deployment) -> None:
    found = LabDesk().look(deployment, LabWish("nobody/no-such-model; smollm2-135m-instruct"))
    assert found.away[:1] == ("nobody/no-such-model",)
    assert (found.plan, found.failure) == (None, None)
    mistyped = LabDesk().look(deployment, LabWish("./no-such-folder"))
    assert mistyped.away == ()
    assert mistyped.failure is not None


def test_no_variant_is_no_plan_but_the_forecasts_stay(deployment: Deployment) -> None:
    found = LabDesk().look(deployment, LabWish(variants=()))
    assert found.plan is None
    assert found.failure is not None
    assert found.chosen == ()
    assert "fp32:plain" in found.forecasts


def test_a_variant_that_does_not_fit_the_model_says_so_in_its_row(deployment: Deployment) -> None:
    (odd,) = parse_variants(["int4:compact,block_size=256"])
    found = LabDesk().look(deployment, LabWish(variants=(odd,), added=(odd,)))
    assert found.forecasts[odd.id].failure


def test_without_any_model_it_asks_for_one() -> None:
    found = LabDesk().look(None, LabWish())
    assert found.plan is None
    assert found.failure is not None
    assert "No model is chosen yet." in found.failure.cause


def test_a_folder_of_models_is_compared_model_by_model(tmp_path: Path, sample_dir: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(sample_dir, tmp_path / name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    found = LabDesk().look(None, LabWish(str(tmp_path), TWO))
    assert found.plan is not None
    assert found.result is not None
    assert [model.name for model in found.plan.models] == ["one", "two"]
    assert [row.key for row in found.result.rows] == [f"{a}/{b.id}" for a in ("one", "two") for b in TWO]
    assert ["broken" in failure.cause for failure in found.passed_over] == [True]
    single = LabDesk().look(None, LabWish(str(tmp_path / "one"), TWO)).forecasts["int8:whole"]
    assert found.forecasts["int8:whole"].output_bytes == 2 * single.output_bytes


@pytest.mark.parametrize("source", ["no/such/folder", "one; ", "\x00"])
def test_what_is_no_model_is_said(source: str) -> None:
    found = LabDesk().look(None, LabWish(source))
    assert found.plan is None
    assert found.failure is not None
    assert found.failure.cause


def test_a_deployment_that_was_begun_for_a_variant_is_gone_once_that_is_cancelled(
    deployment: Deployment, tmp_path: Path, sample_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def cancelled(one: Deployment, *_: object) -> Iterator[Event]:
        begun.extend(each.name for each in deployments.saved()[0])
        yield from ()
        raise Cancelled

    monkeypatch.setattr(deploy, "put_in_place", cancelled)
    other = shutil.copytree(sample_dir, tmp_path / "other")
    plan = LabDesk().look(None, LabWish(str(other), TWO)).plan
    assert plan is not None
    with pytest.raises(Cancelled):
        drain(LabDesk().deploy(deployment, plan, VariantResult("other", TWO[0]), Cancel()))
    assert sorted(begun) == [SAMPLE, "other"]
    assert [each.name for each in deployments.saved()[0]] == [SAMPLE]
