"""Whether the disk and the memory have room for what a lab would make."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slmtui.environment.system import free_memory
from slmtui.events import Failure
from slmtui.lab.plan import RowForecast
from slmtui.units import size


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that are free on the disk of a lab, and in memory."""

    disk: int
    memory: int

    @classmethod
    def of(cls, output: Path) -> Room:
        """What is free now; `output` need not exist."""
        return cls(_free_on_disk(output), free_memory())


def shortage(rows: Sequence[RowForecast], room: Room) -> Failure | None:
    """What there is too little of to make all `rows`; None where there is enough.

    They are made one after the other, so the disk has to hold them all, and memory the largest.
    """
    needed = sum(row.output_bytes for row in rows)
    if needed > room.disk:
        return Failure(
            f"There is too little room for {_several(rows)}: about {size(needed)} are needed,"
            f" {size(room.disk)} are free.",
            "Free some room, or compare fewer variants.",
        )
    large = [row for row in rows if row.memory_bytes > room.memory]
    if large:
        most = max(large, key=lambda row: row.memory_bytes)
        return Failure(
            f"There is too little memory for {_named(large, rows)}: converting {most.variant.label} needs"
            f" about {size(most.memory_bytes)}, {size(room.memory)} are free.",
            "Close other programs, or leave out what needs so much.",
        )
    return None


def _several(rows: Sequence[RowForecast]) -> str:
    return "1 model" if len(rows) == 1 else f"{len(rows)} models"


def _named(large: Sequence[RowForecast], rows: Sequence[RowForecast]) -> str:
    return f"{len(large)} of {len(rows)} models" if len(rows) > 1 else "the model"


def _free_on_disk(folder: Path) -> int:
    for parent in (folder, *folder.parents):
        if parent.is_dir():
            return shutil.disk_usage(parent).free
    return 0
