"""The journal of a lab: `lab.json` in its output folder, written whole after every step.

A lab that was killed is started again with the same plan: what the journal has is not measured again.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slmtui.config.files import write_atomic
from slmtui.events import Failure
from slmtui.lab.result import LabResult
from slmtui.lab.row import VariantResult

NAME = "lab.json"
_FORMAT = 1


def load_lab(output: Path) -> LabResult | None:
    """The table of the lab in the folder `output` as far as it came; None if there is none.

    Raises:
        Failure: the journal is damaged.
    """
    path = output / NAME
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = LabResult.from_json(document | {"output": str(output)})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(
            f"The lab's journal {path} cannot be read: {error}",
            "Delete that file to measure anew, or choose another output folder.",
        ) from error
    # A row that was at work when its lab was stopped waits to be gone on with.
    rows = (dataclasses.replace(r, status="waiting") if r.status == "running" else r for r in found.rows)
    return dataclasses.replace(found, rows=tuple(rows))


class Journal:
    """The rows of one lab, kept on the disk; `others` are those that an earlier plan of it has left."""

    def __init__(self, result: LabResult, others: tuple[VariantResult, ...] = ()) -> None:
        self._result, self._others = result, others

    @property
    def result(self) -> LabResult:
        """The table now."""
        return self._result

    def row(self, key: str) -> VariantResult:
        """The row `key`."""
        return next(row for row in self._result.rows if row.key == key)

    def put(self, row: VariantResult) -> VariantResult:
        """Put `row` in the place of the one of its key, on the disk before this returns.

        Raises:
            Failure: the journal cannot be written.
        """
        rows = tuple(row if each.key == row.key else each for each in self._result.rows)
        self._result = dataclasses.replace(self._result, rows=rows, at=_now())
        self.save()
        return row

    def save(self) -> None:
        """Write it whole.

        Raises:
            Failure: it cannot be written.
        """
        whole = dataclasses.replace(self._result, rows=(*self._result.rows, *self._others))
        document: Mapping[str, Any] = {"format": _FORMAT} | whole.to_json()
        write_atomic(self._result.output / NAME, json.dumps(document, indent=1, allow_nan=False) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
