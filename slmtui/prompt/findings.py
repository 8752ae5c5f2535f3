"""Collects what is wrong with a file, each thing at the line and column where it stands."""

from __future__ import annotations

from typing import Literal

from slmtui.config.json_text import Keys, column_of, layout, line_of, spelled
from slmtui.prompt.issues import Issue

# As deep as `inference_model.json` goes: ModelConfig, stop, one of its texts.
_DEPTH = 3


class Findings:
    """The issues of `text`, which has to be valid JSON; `issues` grows with `add`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._layout = layout(text, _DEPTH)
        self.issues: list[Issue] = []

    @property
    def doubles(self) -> tuple[Keys, ...]:
        """The keys that stand twice."""
        return self._layout.doubles

    def add(self, severity: Literal["error", "warning"], keys: Keys, cause: str, fix: str) -> None:
        """Note an issue at `keys`, or where there is no such key at the object it belongs in."""
        there = next(keys[:n] for n in range(len(keys), -1, -1) if keys[:n] in self._layout.spans)
        span = self._layout.spans[there]
        at = span.key if there else span.start
        line, column = line_of(self._text, at), column_of(self._text, at)
        self.issues.append(Issue(severity, line, spelled(keys), cause, fix, column))

    def in_order(self) -> tuple[Issue, ...]:
        """The issues from the top of the file to its end."""
        return tuple(sorted(self.issues, key=lambda i: (i.line or 0, i.severity, i.column or 0)))
