from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from slmtui.conversion.options import OPTIONS, options_of
from slmtui.conversion.recipe import PRECISIONS, Recipe, presets, recipe
from slmtui.events import Failure


def kinds(found: Recipe) -> list[str]:
    return [settings["type"] for settings in found.passes.values()]


def test_every_preset_is_a_recipe_with_a_title_of_its_own_and_measured_figures() -> None:
    names = [(preset.precision, preset.name) for preset in presets()]
    assert len(set(names)) == len(names)
    assert {precision for precision, _ in names} == set(PRECISIONS)
    titles = set()
    for preset in presets():
        made = recipe(preset.precision, preset.name)
        titles.add(made.title)
        assert made.options == {}
        assert made.title.startswith(preset.precision.upper())
        assert len(preset.help) > 60, preset.name
        assert set(preset.evidence) == {"fernlight-support", "smollm2-135m-instruct"}
        for figures in preset.evidence.values():
            assert set(figures) >= {"megabytes", "kl_mean", "top1"}
    assert len(titles) == len(names)


def test_the_first_int4_preset_is_the_guides_and_passes_what_olive_reads() -> None:
    found = recipe()
    assert (found.precision, found.preset, found.title) == ("int4", "guide", "INT4, block size 32, symmetric")
    assert dict(found.passes["builder"]) == {
        "type": "ModelBuilder",
        "precision": "int4",
        "int4_block_size": 32,
        "int4_is_symmetric": True,
        "int4_accuracy_level": 4,
    }


def test_options_that_are_as_the_preset_has_them_do_not_count() -> None:
    found = recipe("int4", "guide", {"block_size": "32", "symmetric": "no"})
    assert dict(found.options) == {"symmetric": False}
    assert found.passes["builder"]["int4_is_symmetric"] is False
    assert found.title == "INT4, block size 32, asymmetric"


@pytest.mark.parametrize("text", ["yes", "TRUE", "1", " true "])
def test_a_yes_may_be_spelled_in_several_ways(text: str) -> None:
    assert recipe("int4", "compact", {"symmetric": text}).values["symmetric"] is True


def test_what_is_unknown_is_refused_with_what_is_possible() -> None:
    for arguments, said, possible in [
        (("int3", None, {}), "int3", "int4"),
        (("int4", "tiny", {}), "tiny", "compact"),
        (("int4", None, {"blocksize": "32"}), "blocksize is unknown", "block_size"),
        (("fp16", None, {"block_size": "32"}), "means nothing for fp16", "share_embeddings"),
        (("int4", None, {"block_size": "48"}), "'48'", "16, 32, 64, 128, 256"),
        (("int4", None, {"block_size": "many"}), "'many'", "16, 32"),
        (("int4", None, {"symmetric": "perhaps"}), "'perhaps'", "true, false"),
        (("int8", None, {"algorithm": "gptq"}), "'gptq'", "rtn, dynamic"),
        (("int8", None, {"quantize_head": "4"}), "'4'", "no, 8"),
    ]:
        with pytest.raises(Failure) as failure:
            recipe(*arguments)
        assert said in failure.value.cause
        assert possible in failure.value.fix


def test_the_dynamic_algorithm_leaves_no_other_option() -> None:
    assert kinds(recipe("int8", "dynamic")) == ["ModelBuilder", "OnnxDynamicQuantization"]
    assert recipe("int8", None, {"algorithm": "dynamic"}).values == {"algorithm": "dynamic"}
    with pytest.raises(Failure, match="block_size means nothing with the algorithm dynamic"):
        recipe("int8", "dynamic", {"block_size": "64"})


def test_k_quants_decide_the_head_and_the_zero_points() -> None:
    found = recipe("int4", None, {"algorithm": "k_quant_last"})
    assert found.passes["builder"]["int4_algo_config"] == "k_quant_last"
    assert (found.values["symmetric"], found.values["quantize_head"]) == (False, "8")
    with pytest.raises(Failure, match="does not go with quantize_embeddings=8"):
        recipe("int4", None, {"algorithm": "k_quant_mixed", "quantize_embeddings": "8"})


def test_gptq_needs_a_text_and_calibrates_with_it_alone(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="needs a text"):
        recipe("int4", None, {"algorithm": "gptq"})
    with pytest.raises(Failure, match="no file"):
        recipe("int4", None, {"algorithm": "gptq", "calibration_text": str(tmp_path / "none.txt")})
    (tmp_path / "text.txt").write_text("A text.", encoding="utf-8")
    found = recipe("int4", None, {"algorithm": "gptq", "calibration_text": str(tmp_path / "text.txt")})
    assert kinds(found)[0] == "Gptq"
    loaded = found.passes["calibrate"]["data_config"]["load_dataset_config"]
    assert loaded == {"path": str(tmp_path / "text.txt")}
    with pytest.raises(Failure, match="calibration_text means nothing with the algorithm rtn"):
        recipe("int4", None, {"calibration_text": str(tmp_path / "text.txt")})


def test_a_head_that_stays_fp32_is_kept_from_the_builder() -> None:
    for options in ({"quantize_head": "no"}, {"quantize_head": "no", "quantize_embeddings": "8"}):
        assert recipe("int4", None, options).passes["builder"]["int4_nodes_to_exclude"] == ["/lm_head/MatMul"]
    assert recipe("int8", "linear").passes["builder"]["int4_nodes_to_exclude"] == ["/lm_head/MatMul"]


def test_embeddings_and_head_of_the_same_bits_are_stored_once() -> None:
    assert kinds(recipe("int4", "compact")) == ["Rtn", "ModelBuilder", "GraphSurgeries"]
    assert kinds(recipe("int4", "compact", {"quantize_head": "4"})) == ["Rtn", "ModelBuilder"]
    quantize = recipe("int4", "compact").passes["quantize"]
    assert quantize["overrides"] == {"lm_head": {"bits": 8}, "model.embed_tokens": {"bits": 8}}


def test_a_head_of_4_bits_stays_so_where_the_layers_are_mixed() -> None:
    quantize = recipe("int4", None, {"algorithm": "rtn_mixed"}).passes["quantize"]
    assert quantize["overrides"] == {"lm_head": {"bits": 4}}


def test_every_combination_of_options_is_a_recipe_or_refused_in_words() -> None:
    made, refused = 0, []
    for precision in PRECISIONS:
        free = [option for option in options_of(precision) if option.choices]
        for values in itertools.product(*(option.choices for option in free)):
            texts = {option.key: str(value) for option, value in zip(free, values, strict=True)}
            try:
                found = recipe(precision, None, texts)
            except Failure as failure:
                refused.append(failure)
                continue
            made += 1
            assert found.steps[-1].stored is not None
            json.dumps({name: dict(settings) for name, settings in found.passes.items()})
    assert made > 500
    assert all(failure.fix for failure in refused)


def test_every_option_says_what_it_does_and_has_its_default_among_its_choices() -> None:
    for option in OPTIONS:
        assert len(option.help) > 20
        assert option.olive
        assert not option.choices or option.default in option.choices
    keys = [(option.key, precision) for option in OPTIONS for precision in option.precisions]
    assert len(set(keys)) == len(keys)
