"""A configuration of the user's is run as it is, and called by the form's words where it has some."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from slmtui.conversion.config import olive_config
from slmtui.conversion.config_file import load, parse
from slmtui.conversion.recipe import Recipe, presets, recipe
from slmtui.conversion.recognise import as_recipe
from slmtui.events import Failure

MODEL, OUTPUT, CACHE = Path("checkpoint"), Path("staging/model"), Path("staging/cache")


def config(**more: Any) -> dict[str, Any]:
    return {
        "input_model": {"type": "HfModel", "model_path": "mine", "task": "text-generation"},
        "passes": {
            "b": {"type": "ModelBuilder", "config": {"precision": "int4", "int4_block_size": 128}},
        },
        "output_dir": "out",
        **more,
    }


def run(one: dict[str, Any], **more: bool) -> dict[str, Any]:
    return parse(json.dumps(one), folder=Path()).run_config(MODEL, OUTPUT, CACHE, **more)


def test_only_what_has_to_be_ours_is_replaced() -> None:
    mine = config(
        evaluate_input_model=False, workflow_id="x", host="s", systems={"s": {"type": "LocalSystem"}}
    )
    told = run(mine)
    assert told["input_model"] == mine["input_model"] | {"model_path": "checkpoint"}
    assert told["output_dir"] == str(OUTPUT)
    assert told["cache_dir"] == str(CACHE)
    builder = told["passes"]["b"]["config"]
    assert builder == {
        "precision": "int4",
        "int4_block_size": 128,
        "extra_options": {"hf_remote": False, "hf_token": "false"},
    }
    for name in ("evaluate_input_model", "workflow_id", "host", "systems"):
        assert told[name] == mine[name]


def test_settings_are_replaced_where_they_stand() -> None:
    nested = {
        "input_model": {"type": "HfModel", "config": {"model_path": "mine", "adapter_path": "a"}},
        "passes": {"b": {"type": "ModelBuilder", "precision": "fp32"}},
        "engine": {"output_dir": "out", "cache_dir": "c", "log_to_file": True, "log_severity_level": 3},
    }
    told = run(nested)
    assert told["input_model"] == {"type": "HfModel", "config": {"model_path": "checkpoint"}}
    assert told["engine"] == {
        "output_dir": str(OUTPUT), "cache_dir": str(CACHE), "log_to_file": False, "log_severity_level": 1
    }  # fmt: skip
    assert set(told) == {"input_model", "passes", "engine"}


def test_what_is_replaced_is_said() -> None:
    mine = config(cache_dir="c", log_to_file=True)
    mine["passes"]["b"]["config"]["extra_options"] = {"hf_remote": True}
    mine["input_model"]["load_kwargs"] = {"trust_remote_code": True}
    said = " ".join(parse(json.dumps(mine), folder=Path()).replaced(MODEL))
    for word in ("checkpoint in place of mine", "in place of out", "cache_dir", "log_to_file", "hf_remote",
                 "trust_remote_code"):  # fmt: skip
        assert word in said
    assert (
        parse(json.dumps(config(output_dir=None)), folder=Path())
        .replaced(Path("mine"))[0]
        .startswith("output")
    )


def test_the_models_own_code_runs_only_where_it_is_allowed() -> None:
    mine = config()
    mine["input_model"]["load_kwargs"] = {"trust_remote_code": True}
    mine["passes"]["b"]["config"]["extra_options"] = {"hf_remote": True}
    kept, safe = run(mine, run_code=True), run(mine)
    assert kept["input_model"]["load_kwargs"]["trust_remote_code"] is True
    assert kept["passes"]["b"]["config"]["extra_options"]["hf_remote"] is True
    assert safe["input_model"]["load_kwargs"]["trust_remote_code"] is False
    assert safe["passes"]["b"]["config"]["extra_options"]["hf_remote"] is False


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: f"{preset.precision}-{preset.name}")
def test_what_the_form_writes_it_reads_again(preset: Any) -> None:
    one = recipe(preset.precision, preset.name)
    written = olive_config(MODEL, one, OUTPUT, CACHE)
    found = as_recipe(written)
    assert found is not None
    assert found.passes == one.passes


def test_spelling_does_not_matter() -> None:
    plain = {"type": "ModelBuilder", "precision": "int4", "int4_block_size": 64}
    found = as_recipe(config(passes={"any": plain}))
    assert isinstance(found, Recipe)
    settings = {
        "precision": "int4",
        "int4_is_symmetric": True,
        "int4_block_size": 64,
        "int4_accuracy_level": 4,
        "extra_options": {"hf_remote": False},
    }
    nested = {"type": "modelbuilder", "config": settings}
    assert as_recipe(config(passes={"other": nested})) == found
    assert found.options["block_size"] == 64
    assert found.passes["builder"]["int4_block_size"] == 64


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"passes": {"b": {"type": "ModelBuilder", "precision": "int4", "use_qdq": True}}}, "settings"),
        ({"passes": {"b": [{"type": "ModelBuilder", "precision": "int4"}]}}, "alternatives"),
        ({"data_configs": [{"name": "a"}]}, "data_configs"),
        ({"search_strategy": True}, "search_strategy"),
        ({"target": {"type": "LocalSystem", "accelerators": [{"device": "gpu"}]}}, "CUDAExecutionProvider"),
        ({"input_model": {"type": "ONNXModel", "model_path": "x"}}, "Hugging Face"),
        ({"passes": {}}, "settings"),
        ({"passes": 3}, "settings"),
    ],
)
def test_what_the_form_has_no_words_for_is_said(more: dict[str, Any], said: str) -> None:
    one = parse(json.dumps(config(**more)), folder=Path())
    assert one.recipe is None
    assert said in one.beyond


@pytest.mark.parametrize(
    ("passes", "precision"),
    [
        ([{"type": "ModelBuilder", "precision": "fp32"}, {"type": "OnnxFloatToFloat16"}], "fp16"),
        ([{"type": "Rtn", "bits": 8}, {"type": "ModelBuilder", "precision": "int4"}], "int8"),
        ([{"type": "ModelBuilder", "precision": "fp32"}, {"type": "OnnxDynamicQuantization"}], "int8"),
        ([{"type": "ModelBuilder", "config": {"precision": "int4", "use_qdq": True}}], "int4"),
        ([{"type": "OnnxConversion"}], "fp32"),
    ],
)
def test_the_precision_is_read_from_the_passes(passes: list[dict[str, Any]], precision: str) -> None:
    one = config(passes={f"p{number}": copy.deepcopy(each) for number, each in enumerate(passes)})
    one["passes"]["p0"]["config"] = {**one["passes"]["p0"].get("config", {}), "_remark": "not a recipe"}
    assert parse(json.dumps(one), folder=Path()).precision == precision


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config()), encoding="utf-8")
    assert load(file).recipe is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b'{"a": 1,}', "line 1"), (b"[]", "no JSON object"), (b"\xff\xfe{", "not UTF-8")],
)
def test_a_file_that_holds_none_is_a_failure(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(content)
    with pytest.raises(Failure, match=said) as failure:
        load(file)
    assert failure.value.fix


def test_a_file_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        load(tmp_path / "nowhere.json")
