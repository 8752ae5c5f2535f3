"""Reading a model's JSON files, and saying what is wrong with one in a person's words."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

from slmtui.events import Failure

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
FETCH_AGAIN = "fetch the file again from where the model came from"
_BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
    # transformers decodes as plain UTF-8, and Python's JSON parser refuses the mark.
    (codecs.BOM_UTF8, "UTF-8 with a byte order mark"),
)


def read_json(path: Path, *, again: str = FETCH_AGAIN) -> dict[str, Any]:
    """The JSON object in `path`, UTF-8 as transformers reads it.

    `again` is how to get a whole one where it is damaged, in the words of an order.

    Raises:
        Failure: unreadable, not UTF-8, not JSON (naming the line), or not an object.
    """
    anew = f"{again[0].upper()}{again[1:]}."
    raw = read_bytes(path)
    encoding = next((name for bom, name in _BOMS if raw.startswith(bom)), None)
    if encoding is None and b"\0" in raw[:64]:
        encoding = "UTF-16"
    if encoding is not None:
        raise Failure(
            f"{path.name} is encoded as {encoding}; the tools that read it take plain UTF-8 alone.",
            f"Open {path} in an editor and save it as UTF-8 without a byte order mark.",
        )
    text = decode(path, raw)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if raw.strip() and (error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")):
            raise Failure(f"{path.name} ends in the middle: it is cut off.", anew) from error
        what = "is empty" if not raw.strip() else f"is no valid JSON, line {error.lineno}: {error.msg}"
        raise Failure(
            f"{path.name} {what}{_excerpt(error) if raw.strip() else ''}.",
            f"Mend line {error.lineno} of {path}, or {again}.",
        ) from error
    except RecursionError as error:
        raise Failure(f"{path.name} is nested too deeply to be a configuration.", anew) from error
    if not isinstance(value, dict):
        raise Failure(f"{path.name} holds a JSON {_KINDS.get(type(value), 'value')}, not an object.", anew)
    return value


def decode(path: Path, raw: bytes) -> str:
    """The text of `path`, whose bytes are `raw`; a byte order mark stays in it.

    Raises:
        Failure: it is not UTF-8 (naming the line).
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Failure(
            f"{path.name} is not UTF-8: line {line} holds the byte 0x{raw[error.start]:02X}.",
            f"Open {path} in an editor and save it as UTF-8.",
        ) from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a small file.

    Raises:
        Failure: it cannot be read, or Git LFS left its pointer in its place.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    refuse_lfs_pointer(path, raw)
    return raw


def refuse_lfs_pointer(path: Path, start: bytes) -> None:
    """Raise if `start`, the first bytes of `path`, show a Git LFS pointer."""
    if start.startswith(LFS_POINTER):
        raise Failure(
            f"{path.name} is a Git LFS pointer: the file itself was never downloaded.",
            f"Run `git lfs pull` in {path.parent}, or fetch the model with `hf download`.",
        )


def unreadable(path: Path, error: OSError) -> Failure:
    """The failure that says why `path` cannot be read."""
    return Failure(
        f"{path} cannot be read: {error.strerror or error}.",
        "Check that it is there and may be read.",
    )


_KINDS = {list: "list", str: "text", int: "number", float: "number", bool: "value", type(None): "null"}


def _excerpt(error: json.JSONDecodeError) -> str:
    """The text the parser stumbled over, so that it can be found at a glance."""
    lines = error.doc.splitlines()
    line = lines[error.lineno - 1].strip() if error.lineno <= len(lines) else ""
    return f" (at {line[:60]!r})" if line else ""
