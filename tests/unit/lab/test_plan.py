"""What a lab will do, before it does anything."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from slmtui.events import Failure
from slmtui.lab.plan import forecasts, plan_lab
from slmtui.lab.sources import find_sources
from slmtui.lab.variants import parse_variants
from slmtui.source.model_source import ModelSource


def test_a_sample_is_asked_the_questions_that_came_with_it(
    sample: ModelSource, sample_dir: Path, tmp_path: Path
) -> None:
    plan = plan_lab([sample])
    assert plan.models[0].suite == sample_dir.parent / "suite.jsonl"
    assert plan_lab([sample], suite=tmp_path / "mine.jsonl").models[0].suite == tmp_path / "mine.jsonl"
    elsewhere = dataclasses.replace(sample, path=tmp_path / "model")
    assert plan_lab([elsewhere]).models[0].suite is None


def test_the_finest_is_made_first_because_others_begin_with_it(sample: ModelSource) -> None:
    plan = plan_lab([sample], parse_variants(["int4:compact int4 fp16 fp32 int8"]))
    assert [variant.id for variant in plan.variants] == [
        "fp32:plain",
        "fp16:plain",
        "int8:whole",
        "int4:compact",
        "int4:guide",
    ]


def test_models_of_one_name_are_kept_apart_and_one_named_twice_is_one(
    sample: ModelSource, tmp_path: Path
) -> None:
    other = dataclasses.replace(sample, path=tmp_path / "other")
    plan = plan_lab([sample, other, sample], parse_variants(["int8"]), output=tmp_path / "lab")
    assert [model.name for model in plan.models] == ["fernlight-support", "fernlight-support-2"]
    outputs = {plan.output_of(model, plan.variants[0]) for model in plan.models}
    assert outputs == {
        tmp_path / "lab" / "fernlight-support" / "int8-whole",
        tmp_path / "lab" / "fernlight-support-2" / "int8-whole",
    }


def test_models_are_called_as_they_call_themselves_unless_two_do_alike(
    sample: ModelSource, tmp_path: Path
) -> None:
    names = {"a": "模型-α", "b": "نموذج", "c": "twin", "d": "twin"}
    sources = [dataclasses.replace(sample, path=tmp_path / key, name=name) for key, name in names.items()]
    plan = plan_lab(sources, parse_variants(["int8"]), output=tmp_path / "lab")
    assert plan.called == {"model": "模型-α", "model-2": "نموذج", "twin": "twin", "twin-2": "twin-2"}


def test_nothing_to_do_is_refused(sample: ModelSource) -> None:
    with pytest.raises(Failure, match="no model"):
        plan_lab([])
    with pytest.raises(Failure, match="No variant"):
        plan_lab([sample], [])


def test_a_forecast_a_row(sample: ModelSource) -> None:
    rows = forecasts(plan_lab([sample]))
    assert [row.variant.label for row in rows] == [
        "FP32",
        "FP16",
        "INT8 whole",
        "INT4 guide",
        "INT4 compact",
    ]
    assert all(row.output_bytes > 0 and row.memory_bytes > 0 and row.seconds > 0 for row in rows)
    assert rows[0].output_bytes > rows[1].output_bytes > rows[2].output_bytes


def test_a_folder_of_models_is_all_of_them_and_a_damaged_one_is_left_out(
    sample_dir: Path, tmp_path: Path
) -> None:
    for name in ("b", "a"):
        shutil.copytree(sample_dir, tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{", encoding="utf-8")
    found, left_out = find_sources([str(tmp_path)])
    assert [source.path.name for source in found] == ["a", "b"]
    assert len(left_out) == 1
    assert "broken" in left_out[0].cause
    with pytest.raises(Failure, match="none lies right in it"):
        find_sources([str(tmp_path / "empty")])
