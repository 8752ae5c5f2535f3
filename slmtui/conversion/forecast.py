"""What a conversion will take, from the source's headers, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from slmtui.conversion import history
from slmtui.conversion.layout import layout
from slmtui.conversion.memory import peak_memory
from slmtui.conversion.recipe import Recipe
from slmtui.events import Failure
from slmtui.source.model_source import ModelSource

_FP32 = 4
# A twentieth more than is written, for what the file system adds.
_MARGIN = 1.05


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes of the finished folder, and the most that the conversion holds on the disk and in memory.

    `seconds` is what it took before on this machine, without the comparison; None if it was never done.
    """

    output_bytes: int
    needed_bytes: int
    memory_bytes: int
    seconds: float | None = None


def forecast(source: ModelSource, recipe: Recipe) -> Forecast:
    """What converting `source` by `recipe` will take.

    Each pass leaves its model in Olive's cache, and the last is copied to the output from there. A GGUF file
    and an adapter are made an FP32 checkpoint first.

    Raises:
        Failure: the source's headers cannot be read, or the recipe's block size does not fit its matrices.
    """
    counted = layout(source)
    steps = recipe.steps
    _refuse_misfit(recipe, [(m.name, m.columns) for m in (*counted.matrices, counted.head)])
    written = [counted.bytes(step.stored) for step in steps if step.stored is not None]
    output = written[-1]
    base = source.base
    checkpoints = source.unpacks + (base is not None and base.unpacks)
    unpacked = _FP32 * source.parameters * checkpoints
    needed = int((sum(written) + output + unpacked) * _MARGIN)
    return Forecast(output, needed, peak_memory(source, recipe), history.seconds(source, recipe))


def _refuse_misfit(recipe: Recipe, matrices: list[tuple[str, int]]) -> None:
    """Raise where Olive's own quantization would stop: it fills up no row, as the builder's does."""
    if not any(settings["type"] in ("Rtn", "Gptq") for settings in recipe.passes.values()):
        return
    block = int(recipe.values["block_size"])
    for name, columns in matrices:
        if columns % block:
            fitting = ", ".join(str(size) for size in (16, 32, 64, 128, 256) if columns % size == 0)
            raise Failure(
                f"The block size {block} does not divide the {columns:,} inputs of {name}.",
                f"Take one of: {fitting}." if fitting else "Take the preset guide of INT4, FP16 or FP32.",
            )
