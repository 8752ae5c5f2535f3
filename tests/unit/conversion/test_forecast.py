from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from slmtui.conversion.forecast import forecast
from slmtui.conversion.layout import layout
from slmtui.conversion.memory import peak_memory
from slmtui.conversion.recipe import presets, recipe
from slmtui.conversion.storage import Packing, is_raised
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource

INT4 = recipe("int4")


def test_the_forecast_counts_each_kind_of_tensor_as_the_builder_stores_it(source: ModelSource) -> None:
    embedding, matrices, vectors, rotary = 64 * 32, 2 * 32 * 32, 3 * 32, 128 * 8
    weights = 4 * embedding + 0.625 * (matrices + embedding) + 4 * vectors + 4 * rotary
    beside = 2 * 7_500 + 64 * 75
    assert forecast(source, INT4).output_bytes == int(weights + beside)


def test_the_result_is_on_the_disk_twice_for_a_while(source: ModelSource) -> None:
    found = forecast(source, INT4)
    assert 2 * found.output_bytes < found.needed_bytes < 2.2 * found.output_bytes


@pytest.mark.parametrize(
    "extra", [{"partial_rotary_factor": 0.5}, {"rope_parameters": {"partial_rotary_factor": 0.5}}]
)
def test_a_partial_rotary_embedding_needs_smaller_caches(checkpoint: Path, extra: dict[str, object]) -> None:
    whole = forecast(inspect(checkpoint), INT4)
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    (checkpoint / "config.json").write_text(json.dumps(config | extra), encoding="utf-8")
    assert whole.output_bytes - forecast(inspect(checkpoint), INT4).output_bytes == 128 * 4 * 4


def test_a_row_is_filled_up_to_whole_blocks() -> None:
    assert Packing(4, 128).bytes(10, 192) == 10 * 2 * (64 + 4)
    assert Packing(4, 32, zero=True).bytes(10, 96) == 10 * (3 * (16 + 4) + 2)  # two zero points a byte
    assert Packing(8, 32, zero=True).bytes(10, 64) == 10 * 2 * (32 + 4 + 1)
    assert Packing(16).bytes(10, 64) == 10 * 64 * 2


def test_the_mixed_recipes_raise_the_first_and_last_eighth_and_each_third_between() -> None:
    assert [layer for layer in range(16) if is_raised(layer, 16)] == [0, 1, 4, 7, 10, 13, 14, 15]
    assert [layer for layer in range(3) if is_raised(layer, 3)] == [0, 2]


def test_shared_embeddings_count_once_and_only_where_they_are_tied(source: ModelSource) -> None:
    plain, shared = (forecast(source, recipe("fp32", preset)) for preset in ("plain", "shared"))
    assert plain.output_bytes - shared.output_bytes == 4 * 64 * 32
    apart = dataclasses.replace(layout(source), tied=False)
    once, twice = (recipe("fp32", preset).steps[-1].stored for preset in ("shared", "plain"))
    assert once is not None
    assert twice is not None
    assert apart.bytes(once) == apart.bytes(twice)


def test_every_pass_leaves_its_model_on_the_disk_until_the_end(source: ModelSource) -> None:
    one, two = forecast(source, recipe("fp32")), forecast(source, recipe("fp16"))
    assert two.needed_bytes == int(1.05 * (one.output_bytes + 2 * two.output_bytes))


def test_the_peak_of_memory_is_that_of_the_hungriest_pass(source: ModelSource) -> None:
    large = dataclasses.replace(source, parameters=1_000_000_000)
    peaks = {
        preset.name + preset.precision: forecast(large, recipe(preset.precision, preset.name)).memory_bytes
        for preset in presets()
    }
    assert peaks["plainfp32"] < peaks["guideint4"] < peaks["k_quantint4"] < peaks["plainfp16"]
    assert peaks["guideint4"] < peaks["compactint4"] < peaks["k_quantint4"]  # SmolLM2: 1.2, 1.6, 2.3 GB
    assert 5e9 < peaks["plainfp32"] < 7e9
    packed = dataclasses.replace(large, format="gguf")
    assert peak_memory(packed, recipe()) > peak_memory(large, recipe())
