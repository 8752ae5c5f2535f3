"""The lines of a job's log: how bad each is, as they are shown, and the widget that draws them."""

from __future__ import annotations

import re
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.strip import Strip
from textual.widgets import Log

from slmtui.tui.at_once import Jumps
from slmtui.tui.jobs import LOG_LINES

_ERROR = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b|^Traceback \(|\b\w*(Error|Exception)\b:")
_WARNING = re.compile(r"\bWARN(ING)?\b|\w*Warning\b:?")
# As Olive writes its own.
_PREFIX = re.compile(r"\[[\d-]+ (?P<time>[\d:]{8}),\d+\] \[(?P<level>[A-Z]+)\] \[[^\]]*\] ")
_OTHER = re.compile(r"\b(INFO|DEBUG)\b")


def level_of(line: str, before: str = "") -> str:
    """The level of a line: "error", "warning" or "info"; `before` is that of the line before it."""
    if _ERROR.search(line):
        return "error"
    if _WARNING.search(line):
        return "warning"
    if _OTHER.search(line):
        return "info"
    # The lines of a traceback belong to the error they are part of.
    return "error" if before == "error" and line[:1] in " \t" else "info"


def brief(line: str) -> str:
    """A line without the date and the place in the program that wrote it: there is room for what it says."""
    found = _PREFIX.match(line)
    if found is None:
        return line
    level = "" if found["level"] == "INFO" else f"{found['level']} "
    return f"{found['time']} {level}{line[found.end() :]}"


class ShownLine(NamedTuple):
    """A line as it was written, its level, and as it is shown."""

    text: str
    level: str
    brief: str


class LogLines(Jumps, Log):
    """The lines themselves, with what is searched for in reverse.

    Textual's own looks up its style and makes each line anew whenever it is drawn; here that is done once.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--error", "log--warning"}
    DEFAULT_CSS = """
    LogLines {
        & > .log--error { color: $text-error; text-style: bold; }
        & > .log--warning { color: $text-warning; }
    }
    """

    def __init__(self) -> None:
        self._style: Style | None = None
        super().__init__(max_lines=LOG_LINES, auto_scroll=True, highlight=True, classes="job-log")
        self.wanted = ""
        self.highlighter = self._mark  # type: ignore[assignment]

    @property
    def rich_style(self) -> Style:
        """The style of a line: what stands behind the log does not shine through."""
        if self._style is None:
            self._style = super().rich_style
        return self._style

    def notify_style_update(self) -> None:
        """Textual calls it when any of the styles has changed."""
        self._style = None
        super().notify_style_update()

    def _render_line_strip(self, y: int, rich_style: Style) -> Strip:
        if self.text_selection is not None:
            return super()._render_line_strip(y, rich_style)
        strip = self._render_line_cache.get(y)
        if strip is None:
            strip = self._render_line_cache[y] = super()._render_line_strip(y, rich_style)
        return strip

    def _mark(self, text: Text) -> Text:
        if self.wanted:
            for found in re.finditer(re.escape(self.wanted), text.plain, re.IGNORECASE):
                text.stylize("reverse bold", *found.span())
        level = level_of(text.plain)
        if level != "info":
            text.stylize(self.get_component_rich_style(f"log--{level}", partial=True))
        return text

    def _update_size(self, updates: int, lines: list[str]) -> None:  # type: ignore[override]
        """How wide the longest line is; a thread of Textual's own asks for another layout when it is done."""
        if lines:
            self._update_maximum_width(updates, max(map(self._cells, lines)))

    def _cells(self, line: str) -> int:
        plain = line.isascii() and "\t" not in line
        return len(line) if plain else cell_len(self._process_line(line))

    def mark(self, wanted: str) -> None:
        """Mark another text."""
        self.wanted = wanted
        self._render_line_cache.clear()
        self.refresh()
