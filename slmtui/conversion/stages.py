"""The stages of a conversion, and how long each takes: what the progress and the time left are told by.

Each stage has a share of the whole that grows with the model: `fixed + per_gb × FP32 gigabytes`, in seconds
on the machine they were measured on, with the fernlight sample (0.013 GB in FP32) and SmolLM2-135M (0.54 GB).
Only their ratios matter: what a stage really takes, against what it should, gives the pace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the work: identifier, what people read, and its measured share.

    `number` is the pass of Olive's it belongs to, counted from 1; 0: to none.
    """

    id: str
    text: str
    fixed: float
    per_gb: float
    number: int = 0

    def expected(self, gigabytes: float) -> float:
        """Seconds it takes for that many FP32 gigabytes of weights."""
        return self.fixed + self.per_gb * gigabytes


_BUILDER = "modelbuilder"
_START = Stage("start", "Starting Olive", 4.7, 0.0)
_UNPACK = Stage("unpack", "Unpacking the checkpoint", 3.0, 7.5)
_LOAD = Stage("load", "Loading the checkpoint", 0.3, 2.7)
_GATE = Stage("gate", "Checking the result", 0.35, 1.8)
_PARITY = Stage("parity", "Comparing with the source", 4.5, 8.0)
_LAYERS = Stage("layers", "Building the graph", 0.05, 1.4)
_PREPARE = Stage("prepare", "Preparing the weights", 0.15, 1.8)
_QUANTIZE = Stage("quantize", "Quantizing", 0.05, 5.0)
_SAVE = Stage("save", "Saving", 0.0, 0.6)
_FINISH = Stage("finish", "Finishing", 0.25, 1.5)
# Nothing is quantized by then: eight times as many bytes are written.
_SAVE_PLAIN = Stage("save", "Saving", 0.0, 4.0)
# A checkpoint that Olive has quantized is an eighth as large, and only written.
_PACKED = (
    Stage("layers", "Building the graph", 0.05, 0.4),
    Stage("prepare", "Preparing the weights", 0.05, 0.3),
    Stage("save", "Saving", 0.0, 0.6),
    Stage("finish", "Finishing", 0.1, 1.0),
)
_PASSES = {
    "selectivemixedprecision": Stage("mix", "Choosing what keeps 8 bits", 0.4, 0.4),
    "gptq": Stage("calibrate", "Calibrating on the text", 20.0, 400.0),
    "rtn": Stage("pack", "Quantizing the checkpoint", 0.5, 58.0),
    "graphsurgeries": Stage("share", "Storing the embeddings once", 0.15, 25.0),
    "onnxfloattofloat16": Stage("halve", "Halving the weights", 0.1, 46.0),
    "onnxdynamicquantization": Stage("dynamic", "Quantizing to 8 bits", 0.2, 64.0),
}
# What is left of a pass where the one before it has made the model small, or has done most of its work.
_AFTER_PACKING = {
    "graphsurgeries": Stage("share", "Storing the embeddings once", 0.15, 3.3),
    "rtn": Stage("pack", "Quantizing the embeddings", 0.15, 5.0),
}


def stages(
    passes: Iterable[Mapping[str, Any]] = (),
    *,
    unpacks: bool = False,
    compares: bool = False,
    begun: int = 0,
) -> list[Stage]:
    """The stages of the work, in order.

    Args:
        passes: Olive's, as its configuration has them; without any, the guide's one is meant.
        unpacks: whether a plain checkpoint has to be made of the source first.
        compares: whether the result is compared with its source in the end.
        begun: how many passes were run before, and are left out.
    """
    settings = list(passes) or [{"type": "ModelBuilder", "precision": "int4"}]
    found = [_START, *([_UNPACK] if unpacks and not begun else [])]
    if not begun:
        found.append(_with(_LOAD, 1))
    for number, _ in enumerate(settings, 1):
        if number > begun:
            found += [_with(stage, number - begun) for stage in _of_pass(settings[:number])]
    return [*found, _GATE, *([_PARITY] if compares else [])]


def expected_seconds(
    parameters: int, passes: Iterable[Mapping[str, Any]] = (), *, unpacks: bool = False
) -> float:
    """What a conversion without the comparison takes on the machine the stages were measured on."""
    return sum(stage.expected(4 * parameters / 1e9) for stage in stages(passes, unpacks=unpacks))


def _of_pass(until: Sequence[Mapping[str, Any]]) -> Iterator[Stage]:
    """The stages of the last of these passes."""
    *before, settings = until
    kind = _kind(settings)
    packed = any(_kind(each) in ("rtn", "gptq") for each in before)
    if kind == _BUILDER:
        config = settings.get("config")
        precision = (config if isinstance(config, Mapping) else settings).get("precision", "fp32")
        if packed:
            yield from _PACKED
        elif precision in ("int4", "int8"):
            yield from (_LAYERS, _PREPARE, _QUANTIZE, _SAVE, _FINISH)
        else:
            yield from (_LAYERS, _PREPARE, _SAVE_PLAIN, _FINISH)
        return
    small = packed and (kind != "rtn" or any(_kind(each) == "gptq" for each in before))
    known = (_AFTER_PACKING.get(kind) if small else None) or _PASSES.get(kind)
    # Of another pass nothing is known but that it works on the whole model.
    yield known or Stage(kind or "pass", f"Running {settings.get('type', 'a pass')}", 0.5, 20.0)


def _kind(settings: Mapping[str, Any]) -> str:
    return str(settings.get("type", "")).lower()


def _with(stage: Stage, number: int) -> Stage:
    return Stage(stage.id, stage.text, stage.fixed, stage.per_gb, number)
