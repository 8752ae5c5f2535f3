"""Why is it not listed? Every folder below a cache, with what Foundry Local makes of it and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, OptionList, Static

from slmtui.config.files import typed_path
from slmtui.events import Failure
from slmtui.tui.depot import Depot
from slmtui.tui.format import safe, short
from slmtui.tui.from_thread import tell
from slmtui.tui.key_words import keyed
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.deploy_form import cache_values
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.table import Column, Row, Table
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.foundry.cache import CacheFolder
    from slmtui.foundry.why import Why

_COLUMNS = (Column("Folder"), Column("Listed as"), Column("By", muted=True))


class WhyScreen(StationScreen):
    """For models slmtui did not deploy, too."""

    MODE = "why"
    RAIL = "deploy"
    HEADING = "Why is it not listed?"
    CSS_PATH = "why.tcss"
    SCROLLS = False
    HELP = """\
## Why is it not listed?

Foundry Local skips a folder without a word when something about it is off: a file is missing, `Name` is
written `name`, the JSON is UTF-16, a download is not finished, two models have one name. Here is what it
makes of every folder below a models folder, by its own rules, whoever put it there.

✓ is listed. ✗ looks like a model and is not: the reason and the fix are below. – is no model at all.

**/** asks about any other folder; a folder in no cache is not looked at by any scanner.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask", "Any folder", tooltip="Name a folder to ask about"),
        Binding("f", "filter", "Problems only", tooltip="Only what looks like a model and is not listed"),
        Binding("y", "copy", "Copy", tooltip="Copy the folder with its reason and fix"),
        Binding("r", "refresh", "Refresh", tooltip="Look at the folders once more"),
        Binding("d", "deployed", "Deployed", tooltip="Everything that is deployed"),
    ]

    def __init__(self, depot: Depot | None = None) -> None:
        super().__init__()
        self._depot = depot or Depot()
        self._found: tuple[Why, ...] | None = None
        self._asked: Why | None = None
        self._problems_only = False

    def compose_body(self) -> ComposeResult:
        yield Choice("Models folder", id="why-cache")
        with Horizontal(id="why-other"):
            yield Label("Any folder")
            yield PathInput(id="why-path", placeholder=keyed(self, "/ names one; Enter asks"))
        yield FailurePanel(id="why-failure")
        yield Static(id="why-nothing", markup=False)
        with Container(id="why-frame"):
            yield Table(_COLUMNS, id="folders")
            with VerticalScroll(id="why-detail"):
                yield Facts(id="why-facts")

    def body_ready(self) -> None:
        self._find_caches()

    @work(thread=True, exclusive=True, group="caches")
    def _find_caches(self) -> None:
        tell(self, self._show_caches, self._depot.caches())

    def _show_caches(self, caches: tuple[CacheFolder, ...]) -> None:
        choice = self.query_one("#why-cache", Choice)
        values = cache_values(caches)
        keys = [value.key for value in values]
        choice.show(choice.value if choice.value in keys else keys[0] if keys else "", values)
        self._look()

    def _heading(self) -> Content:
        return Content.styled(self.HEADING, "bold")  # it is about no model in particular

    @property
    def _cache(self) -> Path | None:
        value = self.query_one("#why-cache", Choice).value
        return Path(value) if value else None

    # What is shown

    def show_state(self) -> None:
        super().show_state()
        self._look()
        self._show()

    @on(Choice.Changed)
    def _cache_changed(self) -> None:
        self._asked = None
        self._look()

    def _look(self) -> None:
        cache = self._cache
        if cache is not None:
            self._ask_all(cache)

    @work(thread=True, exclusive=True, group="why")
    def _ask_all(self, cache: Path) -> None:
        try:
            found: tuple[Why, ...] | Failure = self._depot.why_all(cache)
        except Failure as failure:
            found = failure
        tell(self, self._take, cache, found)

    def _take(self, cache: Path, found: tuple[Why, ...] | Failure) -> None:
        if cache != self._cache:
            return
        self.query_one(FailurePanel).show(found if isinstance(found, Failure) else None)
        self._found = () if isinstance(found, Failure) else found
        self._show()

    @property
    def _shown(self) -> dict[str, Why]:
        """What is in the table, problems first, then what is listed, then what is no model."""
        found = [self._asked] if self._asked else []
        found += [each for each in self._found or () if not self._asked or each.folder != self._asked.folder]
        if self._problems_only:
            found = [each for each in found if _state(each) == "fail" or each is self._asked]
        order = {"fail": 0, "ok": 1, "unchecked": 2}
        ordered = sorted(found, key=lambda each: (each is not self._asked, order[_state(each)]))
        return {str(each.folder): each for each in ordered}

    def _show(self) -> None:
        if not self.has_body:
            return
        shown = self._shown
        table = self.query_one(Table)
        table.show(self._row(each) for each in shown.values())
        self.query_one("#why-frame").display = bool(shown)
        nothing = self.query_one("#why-nothing", Static)
        nothing.display = not shown and self._found is not None
        nothing.update(self._no_rows())
        self._show_detail()
        problems = sum(_state(each) == "fail" for each in self._found or ())
        listed = sum(each.listed for each in self._found or ())
        words = f"✓ {listed} listed" + (f", ✗ {problems} not" if problems else "")
        self.set_primary("Back to Deploy", words if self._found else "", focus=not shown)
        if shown and self.focused in (None, self.query_one("#primary")):
            table.rows.focus()

    def _no_rows(self) -> str:
        cache = self._cache
        if self._problems_only and self._found:
            return "Nothing looks like a model without being listed; f shows all folders."
        if cache is not None and not cache.is_dir():
            return "This folder is not there yet; deploying makes it."
        return "There are no folders in it: nothing is listed."

    def _row(self, why: Why) -> Row:
        cache = self._cache
        inside = cache is not None and why.folder != cache and why.folder.is_relative_to(cache)
        name = str(why.folder.relative_to(cache)) if inside and cache is not None else short(why.folder)
        return Row(str(why.folder), _state(why), (name, why.model_id or "–", _by(why)))

    @property
    def _why(self) -> Why | None:
        return self._shown.get(self.query_one(Table).highlighted)

    @on(OptionList.OptionHighlighted)
    def _show_detail(self) -> None:
        why = self._why
        self.query_one(Facts).show(_rows(why) if why else [])

    # What can be done

    def proceed(self) -> None:
        self.go("deploy")

    def action_ask(self) -> None:
        """Name a folder."""
        self.query_one(PathInput).focus()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        text = self.query_one(PathInput).text
        if text:
            self._ask_one(text)

    @work(thread=True, exclusive=True, group="one")
    def _ask_one(self, text: str) -> None:
        try:
            found: Why | Failure = self._depot.why(typed_path(text))
        except Failure as failure:
            found = failure
        tell(self, self._answered, found)

    def _answered(self, found: Why | Failure) -> None:
        self.query_one(FailurePanel).show(found if isinstance(found, Failure) else None)
        if isinstance(found, Failure):
            return
        self._asked = found
        choice = self.query_one("#why-cache", Choice)
        if found.root is not None and str(found.root) != choice.value and str(found.root) in choice.keys:
            choice.show(str(found.root))
            self._look()
        self._show()
        table = self.query_one(Table)
        table.go_to(str(found.folder))
        table.rows.focus()

    def action_filter(self) -> None:
        """Show problems only, or all."""
        self._problems_only = not self._problems_only
        self._show()

    def action_copy(self) -> None:
        """Copy the folder with its reason and fix."""
        why = self._why
        if why is not None:
            fix = f"\nfix: {why.fix}" if why.fix else ""
            self.app.copy_to_clipboard(f"{why.folder} {why.reason}.{fix}")
            self.notify("The reason is copied.")

    def action_refresh(self) -> None:
        """Look once more."""
        self._asked = None
        self._find_caches()

    def action_deployed(self) -> None:
        """Show everything that is deployed."""
        self.go("deployed")

    def action_leave(self) -> None:
        """Leave the field, else go back to Deploy."""
        if self.query_one(PathInput).has_focus and self._shown:
            self.query_one(Table).rows.focus()
        else:
            self.go("deploy")

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.go("deploy")


def _state(why: Why) -> str:
    if why.listed:
        return "ok"
    return "fail" if why.looks_like_model else "unchecked"


def _by(why: Why) -> str:
    if why.by_slmtui:
        return "slmtui"
    return "the SDK" if why.registered else ""


def _rows(why: Why) -> list[tuple[str, str | Content]]:
    return [
        ("folder", short(why.folder)),
        ("scanner", f"It {why.reason}."),
        ("SDK", f"It is registered as {why.registered}." if why.registered else "It is not registered."),
        ("fix", Content.styled(safe(why.fix), "$text-accent") if why.fix else ""),
        ("put there by", "slmtui" if why.by_slmtui else ""),
    ]
