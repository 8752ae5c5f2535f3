"""JSON as the text a person edits: where each key stands, and how to change one value and nothing else.

Positions count characters from 0, lines and columns from 1. A path names its members from the outermost in;
the elements of a list are called `[0]`, `[1]` and so on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from slmtui.events import Failure

Keys: TypeAlias = tuple[str, ...]
_SPACE = re.compile(r"[ \t\r\n]*")
_BLANK = re.compile(r"[ \t]*")
_DECODER = json.JSONDecoder()
# As deep as `inference_model.json` goes.
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class Span:
    """A member of an object: where its key begins (for the whole text: 0), its value begins and ends.

    An element of a list has no key; it begins with its value.
    """

    key: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands; a key that stands twice counts where it stands last, as in `json.loads`."""

    spans: Mapping[Keys, Span]
    doubles: tuple[Keys, ...]


def load(text: str) -> Any:
    """The value `text` stands for, by the strict rules of JSON: no `NaN`, no `Infinity`.

    Raises:
        ValueError: it is no JSON (`JSONDecodeError` with a position, where there is one).
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_constant=_refuse)


def line_of(text: str, position: int) -> int:
    """The line `position` is on."""
    return text.count("\n", 0, position) + 1


def column_of(text: str, position: int) -> int:
    """The column `position` is in."""
    return position - _line_start(text, position) + 1


def spelled(path: Keys) -> str:
    """A path as people write it: `systems.local.accelerators[0]`."""
    return ".".join(path).replace(".[", "[")


def layout(text: str, depth: int = _DEPTH) -> Layout:
    """Where the keys of valid JSON text stand, down to `depth` levels."""
    start = _skip(text, 0)
    spans: dict[Keys, Span] = {(): Span(0, start, _DECODER.raw_decode(text, start)[1])}
    doubles: list[Keys] = []
    level: list[Keys] = [()]
    for _ in range(depth):
        # Level by level, so that of two members with one name only the last is looked into.
        found: dict[Keys, Span] = {}
        for parent in level:
            if text[spans[parent].start] in "{[":
                for name, span in _members(text, spans[parent].start):
                    path = (*parent, name)
                    if path in found:
                        doubles.append(path)
                    found[path] = span
        spans |= found
        level = list(found)
    return Layout(MappingProxyType(spans), tuple(doubles))


def set_field(text: str, key: str, value: Any) -> str:
    """`text` with the value at the dotted `key` (`ModelConfig.top_p`) replaced; all else stays as it is.

    A key that is missing is added behind its sisters, and an object it needs is made. None removes the key.

    Raises:
        Failure: the text is no JSON object, or the key leads through something that is none.
    """
    return set_at(text, tuple(key.split(".")), value)


def set_at(text: str, path: Keys, value: Any) -> str:
    """`set_field` for a path whose names may hold dots, or lead through lists.

    Raises:
        Failure: as `set_field`.
    """
    try:
        if not isinstance(load(text), dict):
            raise Failure("The file holds no JSON object.", 'Begin it with "{" and end it with "}".')
    except (ValueError, RecursionError) as error:
        raise Failure(f"The file is no valid JSON: {error}.", "Mend it in the editor first.") from error
    spans = layout(text, len(path)).spans
    if path in spans:
        span = spans[path]
        if value is None:
            return _without(text, spans[path[:-1]], span)
        return text[: span.start] + _dump(value, _indent(text, span.key)) + text[span.end :]
    if value is None:
        return text
    for name in reversed(path[1:]):
        if path[:-1] in spans:
            break
        value, path = {name: value}, path[:-1]
    parent = spans[path[:-1]]
    if text[parent.start] != "{":
        raise Failure(
            f"{'.'.join(path[:-1])} is no JSON object, so it cannot hold {path[-1]}.",
            f'Write "{path[-2]}": {{}} first.',
        )
    return _with(text, parent, path[-1], value)


def replace_member(text: str, path: Keys, members: Mapping[str, Any]) -> str:
    """`text` with `members` in place of the member of an object at `path`; where there are none, without it.

    Raises:
        Failure: the text is no JSON object, or has no such member.
    """
    if not members:
        return set_at(text, path, None)
    spans = layout(text, len(path)).spans
    if path not in spans:
        raise Failure(f"The file has no {spelled(path)}.", "Check it again: it has changed.")
    span = spans[path]
    gap = text[_line_start(text, span.key) : span.key]
    own_line = not gap.strip()
    indent = _indent(text, span.key)
    written = [f"{json.dumps(name)}: {_dump(value, indent)}" for name, value in members.items()]
    return text[: span.key] + (f",\n{gap}" if own_line else ", ").join(written) + text[span.end :]


def _members(text: str, start: int) -> Iterator[tuple[str, Span]]:
    """The members of the object, or the elements of the list, that begins at `start`."""
    at = _skip(text, start + 1)
    keyed = text[start] == "{"
    number = 0
    while text[at] not in "}]":
        key = at
        name = f"[{number}]"
        number += 1
        if keyed:
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, at) + 1
        value = _skip(text, at)
        end = _DECODER.raw_decode(text, value)[1]
        yield name, Span(key, value, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _with(text: str, parent: Span, name: str, value: Any) -> str:
    """`text` with a member added at the end of the object `parent`."""
    members = [span for _, span in _members(text, parent.start)]
    outer = _indent(text, parent.key)
    if members:
        last = members[-1]
        gap = text[_line_start(text, last.key) : last.key]
        own_line = not gap.strip()
        between = f",\n{gap}" if own_line else ", "
        member = f"{json.dumps(name)}: {_dump(value, gap if own_line else outer)}"
        return text[: last.end] + between + member + text[last.end :]
    inner = outer + "  "
    member = f"{json.dumps(name)}: {_dump(value, inner)}"
    return f"{text[: parent.start]}{{\n{inner}{member}\n{outer}}}{text[parent.end :]}"


def _without(text: str, parent: Span, member: Span) -> str:
    """`text` without `member`, and without the comma that parted it from its sisters."""
    spans = [span for _, span in _members(text, parent.start)]
    index = spans.index(member)
    if index > 0:
        return text[: spans[index - 1].end] + text[member.end :]
    if len(spans) > 1:
        return text[: member.key] + text[spans[1].key :]
    return text[: parent.start] + "{}" + text[parent.end :]


def _dump(value: Any, indent: str) -> str:
    # A lone surrogate cannot be written as UTF-8; its escape can, and the check names it.
    lines = json.dumps(value, indent=2, ensure_ascii=not _encodable(value)).split("\n")
    return f"\n{indent}".join(lines)


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _indent(text: str, position: int) -> str:
    start = _line_start(text, position)
    return text[start : _skip(text, start, _BLANK)]


def _line_start(text: str, position: int) -> int:
    return text.rfind("\n", 0, position) + 1


def _skip(text: str, position: int, pattern: re.Pattern[str] = _SPACE) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
