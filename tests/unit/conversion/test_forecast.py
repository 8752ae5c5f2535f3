from __future__ import annotations

import json
from pathlib import Path

import pytest

from slmtui.conversion.forecast import forecast
from slmtui.conversion.recipe import recipe
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
