"""Text that is no JSON: where it stops being so, and the slips that can be mended."""

from __future__ import annotations

import json
import re

from slmtui.config.json_text import column_of, layout, line_of, load, spelled
from slmtui.conversion.rules.finding import Edit, Finding, Splice

_WORDS = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "NULL": "null"}
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_CURLY = re.compile(r"[“”„‟]([^“”„‟\"\n]*)[“”„‟\"]|\"([^“”„‟\"\n]*)[“”„‟]")
_SINGLE = re.compile(r"'([^'\"\\\n]*)'")
_NAME = re.compile(r"[A-Za-z_]\w*(?=\s*:)")
_WORD = re.compile(r"[A-Za-z]+")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_TIDY = "Write it as JSON wants it."


def syntax(text: str) -> Finding | None:
    """What keeps `text` from being a JSON object; None if nothing does."""
    if text.startswith("\ufeff"):
        return Finding(
            "error",
            "",
            1,
            1,
            "The text begins with a byte order mark, which Olive cannot read.",
            "Take it away.",
            (Splice(0, 1, ""),),
        )
    if not text.strip():
        return Finding("error", "", 1, 1, "The text is empty.", "Paste a configuration of Olive's.")
    try:
        value = load(text)
    except json.JSONDecodeError as error:
        return _slip(text, error)
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Finding("error", "", 1, 1, f"This is no valid JSON: {what}.", "Mend it in the editor.")
    if not isinstance(value, dict):
        return Finding(
            "error", "", 1, 1, "This is JSON, but no object.", 'Begin it with "{", end it with "}".'
        )
    return None


def doubles(text: str) -> list[Finding]:
    """Keys that stand twice in one object of valid JSON."""
    found = layout(text, 10)
    return [
        Finding(
            "warning",
            spelled(path),
            line_of(text, found.spans[path].key),
            column_of(text, found.spans[path].key),
            f"{path[-1]} stands here twice; the last one counts.",
            "Remove the one that is not meant.",
        )
        for path in found.doubles
        if path in found.spans
    ]


def _slip(text: str, error: json.JSONDecodeError) -> Finding:
    """The finding for a place where the JSON parser gave up."""
    at = error.pos
    cause, fix, edit = _known(text, at) or (*_unknown(text, error), None)
    if edit is not None:
        at = min(part.start for part in edit if isinstance(part, Splice))
    return Finding("error", "", line_of(text, at), column_of(text, at), cause, fix, edit)


def _known(text: str, at: int) -> tuple[str, str, Edit] | None:
    """A slip at `at` that people make often, with its mending."""
    before = text[:at].rstrip()
    # Since Python 3.13 the parser points at the comma itself.
    comma = at if text[at : at + 1] == "," else len(before) - 1
    after = text[comma + 1 :].lstrip()
    if text[comma : comma + 1] == "," and after[:1] in ("}", "]"):
        return "A comma stands before the closing bracket.", "Take it away.", (Splice(comma, comma + 1, ""),)
    if comment := _COMMENT.match(text, at):
        return "JSON has no comments.", "Take the comment away.", (Splice(at, comment.end(), ""),)
    if match := _CURLY.match(text, at) or _curly_before(text, at):
        inner = next(part for part in match.groups() if part is not None)
        edit = (Splice(match.start(), match.end(), json.dumps(inner, ensure_ascii=False)),)
        return "The quotation marks are curly; JSON knows straight ones.", _TIDY, edit
    if match := _SINGLE.match(text, at):
        edit = (Splice(at, match.end(), json.dumps(match[1], ensure_ascii=False)),)
        return "The text stands in single quotation marks; JSON wants double ones.", _TIDY, edit
    if (match := _WORD.match(text, at)) and match[0] in _WORDS:
        right = _WORDS[match[0]]
        return f"{match[0]} is Python; JSON writes {right}.", _TIDY, (Splice(at, match.end(), right),)
    if match := _NAME.match(text, at):
        edit = (Splice(at, match.end(), f'"{match[0]}"'),)
        return f"The key {match[0]} has no quotation marks.", _TIDY, edit
    return _backslash(text, at) or _missing(text, at, before)


def _unknown(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    """What is wrong where no mending is known, in other words than the parser's where they say more."""
    if error.msg.startswith("Unterminated") or error.pos >= len(text.rstrip()):
        return "The text ends in the middle.", "Paste all of it."
    if error.msg.startswith("Invalid control character"):
        if text[error.pos] in "\r\n":
            return "A text has no closing quotation mark.", 'Close it with ".'
        return "A text holds a control character, such as a tab.", "Write a tab as \\t."
    return f"This is no valid JSON: {error.msg[0].lower()}{error.msg[1:]}.", "Mend it in the editor."


def _curly_before(text: str, at: int) -> re.Match[str] | None:
    """A text that begins with a straight mark and ends with a curly one, so that it never ends."""
    match = _CURLY.match(text, text.rfind('"', 0, at + 1))
    return match if match and match[0][0] == '"' else None


def _backslash(text: str, at: int) -> tuple[str, str, Edit] | None:
    """A Windows path, whose backslashes begin escapes that do not exist."""
    start = max(text.rfind("\n", 0, at), -1) + 1
    for match in _STRING.finditer(text, start):
        if match.start() < at < match.end() and "\\" in match[0]:
            right = re.sub(r"\\+", r"\\\\", match[0][1:-1])
            cause = "A backslash begins an escape in JSON; in a path it has to stand twice."
            return cause, "Write each of them twice.", (Splice(match.start() + 1, match.end() - 1, right),)
    return None


def _missing(text: str, at: int, before: str) -> tuple[str, str, Edit] | None:
    """A comma or closing brackets that are not there."""
    if at >= len(text.rstrip()):
        closing = _open_brackets(text)
        if closing and before and before[-1] in '}]"0123456789el':
            return (
                "The text ends in the middle.",
                f"Add {closing}",
                (Splice(len(before), len(before), closing),),
            )
        return None
    if text[at] == '"' and before and before[-1] in '}]"0123456789el':
        end = len(before)
        return "A comma is missing.", "Add it.", (Splice(end, end, ","),)
    return None


def _open_brackets(text: str) -> str:
    """The brackets that close what is open at the end of `text`; empty if a text is open."""
    bare = _STRING.sub("", text)
    if '"' in bare:
        return ""
    stack: list[str] = []
    for character in bare:
        if character in "{[":
            stack.append("}" if character == "{" else "]")
        elif character in "}]" and stack:
            stack.pop()
    return "".join(reversed(stack))
