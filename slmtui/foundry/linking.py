"""What the file system can do: asked by doing it once, with an empty file that is removed again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from slmtui.foundry.copying import Piece
from slmtui.foundry.methods import Method


def possible(wanted: Method, pieces: Sequence[Piece], ground: Path, *, asked: bool) -> tuple[Method, str]:
    """The method that will work below `ground`, and, if it is another one than was `asked` for, why.

    A hard link needs both on one volume; a symbolic link needs a file system that has them and, on Windows,
    the developer mode or an administrator. Where neither works the weights are copied.
    """
    weights = [piece for piece in pieces if piece.linked_by(wanted)]
    if wanted in ("copy", "register") or not weights:
        return wanted, ""
    if wanted == "symlink":
        reason = _no_symlink(weights[0].source, ground)
    else:
        reason = _no_hard_link(weights[0].source, ground)
    if not reason:
        return wanted, ""
    return "copy", f"{reason}, so the weights are copied." if asked else ""


def _no_hard_link(source: Path, ground: Path) -> str:
    try:
        if source.stat().st_dev != ground.stat().st_dev:
            return f"{source.parent} and {ground} are on two volumes, and a hard link needs one"
    except OSError as error:
        return f"{source} cannot be looked at ({error.strerror})"
    return ""


def _no_symlink(source: Path, ground: Path) -> str:
    probe = Path(tempfile.gettempdir()) if not os.access(ground, os.W_OK) else ground
    link = probe / f".slmtui-link-{os.getpid()}"
    try:
        link.symlink_to(source)
    except (OSError, NotImplementedError) as error:
        return f"No symbolic link can be made in {ground} ({getattr(error, 'strerror', None) or error})"
    finally:
        with suppress(OSError):
            link.unlink()
    return ""
