"""Suites as files: JSONL, UTF-8. A mistake is named with its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from slmtui.config.files import read_bytes, write_atomic
from slmtui.events import Failure
from slmtui.measure.suite import CHECKS, Suite, SuiteLine
from slmtui.runtime.parameters import Message

_MOST_BYTES = 50_000_000
_ROLES = ("system", "user", "assistant")
_NOTES = ("answer", "model", "name")
_KEYS = ("prompt", "messages", "system", "similarity", *CHECKS, *_NOTES)
_EXAMPLE = '{"prompt": "How do I reset it?", "contains": ["ten seconds"]}'


class _Wrong(ValueError):
    """What is wrong with a line, and what to do."""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause)
        self.fix = fix


def read_suite(path: Path) -> Suite:
    """The suite in a file; empty lines do not count.

    Raises:
        Failure: it cannot be read, or a line is wrong; the cause names the line.
    """
    try:
        raw = read_bytes(path, _MOST_BYTES)
    except OSError as error:
        raise Failure(
            f"The suite {path} cannot be read: {error.strerror or error}.", "Name another file."
        ) from error
    if len(raw) > _MOST_BYTES:
        raise Failure(
            f"{path} has over {_MOST_BYTES // 1_000_000} MB, which is no suite.", "Name another file."
        )
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        raise Failure(f"{path}, line {number}, is not UTF-8.", "Save the file as UTF-8.") from error
    return parse_suite(text, path)


def parse_suite(text: str, path: Path) -> Suite:
    """The suite in a text, as that of a file; empty lines do not count.

    Raises:
        Failure: a line is wrong; the cause names the file and the line.
    """
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                lines.append(parse_line(line))
            except _Wrong as wrong:
                raise Failure(f"{path}, line {number}: {wrong}.", wrong.fix) from wrong
    if not lines:
        raise Failure(f"The suite {path} has no lines.", f"Write one question a line: {_EXAMPLE}")
    return Suite(tuple(lines), path)


def write_suite(suite: Suite, path: Path) -> Suite:
    """Write it, whole or not at all; returns it as the suite of that file.

    Raises:
        Failure: it cannot be written.
    """
    text = "".join(json.dumps(line.to_json(), ensure_ascii=False) + "\n" for line in suite.lines)
    # A text that no UTF-8 can hold (half of a surrogate pair) is written by its number.
    write_atomic(path, text.encode("utf-8", "backslashreplace").decode("utf-8"))
    return Suite(suite.lines, path)


def line_of(value: Any) -> SuiteLine:
    """A line from its object, as the suite's editor has it.

    Raises:
        Failure: it is wrong.
    """
    try:
        return _line(value)
    except _Wrong as wrong:
        raise Failure(f"A line of a suite is wrong: {wrong}.", wrong.fix) from wrong


def parse_line(text: str) -> SuiteLine:
    """A line from its text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Wrong(
            f"it is no JSON: {error}", f"Write one JSON object a line, such as {_EXAMPLE}"
        ) from error
    return _line(value)


def _line(value: Any) -> SuiteLine:
    if not isinstance(value, dict):
        raise _Wrong("it is no object", f"Write one JSON object a line, such as {_EXAMPLE}")
    for key in value:
        if key not in _KEYS:
            near = get_close_matches(key, _KEYS, 1)
            fix = f"Did you mean {near[0]!r}?" if near else f"It may have {', '.join(_KEYS)}."
            raise _Wrong(f"it has {key[:60]!r}, which no line has", fix)
    fields = {name: read(value, name) for name, read in _READERS.items() if name in value}
    line = SuiteLine(_messages(value), **fields)
    if not line.checks:
        raise _Wrong("it checks nothing", f"Give it one of {', '.join(CHECKS)}.")
    return line


def _messages(value: Mapping[str, Any]) -> tuple[Message, ...]:
    if ("prompt" in value) == ("messages" in value):
        both = "both" if "prompt" in value else "neither"
        raise _Wrong(f"it has {both} of 'prompt' and 'messages'", "Give it one of the two.")
    system = [Message("system", _text(value, "system"))] if "system" in value else []
    if "prompt" in value:
        return (*system, Message("user", _text(value, "prompt")))
    given = value["messages"]
    shape = 'Write them as [{"role": "user", "content": "…"}], roles being system, user, assistant.'
    if not isinstance(given, list) or not given:
        raise _Wrong("its 'messages' are no list of messages", shape)
    for one in given:
        known = isinstance(one, dict) and one.get("role") in _ROLES and isinstance(one.get("content"), str)
        if not known or len(one) != 2:
            raise _Wrong("one of its messages has not a role and a content alone", shape)
    if given[-1]["role"] != "user":
        raise _Wrong("its last message is not the user's", "End with the question.")
    return (*system, *(Message(one["role"], one["content"]) for one in given))


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise _Wrong(f"its {name!r} is no text", f'Write "{name}": "…".')
    return text


def _texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    texts = [value[name]] if isinstance(value[name], str) else value[name]
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise _Wrong(f"its {name!r} is no text or list of texts", f'Write "{name}": ["…"].')
    return tuple(texts)


def _count(line: Mapping[str, Any], name: str) -> int:
    value = line[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _Wrong(f"its {name!r} is no whole number from 1 on", 'Write "max_tokens": 100.')
    return value


def _share(value: Mapping[str, Any], name: str) -> float:
    share = value[name]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise _Wrong("its 'similarity' is no number above 0, up to 1", 'Write "similarity": 0.8.')
    if "similar" not in value:
        raise _Wrong("it has a 'similarity', but no 'similar' text", 'Add "similar": "the reference answer".')
    return float(share)


def _pattern(value: Mapping[str, Any], name: str) -> str:
    import regex

    pattern = _text(value, name)
    try:
        regex.compile(pattern)
    except regex.error as error:
        raise _Wrong(f"its 'regex' is no pattern: {error}", "Mend it; a backslash is two in JSON.") from error
    return pattern


def _schema(value: Mapping[str, Any], name: str) -> Any:
    from slmtui.measure.suite_schema import schema_mistake

    schema = value[name]
    if mistake := schema_mistake(schema):
        raise _Wrong(f"its 'json_schema' is no JSON Schema: {mistake}", "Mend it (draft 2020-12).")
    return schema


_READERS: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    **dict.fromkeys(("equals", "similar", *_NOTES), _text),
    **dict.fromkeys(("contains", "not_contains"), _texts),
    "max_tokens": _count,
    "similarity": _share,
    "regex": _pattern,
    "json_schema": _schema,
}
