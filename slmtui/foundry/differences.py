"""What replacing a deployed model changes, to be read before the yes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from slmtui.conversion.digests import describe
from slmtui.events import Cancel, Failure
from slmtui.foundry.copying import Piece, pieces
from slmtui.foundry.scanner import INFERENCE_MODEL

# Comparing means reading: above this many bytes of one size, "changed" is said of what may be the same.
_READ_AT_MOST = 64 << 20


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that will not be as it is: its path inside the folder, and its bytes before and after.

    A size is None where the file is not there.
    """

    inside: str
    change: Literal["added", "removed", "changed"]
    bytes_before: int | None
    bytes_after: int | None


@dataclass(frozen=True, slots=True)
class Diff:
    """Every file that changes, by name; `inference_model` is that file's unified diff, empty if it stays."""

    files: tuple[FileChange, ...]
    inference_model: str

    @property
    def nothing(self) -> bool:
        """Whether the model to be replaced is the same, byte for byte."""
        return not self.files


def differences(there: Path, wanted: Sequence[Piece], inference_model: str) -> Diff:
    """Compare the folder `there` with the files to bring and the new text of inference_model.json.

    Raises:
        Failure: a folder cannot be read.
    """
    before = {piece.inside: piece for piece in pieces(there)} if there.is_dir() else {}
    old_text = _text(before.get(INFERENCE_MODEL))
    changes = []
    for piece in wanted:
        old = before.get(piece.inside)
        if old is None:
            changes.append(FileChange(piece.inside, "added", None, piece.bytes))
        elif not _same(old, piece):
            changes.append(FileChange(piece.inside, "changed", old.bytes, piece.bytes))
    if old_text != inference_model:
        old_piece = before.get(INFERENCE_MODEL)
        size = len(inference_model.encode())
        kind: Literal["added", "changed"] = "changed" if old_piece else "added"
        changes.append(FileChange(INFERENCE_MODEL, kind, old_piece.bytes if old_piece else None, size))
    kept = {piece.inside for piece in wanted} | {INFERENCE_MODEL}
    changes += [FileChange(i, "removed", p.bytes, None) for i, p in before.items() if i not in kept]
    text = "\n".join(
        difflib.unified_diff(
            (old_text or "").splitlines(), inference_model.splitlines(), "deployed", "new", lineterm=""
        )
    )
    return Diff(tuple(sorted(changes, key=lambda change: change.inside)), text)


def _text(piece: Piece | None) -> str | None:
    try:
        return piece.source.read_text("utf-8-sig") if piece else None
    except (OSError, ValueError):
        return None  # whatever it is, it is replaced


def _same(old: Piece, new: Piece) -> bool:
    if old.bytes != new.bytes:
        return False
    try:
        if old.source.samefile(new.source):
            return True
        if new.bytes > _READ_AT_MOST:
            return False
        digests = [describe([piece.source], Cancel()) for piece in (old, new)]
    except (OSError, Failure):
        return False
    first, second = (next(iter(described.values()))["sha256"] for described in digests)
    return bool(first == second)
