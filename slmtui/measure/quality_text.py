"""The text that quality is measured on: our own, or the user's file."""

from __future__ import annotations

import codecs
from pathlib import Path

from slmtui.config.files import read_bytes
from slmtui.events import Failure
from slmtui.measure.quality_figures import BUILT_IN

_FILE = Path(__file__).with_name("quality.txt")
# A text file of this size has many times the tokens that are read.
_MOST_BYTES = 50_000_000
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_text(file: Path | None) -> tuple[str, str]:
    """The text's title and the text itself; None for the built-in one.

    Raises:
        Failure: it cannot be read, is no text, or is empty.
    """
    if file is None:
        return BUILT_IN, _FILE.read_text(encoding="utf-8")
    try:
        raw = read_bytes(file, _MOST_BYTES)
    except OSError as error:
        raise Failure(
            f"The text {file} cannot be read: {error.strerror or error}.", "Name a text file that is there."
        ) from error
    if len(raw) > _MOST_BYTES:
        raise Failure(f"{file} has over {_MOST_BYTES // 1_000_000} MB.", "Name a part of it: some pages do.")
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Failure(
            f"The text {file} is not {encoding.upper()}: line {line} has the byte 0x{raw[error.start]:02X}"
            f" at position {error.start:,}.",
            "Save it as UTF-8 (in Python: text.decode('cp1252') for most older Windows files).",
        ) from error
    if "\0" in text:
        raise Failure(f"{file} is not a text: it has zero bytes.", "Name a plain text file.")
    if not text.strip():
        raise Failure(f"The text {file} is empty.", "Name a file with some paragraphs of text.")
    return file.name, text
