"""What converting a source asks of the machine, in the plain numbers that `environment/` checks it by."""

from __future__ import annotations

from pathlib import Path

from slmtui.conversion.forecast import forecast
from slmtui.conversion.recipe import recipe
from slmtui.environment.demand import Demand
from slmtui.source.model_source import ModelSource


def demand(source: ModelSource, precision: str, output: Path) -> Demand:
    """The forecast of converting `source` to `precision` into the folder `output`.

    Raises:
        Failure: the source's headers cannot be read, or the precision is unknown.
    """
    estimate = forecast(source, recipe(precision))
    return Demand(
        source=source.name,
        memory_bytes=estimate.memory_bytes,
        disk_bytes=estimate.needed_bytes,
        result_bytes=estimate.output_bytes,
        output=output.absolute(),
    )
