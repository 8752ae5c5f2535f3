"""How much memory a conversion will hold at most: a model of measured peaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slmtui.conversion.recipe import Recipe
from slmtui.source.model_source import ModelSource

# Measured: the worker's peak resident memory, as the operating system counts it, for the fernlight sample
# (0.006 GB in FP32) and SmolLM2-135M (0.54 GB) as FP32 folders, on Linux. What the sample takes are the
# libraries; the rest grows with the model: `peak = _LIBRARIES + factor × FP32 bytes`, and a conversion takes
# as much as its hungriest pass.
_LIBRARIES = 520_000_000
_FP32 = 4
_FACTORS = {
    "Rtn": 2.3,
    "Gptq": 2.3,
    "OnnxFloatToFloat16": 7.3,
    "OnnxDynamicQuantization": 6.5,
}
_BUILDER, _BUILDER_INT4, _BUILDER_K_QUANT, _SHARE_FP32 = 1.3, 1.5, 3.5, 4.6
# What unpacking a GGUF file or merging an adapter leaves behind in the same process: 0.92 and 0.96 measured.
_UNPACKED = 0.95


def peak_memory(source: ModelSource, recipe: Recipe) -> int:
    """Bytes of memory that converting `source` by `recipe` will hold at most."""
    quantized = any(settings["type"] in ("Rtn", "Gptq") for settings in recipe.passes.values())
    factor = max(_factor(settings, quantized) for settings in recipe.passes.values())
    if source.unpacks or source.base is not None:
        factor += _UNPACKED
    return int(_LIBRARIES + factor * _FP32 * source.parameters)


def _factor(settings: Mapping[str, Any], quantized: bool) -> float:
    """How often the FP32 weights fit into what a pass takes; `quantized`: they were before it was built."""
    if settings["type"] == "GraphSurgeries" and not quantized:
        return _SHARE_FP32
    if settings["type"] == "ModelBuilder" and settings["precision"] == "int4" and not quantized:
        return _BUILDER_K_QUANT if "int4_algo_config" in settings else _BUILDER_INT4
    return _FACTORS.get(settings["type"], _BUILDER)
