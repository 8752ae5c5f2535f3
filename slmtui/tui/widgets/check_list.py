"""The table of checks: what needs attention first, and what is still being looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static
from textual.widgets.option_list import Option

from slmtui.environment.check import Check
from slmtui.tui.format import MUTED, fit, icon, safe
from slmtui.tui.widgets.rows import RowList, Rows

_FIRST = {"fail": 0, "warn": 1}  # what needs attention; then what has no verdict yet, then the rest
_COLOURS = {"fail": "$text-error", "warn": "$text-warning", "skipped": MUTED}
_SIGN = 2  # the sign of a row's state and a space
_GAPS = 4  # between the three columns


class CheckList(RowList):
    """One line a check, in three columns as wide as the room allows."""

    DEFAULT_CSS = """
    CheckList {
        height: 1fr;
        #columns { height: 1; }
        #checks {
            height: 1fr;
            background: $background;
            background-tint: $background 0%;
            border: none;
            padding: 0;
            scrollbar-size-vertical: 1;
            text-wrap: nowrap;
        }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows: tuple[Check, ...] = ()
        self._pending: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="columns")
        yield Rows(id="checks", compact=True, markup=False)

    @property
    def label(self) -> str:
        """The name of the highlighted check, for the help."""
        check = self._current
        return check.title if check else ""

    @property
    def about(self) -> str:
        """What the highlighted check is about: why it matters, what it needs, and what mends it."""
        check = self._current
        if check is None:
            return ""
        needed = f"Needed: {check.needed}." if check.needed else ""
        fix = f"To mend it: {check.fix}" if check.fix else ""
        return " ".join(part for part in (check.reason, needed, fix) if part)

    @property
    def _current(self) -> Check | None:
        return next((check for check in self._rows if check.id == self.highlighted), None)

    def show(self, checks: Iterable[Check], pending: Mapping[str, str]) -> None:
        """Show these; `pending` are the ids and titles of those that are being looked at.

        A row that had a verdict before keeps its place meanwhile.
        """
        self._rows, self._pending = tuple(checks), dict(pending)
        self._lay_out()

    def on_resize(self) -> None:
        # The list has its new width only once it has been laid out again.
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        known = {check.id for check in self._rows}
        new = [Check(key, title, "skipped", "", "") for key, title in self._pending.items()]
        new = [check for check in new if check.id not in known]
        order = {check.id: _FIRST.get(check.status, 3) for check in self._rows} | {c.id: 2 for c in new}
        shown = sorted((*self._rows, *new), key=lambda check: order[check.id])
        widths = self._widths(shown)
        header = Content.styled(
            "  " + "  ".join(map(set_cell_size, ("Check", "Found", "Needed"), widths)), "bold $text-primary"
        )
        columns = self.query_one("#columns", Static)
        if columns.content != header:
            columns.update(header, layout=False)
        self._replace(
            [Option(_line(check, check.id in self._pending, widths), id=check.id) for check in shown]
        )

    def _replace(self, options: list[Option]) -> None:
        """Put the new rows in place of the old; whoever has gone to one stays with it."""
        rows = self.rows
        if [option.id for option in options] == [option.id for option in rows.options]:
            for index, option in enumerate(options):
                if rows.get_option_at_index(index).prompt != option.prompt:
                    rows.replace_option_prompt_at_index(index, option.prompt)
            return
        kept, scrolled = self.highlighted, rows.scroll_y
        rows.clear_options()
        rows.add_options(options)
        ids = [option.id for option in options]
        if ids:
            stays = rows.chosen and kept in ids
            rows.highlighted = ids.index(kept) if stays else 0
            rows.scroll_to(y=scrolled if stays else 0, animate=False)

    def _widths(self, checks: list[Check]) -> tuple[int, int, int]:
        """Titles whole; what was found and what is needed share the rest, the former getting more of it."""
        room = (self.rows.content_size.width or 56) - 1 - _SIGN - _GAPS  # 1: the scrollbar's
        title = min(max((cell_len(check.title) for check in checks), default=5), (room + 6) * 2 // 5)
        rest = max(room - title, 2)
        found, needed = (
            (
                max((cell_len(_one_line(text)) for text in texts), default=6)
                for texts in zip(*((check.found, check.needed) for check in checks), strict=True)
            )
            if checks
            else (6, 6)
        )
        needed = max(6, min(needed, max(rest * 2 // 5, rest - found)))
        return title, max(rest - needed, 1), needed


def _one_line(text: str) -> str:
    return " ".join(safe(text).split())


def _line(check: Check, looking: bool, widths: tuple[int, int, int]) -> Content:
    """A check as one line."""
    texts = (check.title, "looking" if looking else check.found, check.needed)
    title, found, needed = (
        set_cell_size(fit(_one_line(text), width), width) for text, width in zip(texts, widths, strict=True)
    )
    colour = MUTED if looking else _COLOURS.get(check.status, "$foreground")
    sign = icon("running" if looking else check.status)
    return Content.assemble(sign, " ", title, "  ", (found, colour), "  ", (needed, MUTED))
