"""From the options' values to Olive's passes, in order, and how each of them stores the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from slmtui.conversion.options import Precision, Value
from slmtui.conversion.storage import Packing, Stored

_FP32, _FP16, _BYTE = Packing(32), Packing(16), Packing(8)
_PLAIN = Stored(_FP32, _FP32, _FP32)
# What a pass writes beside the graph may be larger than the 2 GB that fit into one ONNX file.
_OUTSIDE = {"save_as_external_data": True}
# Names of the two modules in the checkpoints of all architectures that the builder reads quantized.
_HEAD, _EMBEDDING = "lm_head", "model.embed_tokens"
_THE_HEAD = ["/lm_head/MatMul"]  # its node in the builder's graph
_GRAPH_WITH_ZEROS = 8_800


@dataclass(frozen=True, slots=True)
class Step:
    """One pass: its name, its settings (`type` too), and what it leaves in Olive's cache, if anything."""

    name: str
    settings: Mapping[str, Any]
    stored: Stored | None


def steps(precision: Precision, values: Mapping[str, Value]) -> tuple[Step, ...]:
    """The passes for these `values` of the precision's options; the last step's model is the result."""
    if precision in ("fp32", "fp16"):
        shared = bool(values["share_embeddings"])
        made = [_built_in_fp32(), *([_share(_PLAIN)] if shared else [])]
        return tuple([*made, _halve(shared)] if precision == "fp16" else made)
    if values["algorithm"] == "dynamic":
        return _dynamic()
    if precision == "int4" and builder_quantizes(values):
        return (_built_in_int4(values),)
    return _quantized_before_building(precision, values)


def builder_quantizes(values: Mapping[str, Value]) -> bool:
    """Whether the model builder does it alone: it leaves the embeddings FP32; its rtn makes no 8 bits."""
    if str(values["algorithm"]).startswith("k_quant"):
        return True
    return (
        values["algorithm"] == "rtn"
        and values["quantize_embeddings"] == "no"
        and values["quantize_head"] != "8"
    )


def _built_in_fp32() -> Step:
    settings = {"type": "ModelBuilder", "precision": "fp32"}
    return Step("builder", settings, _PLAIN)


def _share(stored: Stored) -> Step:
    """Let a tied output layer and the embeddings be the same tensor; of an untied model nothing changes."""
    surgeries = [{"surgeon": "TieWordEmbeddings"}]
    settings = {"type": "GraphSurgeries", "surgeries": surgeries, **_OUTSIDE}
    return Step("share", settings, replace(stored, shared=True))


def _halve(shared: bool) -> Step:
    stored = Stored(_FP16, _FP16, _FP16, shared=shared, floats=2)
    return Step("halve", {"type": "OnnxFloatToFloat16", **_OUTSIDE}, stored)


def _dynamic() -> tuple[Step, ...]:
    stored = Stored(_BYTE, _BYTE, _BYTE)
    return _built_in_fp32(), Step("dynamic", {"type": "OnnxDynamicQuantization", **_OUTSIDE}, stored)


def _built_in_int4(values: Mapping[str, Value]) -> Step:
    """The model builder's own quantization; the k-quants always have zero points and a head in 8 bits.

    The options are the builder's defaults on the CPU, spelled out so that an upgrade cannot change them
    unnoticed. Olive ignores `quantization_config`, which tutorials name, without a word.
    """
    algorithm = str(values["algorithm"])
    block, symmetric = int(values["block_size"]), bool(values["symmetric"])
    settings: dict[str, Any] = {
        "type": "ModelBuilder",
        "precision": "int4",
        "int4_block_size": block,
        "int4_is_symmetric": symmetric,
        "int4_accuracy_level": values["accuracy_level"],
    }
    if algorithm != "rtn":
        # The builder's name "rtn" stands for another rounding, which is worse than its default's.
        settings["int4_algo_config"] = algorithm
    if values["quantize_head"] == "no":
        settings["int4_nodes_to_exclude"] = _THE_HEAD
    head = {"no": _FP32, "4": Packing(4, block, not symmetric), "8": Packing(8, block, not symmetric)}
    stored = Stored(
        Packing(4, block, not symmetric),
        head[str(values["quantize_head"])],
        _FP32,
        raised=algorithm == "k_quant_mixed",
        graph=7_500 if symmetric else _GRAPH_WITH_ZEROS,
    )
    return Step("builder", settings, stored)


def _quantized_before_building(precision: Precision, values: Mapping[str, Value]) -> tuple[Step, ...]:
    """Olive quantizes the checkpoint; the model builder, which is told "int4" then, keeps what it finds."""
    bits = 8 if precision == "int8" else 4
    block, symmetric = int(values["block_size"]), bool(values["symmetric"])
    head, embedding = _bits(values["quantize_head"]), _bits(values["quantize_embeddings"])

    def packed(width: int) -> Packing:
        return Packing(width, block, not symmetric) if width < 32 else _FP32

    mixed, calibrated = values["algorithm"] == "rtn_mixed", values["algorithm"] == "gptq"
    stored = Stored(
        packed(bits),
        packed(head),
        packed(embedding),
        raised=mixed,
        graph=7_500 if symmetric else _GRAPH_WITH_ZEROS,
    )
    common = {"group_size": block, "sym": symmetric}
    made = []
    if mixed:
        settings = {"type": "SelectiveMixedPrecision", "algorithm": "k_quant_mixed", "bits": 4}
        made.append(Step("mix", settings, None))
    if calibrated:
        data = {"name": "calibration", "load_dataset_config": {"path": str(values["calibration_text"])}}
        settings = {"type": "Gptq", "bits": 4, **common, "data_config": data}
        made.append(Step("calibrate", settings, Stored(packed(4), _FP32, _FP32)))
    if not calibrated or head < 32 or embedding < 32:
        settings = {
            "type": "Rtn",
            "bits": bits,
            **common,
            "lm_head": head < 32,
            "embeds": embedding < 32,
        }
        others = {_HEAD: head, _EMBEDDING: embedding}
        # What is mixed has 8 bits in the output layer unless it is told otherwise.
        said = {n: {"bits": width} for n, width in others.items() if width < 32 and (mixed or width != bits)}
        settings |= {"overrides": said} if said else {}
        made.append(Step("quantize", settings, replace(stored, shared=head == embedding)))
    settings = {
        "type": "ModelBuilder",
        "precision": "int4",
        "int4_accuracy_level": values["accuracy_level"],
    }
    if head == 32:
        settings["int4_nodes_to_exclude"] = _THE_HEAD  # it would be quantized by the builder, to 4 bits
    made.append(Step("builder", settings, stored))
    if head == embedding and head < 32:
        made.append(_share(stored))
    return tuple(made)


def _bits(value: Value) -> int:
    return 32 if value == "no" else int(value)
