"""A long answer in parts that stay as they are while it grows, so that only its end is parsed anew.

An answer is cut between two blocks of its Markdown where that is possible. A long block of code, list or
table is cut between two of its lines: the next part begins with what makes its lines belong to such a block
(the fence, the head of the table), and `joins` the one before it without a gap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A part has at least so many characters, if something comes after it; what has no gap is cut at the second.
PART, LONGEST = 900, 1_800

_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})[^`\n]*$")
_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)]) ")
_BEGUN = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)]?)$")  # what may become the mark of an item
_RULE = re.compile(r" {0,3}\|?[ :|-]*-[ :|-]*$")


@dataclass(frozen=True, slots=True)
class Part:
    """Markdown to be shown; `joins`: it goes on with the block that the part before it ends with."""

    text: str
    joins: bool = False


class Cutter:
    """Cuts one answer while it grows; all parts but the last stay as they are."""

    def __init__(self) -> None:
        self._done: list[Part] = []
        self._at = 0
        self._opening = ""
        self._joins = False

    def cut(self, text: str) -> list[Part]:
        """The parts of `text`, which begins with the text of the last call."""
        while (found := _next_cut(text, self._at, self._opening)) is not None:
            at, opening, joins = found
            self._done.append(Part(self._opening + text[self._at : at], self._joins))
            self._at, self._opening, self._joins = at, opening, joins
        return [*self._done, Part(self._opening + text[self._at :], self._joins)]


def _next_cut(text: str, start: int, opening: str) -> tuple[int, str, bool] | None:
    """Where the next part begins, what it has to begin with, and whether it joins; None while that is open.

    Only whole lines count, and the first character of the one that begins the part: what comes later does
    not change where a text was cut.
    """
    if len(text) - start < PART:
        return None
    lines = _Lines(opening)
    at = gap = start
    while at < len(text):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        size = at - start
        if size >= PART:
            found = lines.cut_before(line, whole=end >= 0, long=size >= LONGEST)
            if found is not None:
                # Empty lines in code are a part of it; at the end of a block they would be lost.
                return (gap if lines.in_code else at), *found
        if end < 0:
            return None
        lines.take(line)
        at = end + 1
        if line.strip():
            gap = at
    return None


class _Lines:
    """What the lines so far have opened: a block of code, a list, a table."""

    def __init__(self, opening: str) -> None:
        self._blank = True
        self._fence = self._head = self._list = ""
        self._before = ""
        for line in opening.splitlines():
            self.take(line)
        self._first = not opening

    def cut_before(self, line: str, *, whole: bool, long: bool) -> tuple[str, bool] | None:
        """What stands before `line` in a part that begins with it, and whether it joins; None if none can."""
        if not line.strip():
            return None
        if self._fence:
            if line.lstrip(" ").startswith(self._marks[0]) and not (whole and not self._closes(line)):
                return None
            return (self._fence + "\n", True) if self._blank or long else None
        if self._head:
            return (self._head + "\n", True) if long else None
        if line[0].isspace() or (not whole and _BEGUN.match(line)):
            return None
        item = _ITEM.match(line) is not None
        if self._blank or (item and self._list):
            return "", item and bool(self._list)
        return None

    @property
    def in_code(self) -> bool:
        """Whether a block of code is open."""
        return bool(self._fence)

    def take(self, line: str) -> None:
        """Another whole line."""
        if self._fence:
            if self._closes(line):
                self._fence = ""
        elif fence := _FENCE.match(line):
            self._fence, self._marks, self._head, self._list = line, fence["marks"], "", ""
        elif not line.strip():
            self._head = ""
        else:
            if self._before and "|" in self._before and _RULE.match(line):
                self._head = f"{self._before}\n{line}"
            if not line[0].isspace():
                item = _ITEM.match(line)
                if self._blank:
                    self._list = item[0] if item else ""
                elif item and not item[0][0].isdigit():
                    self._list = item[0]
        self._blank = not line.strip()
        self._before = "" if self._blank or self._fence else line

    _marks = ""

    def _closes(self, line: str) -> bool:
        bare = line.strip()
        return bare.startswith(self._marks) and not bare.strip(self._marks[0])
