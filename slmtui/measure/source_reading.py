"""What the source says of a text: read once, however many models made of it are compared with that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.events import Cancel, Service
from slmtui.measure.workers import Part, offline, work

SOURCE_WORKER = "slmtui.measure.source_worker"
# Lies in a reading's folder once the source is through with the text.
_WHOLE = "whole"


def is_read(reading: Path | None) -> bool:
    """Whether the source has read the whole text into the folder `reading`."""
    return reading is not None and (reading / _WHOLE).is_file()


def read_source(
    part: Part, request: Mapping[str, Any], reading: Path, cancel: Cancel, log: Path | None
) -> Service[None]:
    """Let the source read what `request` asks, into the folder `reading`, unless it has done so before.

    Raises:
        Failure: the worker broke down or was ended.
        Cancelled: it is gone.
    """
    if not is_read(reading):
        asked = {**request, "folder": str(reading)}
        yield from work(SOURCE_WORKER, part, asked, cancel, log, offline(reading))
        (reading / _WHOLE).touch()
