"""What the chosen source asks of this machine, in plain numbers: the forecast itself stands a floor above."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Demand:
    """What converting one source takes.

    `memory_bytes` is the most the conversion holds in memory, None where it is not known; `disk_bytes` is the
    most it holds on the disk of `output`, the folder that is to be made, and `result_bytes` what that folder
    and its deployed copy take each. `source` is its name for people.
    """

    source: str
    memory_bytes: int | None
    disk_bytes: int
    result_bytes: int
    output: Path
