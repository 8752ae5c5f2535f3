"""What changes in a file, as people know it from `diff -u`."""

from __future__ import annotations

import difflib
import re


def unified(before: str, after: str, name: str, context: int = 3) -> str:
    """The unified diff from `before` to `after`, empty if they are the same.

    A last line without a line end is marked as `diff` marks it, so that it is a difference one can see.
    """
    lines: list[str] = []
    for line in difflib.unified_diff(_lines(before), _lines(after), name, f"{name} (new)", n=context):
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(lines)


def _lines(text: str) -> list[str]:
    """Lines end with \\n alone; `splitlines` would part a text at U+2028 too."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
