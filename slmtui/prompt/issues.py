"""What is wrong with an `inference_model.json`, and the words for text that is no JSON at all."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, Literal

from slmtui.config import json_text

_FOREIGN = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_QUOTES = 'Quote texts and keys with ".'
_COMMENT = ("There is a comment", "Remove it: JSON has no comments.")
# The usual mistakes, by the character the parser stumbled over, or by what it says (CPython's json).
_BY_CHARACTER = {
    "'": ("A text is quoted with '", _QUOTES),
    "\u201c": ("A text is quoted with \u201c", _QUOTES),
    "\u201e": ("A text is quoted with \u201e", _QUOTES),
    "/": _COMMENT,
    "#": _COMMENT,
}
_BY_MESSAGE = {
    # Python 3.13 and newer point at the comma itself.
    "Illegal trailing comma": ("There is a comma behind the last entry", "Remove the comma."),
    "Invalid control character": (
        "A text holds a line break or another control character",
        r"Write a line break as \n.",
    ),
    "Invalid \\escape": ("A backslash stands before a character it does not go with", r"Write \\ for one."),
    "Invalid \\uXXXX": (r"\u is not followed by four hexadecimal digits", r"Write for example \u00e9."),
    "Extra data": ("There is more text behind the end of the object", "Remove what follows the last }."),
    "Unterminated string": ("A text has no closing quote", 'Close it with ".'),
}
_LONE_SURROGATE = re.compile(
    r"[\ud800-\udfff]|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
_SAVE_AS_UTF8 = "Save the file as UTF-8 without a byte order mark; slmtui does so when it writes."


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: `where` is the dotted key or empty for the whole file.

    `line` and `column` count from 1: where the thing stands, or what it is missing from.

    An error makes the file useless to Foundry Local, or the model babble; a warning does not.
    """

    severity: Literal["error", "warning"]
    line: int | None
    where: str
    cause: str
    fix: str
    column: int | None = None


def decode(data: str | bytes) -> tuple[str, Issue | None]:
    """The text of a file, and what is wrong with its encoding.

    Foundry Local reads UTF-8; it skips a file in another encoding without a word.
    """
    if isinstance(data, str):
        return _without_mark(data)
    for mark, name in _FOREIGN:
        if data.startswith(mark):
            return "", _file_issue(f"The file is {name}; Foundry Local reads UTF-8 only.", _SAVE_AS_UTF8)
    if b"\x00" in data[:4]:
        return "", _file_issue("The file is UTF-16 or UTF-32; Foundry Local reads UTF-8 only.", _SAVE_AS_UTF8)
    try:
        return _without_mark(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        cause = f"The byte 0x{data[error.start]:02x} at position {error.start} is not UTF-8."
        return "", Issue("error", line, "", cause, _SAVE_AS_UTF8)


def readable(data: bytes) -> str:
    """The text of a file for people to look at, whatever its encoding; bytes that fit none are replaced."""
    encoding = next((name for mark, name in _FOREIGN if data.startswith(mark)), "utf-8-sig")
    return data.decode(encoding, "replace")


def load(text: str) -> tuple[dict[str, Any], Issue | None]:
    """The JSON object `text` stands for, or why it stands for none."""
    try:
        value = json_text.load(text)
    except JSONDecodeError as error:
        return {}, _syntax_issue(text, error)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).rstrip(".")
        return {}, _file_issue(f"The file is no valid JSON: {why}.", "Write plain numbers and texts.")
    if (half := _half_character(text, value)) is not None:
        return {}, half
    if isinstance(value, dict):
        return value, None
    return {}, _file_issue("The file holds no JSON object.", 'Begin it with "{" and end it with "}".')


def _without_mark(text: str) -> tuple[str, Issue | None]:
    if not text.startswith("\ufeff"):
        return text, None
    issue = Issue("error", 1, "", "The file begins with a byte order mark, which is no JSON.", _SAVE_AS_UTF8)
    return text[1:], issue


def _half_character(text: str, value: object) -> Issue | None:
    """Python reads half of a surrogate pair, other readers refuse the whole file, and UTF-8 has none."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        place = _LONE_SURROGATE.search(text)
        line = json_text.line_of(text, place.start()) if place else 1
        cause = r"A text holds half a character (one of \ud800 to \udfff alone)."
        return Issue("error", line, "", cause, "Write the whole character.")
    return None


def _file_issue(cause: str, fix: str) -> Issue:
    return Issue("error", 1, "", cause, fix)


def _syntax_issue(text: str, error: JSONDecodeError) -> Issue:
    """The parser's finding, where the mistake was made rather than where it was noticed."""
    at, found = error.pos, text[error.pos : error.pos + 1]
    before = text[:at].rstrip()
    by_message = next((words for start, words in _BY_MESSAGE.items() if error.msg.startswith(start)), None)
    if not text.strip():
        at, cause, fix = 0, "The file is empty", "Reset it to what was derived from the model."
    elif found in _BY_CHARACTER:
        cause, fix = _BY_CHARACTER[found]
    elif found in ("}", "]") and before.endswith(","):
        at, cause, fix = len(before) - 1, "There is a comma behind the last entry", "Remove the comma."
    elif error.msg.startswith("Expecting ',' delimiter") and found == '"':
        at, cause, fix = len(before), "A comma is missing", "Put a comma behind this entry."
    elif by_message is not None:
        cause, fix = by_message
    elif not found:
        cause, fix = "The file ends too early", "Close what is open with } or a quote."
    else:
        cause, fix = f"{error.msg}, found {found!r}", "Correct the JSON at that place."
    column = json_text.column_of(text, at)
    line = json_text.line_of(text, at)
    return Issue("error", line, "", f"{cause} (column {column}).", fix, column)
