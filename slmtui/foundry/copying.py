"""Filling the deployed folder: big model files are hard-linked where the file system can, the rest is copied.

A hard link shares its bytes with the conversion's folder: it takes no room and no time, and either folder can
be deleted without harm to the other. Text (JSON, tokenizer, chat template) is always copied, since people and
tools edit it in place, and an edit must not reach the other folder; nobody edits ONNX weights in place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from slmtui.config.files import unwritable
from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.foundry.scanner import UNFINISHED
from slmtui.units import size

_LINKED = (".onnx", ".data")
_LINK_FROM_BYTES = 1 << 20
_CHUNK = 8 << 20
_SAY_SECONDS = 0.1
# slmtui's own record of the conversion stays with the conversion: it names folders of this machine.
_NOT_THE_MODEL = {"slmtui.json", UNFINISHED}


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to bring: where it is, its path inside the model's folder (with `/`), its size in bytes."""

    source: Path
    inside: str
    bytes: int

    @property
    def linkable(self) -> bool:
        """Whether it is big and never edited in place."""
        return self.bytes >= _LINK_FROM_BYTES and self.source.name.endswith(_LINKED)


@dataclass(frozen=True, slots=True)
class Copied:
    """What was brought: files, their bytes, and how many of these are shared by hard links."""

    files: int
    bytes: int
    linked_bytes: int


def pieces(model_dir: Path) -> tuple[Piece, ...]:
    """The model's files, whatever is hidden or slmtui's own left out; links are followed.

    Raises:
        Failure: the folder cannot be read.
    """
    try:
        return tuple(_pieces(model_dir, ""))
    except OSError as error:
        raise Failure(
            f"{error.filename or model_dir} cannot be read: {error.strerror}.",
            "Give yourself access to the model's folder.",
        ) from error


def _pieces(folder: Path, prefix: str) -> Iterator[Piece]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _NOT_THE_MODEL:
            continue
        if path.is_file():
            yield Piece(path, prefix + path.name, path.stat().st_size)
        elif path.is_dir() and not path.is_symlink():  # a link to a folder could lead round in a circle
            yield from _pieces(path, f"{prefix}{path.name}/")


def can_link(source: Path, folder: Path) -> bool:
    """Whether a hard link from `source` into `folder` is likely to work: they are on one volume."""
    try:
        return source.stat().st_dev == folder.stat().st_dev
    except OSError:
        return False


def bring(wanted: Sequence[Piece], into: Path, cancel: Cancel, share: float) -> Service[Copied]:
    """Link or copy the pieces into the empty folder `into`.

    Args:
        wanted: the files.
        into: an existing folder.
        cancel: asked between chunks of 8 MiB.
        share: which part of the whole job this is: the progress runs from 0 to `share`.

    Raises:
        Failure: a file cannot be read or written, the disk is full, or a file changed meanwhile.
        Cancelled: the folder is left as it is then; the caller removes it.
    """
    total = max(1, sum(piece.bytes for piece in wanted))
    started = said = time.monotonic()
    done = linked = copied = 0
    yield Progress("copy", f"Bringing {len(wanted)} files, {size(total)}", 0.0)
    for piece in wanted:
        cancel.check()
        target = into / piece.inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if piece.linkable and _link(piece.source, target):
            linked += piece.bytes
            done += piece.bytes
            continue
        for chunk in _copy(piece, target):
            cancel.check()
            done += chunk
            copied += chunk
            now = time.monotonic()
            if now - said >= _SAY_SECONDS:
                said = now
                # Links take no time, so only what is copied tells how fast the disk is.
                left = (total - done) * (now - started) / max(1, copied)
                text = f"Copying {piece.inside}, {size(done)} of {size(total)}"
                yield Progress("copy", text, share * done / total, left)
    yield Progress("copy", f"{len(wanted)} files are in place", share, 0.0)
    return Copied(len(wanted), done, linked)


def _link(source: Path, target: Path) -> bool:
    try:
        # Resolved, since Linux would link to a symbolic link itself.
        os.link(source.resolve(), target)
    except OSError:
        return False  # another volume, or a file system without hard links: copied instead
    return True


def _copy(piece: Piece, target: Path) -> Iterator[int]:
    written = 0
    try:
        source = piece.source.open("rb")
    except OSError as error:
        raise _unreadable(piece.source, error) from error
    with source:
        try:
            with target.open("xb") as file:
                while chunk := _read(piece.source, source):
                    file.write(chunk)
                    written += len(chunk)
                    yield len(chunk)
        except OSError as error:
            raise unwritable(target, error) from error
    if written != piece.bytes:
        raise Failure(
            f"{piece.source} changed while it was copied: {written:,} bytes instead of {piece.bytes:,}.",
            "Wait until nothing writes into the model's folder any more, then try again.",
        )


def _read(path: Path, source: IO[bytes]) -> bytes:
    try:
        return source.read(_CHUNK)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> Failure:
    return Failure(
        f"{path} cannot be read: {error.strerror or error}.", "Give yourself access to the model's files."
    )
