"""Filling the deployed folder: the weights are linked where that is wished and possible, the rest is copied.

A hard link shares its bytes with the conversion's folder: it takes no room and no time, and either folder can
be deleted without harm to the other. Text (JSON, tokenizer, chat template) is always copied, since people and
tools edit it in place, and an edit must not reach the other folder; nobody edits ONNX weights in place.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from slmtui.config.files import unwritable
from slmtui.config.originals import is_kept
from slmtui.conversion.digests import describe
from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.foundry.methods import Method
from slmtui.foundry.scanner import UNFINISHED
from slmtui.units import size

_LINKED = (".onnx", ".data")
_LINK_FROM_BYTES = 1 << 20
_CHUNK = 8 << 20
_ACCESS = "Give yourself access to the model's files."
_SAY_SECONDS = 0.1
# slmtui's own record of the conversion stays with the conversion: it names folders of this machine.
_NOT_THE_MODEL = {"slmtui.json", UNFINISHED}


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to bring: where it is, its path inside the model's folder (with `/`), its size in bytes."""

    source: Path
    inside: str
    bytes: int

    def linked_by(self, method: Method) -> bool:
        """Whether `method` links it: weights are never edited in place.

        With symbolic links the graph goes with its data, however small it is: ONNX Runtime refuses data whose
        real place is in another folder than the graph's ("External data path escapes model directory").
        """
        if not self.source.name.endswith(_LINKED):
            return False
        return method == "symlink" or (method == "link" and self.bytes >= _LINK_FROM_BYTES)


@dataclass(frozen=True, slots=True)
class Copied:
    """What was brought: files, their bytes, and how many of these are shared by links.

    `digests` are the files' SHA-256 by path inside the folder, each read back from where it was written.
    """

    files: int
    bytes: int
    linked_bytes: int
    digests: Mapping[str, str]


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
        if path.name.startswith(".") or path.name in _NOT_THE_MODEL or is_kept(path):
            continue
        if path.is_file():
            yield Piece(path, prefix + path.name, path.stat().st_size)
        elif path.is_dir() and not path.is_symlink():  # a link to a folder could lead round in a circle
            yield from _pieces(path, f"{prefix}{path.name}/")


def bring(
    wanted: Sequence[Piece], into: Path, method: Method, cancel: Cancel, share: float
) -> Service[Copied]:
    """Link or copy the pieces into the folder `into`, and compare every copy with its source.

    What is in `into` already, from a copy that was interrupted, is gone on from: byte for byte it is compared
    with the source on the way.

    Args:
        wanted: the files.
        into: an existing folder.
        method: whether the weights are linked, and how; what cannot be linked after all is copied.
        cancel: asked between chunks of 8 MiB.
        share: which part of the whole job this is: the progress runs from 0 to `share`.

    Raises:
        Failure: a file cannot be read or written, the disk is full, a file changed meanwhile, or what was
            written does not read back as it was.
        Cancelled: the folder is left as it is then; the caller removes it.
    """
    total = max(1, sum(piece.bytes for piece in wanted))
    started = said = time.monotonic()
    done = linked = copied = 0
    digests: dict[str, str] = {}
    yield Progress("copy", f"Bringing {len(wanted)} files, {size(total)}", 0.0)
    for piece in wanted:
        cancel.check()
        target = into / piece.inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if piece.linked_by(method) and link(piece.source, target, method):
            linked += piece.bytes
            done += piece.bytes
            continue
        digest = hashlib.sha256()
        for chunk in _copy(piece, target):
            cancel.check()
            digest.update(chunk)
            done += len(chunk)
            copied += len(chunk)
            now = time.monotonic()
            if now - said >= _SAY_SECONDS:
                said = now
                # Links take no time, so only what is copied tells how fast the disk is.
                left = (total - done) * (now - started) / max(1, copied)
                text = f"Copying {piece.inside}, {size(done)} of {size(total)}"
                yield Progress("copy", text, share * done / total, left)
        digests[piece.inside] = digest.hexdigest()
    yield Progress("copy", "Comparing what was written", share)
    _compare(into, digests, cancel)
    # A link is the source itself: its digest can tell only whether that is still as the conversion made it.
    links = [piece for piece in wanted if piece.inside not in digests]
    digests |= {piece.inside: sha256(piece.source, cancel) for piece in links}
    yield Progress("copy", f"{len(wanted)} files are in place", share, 0.0)
    return Copied(len(wanted), done, linked, digests)


def sha256(path: Path, cancel: Cancel) -> str:
    """The digest of a file; worked out once while the file stays as it is.

    Raises:
        Failure: it cannot be read.
        Cancelled: in the middle.
    """
    try:
        return str(describe([path], cancel)[path.name]["sha256"])
    except Failure as failure:
        raise Failure(failure.cause, _ACCESS) from failure


def _compare(into: Path, digests: Mapping[str, str], cancel: Cancel) -> None:
    for inside, digest in digests.items():
        if sha256(into / inside, cancel) != digest:
            raise Failure(
                f"{into / inside} does not read back as it was written: the disk is damaged, or somebody"
                " else writes there.",
                "Try again, or deploy into a cache folder on another disk.",
            )


def link(source: Path, target: Path, method: Method) -> bool:
    """Link to `source`, symbolically or hard; False if the file system cannot."""
    try:
        target.unlink(missing_ok=True)
        if method == "symlink":
            target.symlink_to(source.resolve())
        else:
            # Resolved, since Linux would link to a symbolic link itself.
            os.link(source.resolve(), target)
    except (OSError, NotImplementedError):
        return False  # another volume, or a file system without links: copied instead
    return True


def _copy(piece: Piece, target: Path) -> Iterator[bytes]:
    """The bytes of `piece`, each yielded once it stands in `target`."""
    written = 0
    try:
        source = piece.source.open("rb")
    except OSError as error:
        raise unreadable(piece.source, error) from error
    with source:
        try:
            if target.is_symlink():
                target.unlink()
            comparing = target.exists()
            with target.open("r+b" if comparing else "xb") as file:
                while chunk := _read(piece.source, source):
                    comparing = comparing and file.read(len(chunk)) == chunk
                    if not comparing:
                        file.seek(written)
                        file.write(chunk)
                    written += len(chunk)
                    yield chunk
                file.truncate(written)
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
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> Failure:
    """The failure that says why a file of the model cannot be read."""
    return Failure(f"{path} cannot be read: {error.strerror or error}.", _ACCESS)
