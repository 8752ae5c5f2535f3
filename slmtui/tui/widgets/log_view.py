"""A job's log: searched, filtered by level, copied, followed or held."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from slmtui.tui.format import MUTED, safe
from slmtui.tui.jobs import LOG_LINES
from slmtui.tui.widgets.log_lines import LogLines, ShownLine, brief, level_of

Level: TypeAlias = Literal["all", "warnings", "errors"]
_LEVELS: tuple[Level, ...] = ("all", "warnings", "errors")


class LogView(Vertical):
    """The log and one line about it; `/` opens the search."""

    DEFAULT_CSS = """
    LogView {
        height: 1fr;
        min-height: 4;
        .log-bar { height: 1; display: none; }
        .log-search { width: 1fr; display: none; }
        .log-state { width: auto; min-width: 1; max-width: 100%; }
        .job-log {
            height: 1fr;
            background: $surface;
            color: $text-muted;
            scrollbar-size-vertical: 1;
            scrollbar-size-horizontal: 0;
        }
        .job-log:focus { background-tint: $foreground 3%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next(1)", "Next match", show=False),
        Binding("N,shift+n", "next(-1)", "Match before", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._all: deque[ShownLine] = deque(maxlen=LOG_LINES)
        self._shown: deque[str] = deque(maxlen=LOG_LINES)
        self._level: Level = "all"
        self._at = -1
        self._room = 0  # cells that the line about it has had at the most
        # Shown and hidden one by one: for a class of the whole all styles in it would be looked up.
        self._log = LogLines()
        self._field = Input(placeholder="search the log", compact=True, classes="log-search")
        self._state = Static(classes="log-state")
        self._bar = Horizontal(self._field, self._state, classes="log-bar")

    def compose(self) -> ComposeResult:
        yield self._log
        yield self._bar

    @property
    def lines(self) -> Sequence[str]:
        """The lines that pass the filter, as they are shown."""
        return self._shown

    @property
    def text(self) -> str:
        """The same as they were written, to be copied."""
        return "\n".join(line.text for line in self._all if self._passes(line.level))

    @property
    def follows(self) -> bool:
        """Whether new lines come into sight by themselves."""
        return self._log.auto_scroll

    def start(self, lines: Iterable[str]) -> None:
        """Show the log of another job, as it opens."""
        self._all.clear()
        self._at, self._level = -1, "all"
        self._log.auto_scroll = True
        self._fill()
        self.add(lines)

    def add(self, lines: Iterable[str]) -> None:
        """Show more lines."""
        new: list[ShownLine] = []
        level = self._all[-1].level if self._all else ""
        for line in lines:
            level = level_of(line, level)
            new.append(ShownLine(line, level, brief(line)))
        self._all.extend(new)
        shown = [line.brief for line in new if self._passes(line.level)]
        if shown:
            self._shown.extend(shown)
            self._log.write_lines(shown)
        if self._bar.display:
            self._say()

    def _passes(self, level: str) -> bool:
        return self._level == "all" or level == "error" or (self._level == "warnings" and level == "warning")

    def _fill(self) -> None:
        self._shown.clear()
        self._shown.extend(line.brief for line in self._all if self._passes(line.level))
        log = self._log
        log.clear()
        log.write_lines(self._shown)

    # What can be done

    def search(self) -> None:
        """Open the search field."""
        self._bar.display = self._field.display = True
        self._say()
        self._field.focus()

    def close_search(self) -> bool:
        """Close the search field; False if it was not open."""
        if not self._field.display:
            return False
        self._field.display = False
        self._log.mark("")
        self._at = -1
        self._log.focus()
        self._say()
        return True

    def next_level(self) -> None:
        """Show all lines, warnings and errors, or errors alone."""
        self._level = _LEVELS[(_LEVELS.index(self._level) + 1) % len(_LEVELS)]
        self._bar.display = True
        self._at = -1
        self._fill()
        self._say()

    def follow(self) -> None:
        """Hold the log where it is, or follow it again."""
        log = self._log
        log.auto_scroll = not log.auto_scroll
        if log.auto_scroll:
            log.scroll_end(animate=False)
        self._bar.display = True
        self._say()

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self._log.mark(event.value)
        self._at = -1
        self.action_next(1)

    @on(Input.Submitted)
    def _again(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next(1)

    def action_next(self, step: int) -> None:
        """Go to the next line that holds what is searched for, round the end."""
        found = self._found()
        if found:
            here = self._at
            later = (
                [line for line in found if line > here]
                if step > 0
                else [line for line in found if line < here]
            )
            self._at = (later or found)[0 if step > 0 else -1]
            self._log.auto_scroll = False
            self._log.scroll_to(y=max(self._at - self._log.size.height // 2, 0), animate=False)
        self._say(found)

    def _found(self) -> list[int]:
        wanted = self._log.wanted.lower()
        return [number for number, line in enumerate(self._shown) if wanted in line.lower()] if wanted else []

    def _say(self, found: list[int] | None = None) -> None:
        words = (
            [] if self._level == "all" else [f"{self._level} only" if self._shown else f"no {self._level}"]
        )
        if not self.follows:
            words.append("held")
        if self._log.wanted:
            found = self._found() if found is None else found  # all lines are looked through for it
            number = found.index(self._at) + 1 if self._at in found else 0
            words.append(f"{number} of {len(found)}" if found else "not found")
        said = Content.styled(f" {safe(', '.join(words) or 'following')}", MUTED)
        # Typing in the field lays nothing out anew unless more room is needed.
        more = said.cell_length > self._room
        self._room = max(said.cell_length, self._room)
        self._state.update(said, layout=more)
