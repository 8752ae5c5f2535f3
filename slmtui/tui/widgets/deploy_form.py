"""Where a model goes, how it gets there, and under which version; one line a field."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Static

from slmtui.config.files import typed_path
from slmtui.events import Failure
from slmtui.tui.depot import Wish
from slmtui.tui.format import short
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.path_input import PathInput

if TYPE_CHECKING:
    from slmtui.foundry.cache import CacheFolder
    from slmtui.foundry.methods import Method

OTHER = "other"
_ABOUT_CACHE = "Every program has a models folder of its own, and does not see what is in the others."
_METHODS = (
    Value("link", "link"),
    Value("copy", "copy"),
    Value("symlink", "symlink"),
    Value("register", "register"),
)
_ABOUT_METHODS = {
    "link": "Hard links for the weights: no room, no time, and either folder can go without harm.",
    "copy": "Every file is copied, and its SHA-256 compared: the copy owes nothing to the original.",
    "symlink": "Symbolic links, also from another disk; the converted model's folder has to stay.",
    "register": "Nothing is copied: the SDK is told where the model is. Only the SDK finds it there.",
}
_ABOUT_VERSION = "Versions stand beside each other; one that exists is replaced only after a yes."


def cache_values(caches: Sequence[CacheFolder]) -> list[Value]:
    """Cache folders to choose from: whose it is comes first, since a path may be cut off."""
    return [Value(str(each.path), f"{each.origin}  {short(each.path)}") for each in caches]


def _folder(typed: str) -> Path:
    """What was typed; the home folder of nobody as it stands, for the plan shows where that would be."""
    try:
        return typed_path(typed)
    except Failure:
        return Path(typed).absolute()


class DeployForm(Vertical):
    """`Changed` says that the user wants something else."""

    DEFAULT_CSS = """
    DeployForm {
        height: auto;
        #cache-other { height: 1; display: none; }
        #cache-other Label { width: 17; color: $foreground-muted; }
        #cache-other Input { width: 1fr; }
        #deploy-about { height: auto; min-height: 2; color: $text-muted; }
    }
    """

    class Changed(Message):
        """Another cache, method or version. `waits`: more may follow, as when a path is typed."""

        def __init__(self, *, waits: bool = False) -> None:
            super().__init__()
            self.waits = waits

    def __init__(self) -> None:
        super().__init__(id="deploy-form")
        self._method_touched = False

    def compose(self) -> ComposeResult:
        yield Choice("Into", id="cache", about=_ABOUT_CACHE)
        with Horizontal(id="cache-other"):
            yield Label("Folder")
            yield PathInput(id="cache-path", placeholder="any folder; it is made if it is not there")
        yield Choice("How", _METHODS, "link", abouts=_ABOUT_METHODS, id="method")
        yield Choice("Version", [Value("1", "1")], "1", about=_ABOUT_VERSION, id="version")
        yield Static(id="deploy-about", markup=False)

    @property
    def wish(self) -> Wish:
        """What the fields say; None is slmtui's own choice."""
        cache = self.query_one("#cache", Choice).value
        typed = self.query_one(PathInput).text
        where = (_folder(typed) if typed else None) if cache == OTHER else Path(cache)
        method = self.query_one("#method", Choice).value if self._method_touched else None
        return Wish(where, cast("Method | None", method), int(self.query_one("#version", Choice).value))

    @property
    def ready(self) -> bool:
        """Whether it is known which caches there are to deploy into."""
        return bool(self.query_one("#cache", Choice).value)

    @property
    def busy(self) -> bool:
        """Whether the user is in one of the fields."""
        return any(field.has_focus for field in self.query("Choice, Input"))

    def show_caches(self, caches: Sequence[CacheFolder], chosen: Path | None = None) -> None:
        """Offer these cache folders, the first one chosen unless one was before."""
        values = cache_values(caches)
        choice = self.query_one("#cache", Choice)
        keys = [value.key for value in values] + [OTHER]
        wanted = [str(chosen) if chosen else "", choice.value, keys[0]]
        choice.show(next(each for each in wanted if each in keys), [*values, Value(OTHER, "another folder")])

    def show_method(self, method: str) -> None:
        """Show what slmtui would take, as long as the user has not chosen."""
        if not self._method_touched:
            self.query_one("#method", Choice).show(method)
        self._explain()

    def show_versions(self, there: Sequence[int]) -> None:
        """Offer the versions that are there, and a new one."""
        offered = sorted({1, *there, max(there, default=1) + 1})
        values = [Value(str(n), f"{n} (there)" if n in there else f"{n}") for n in offered]
        choice = self.query_one("#version", Choice)
        keys = [value.key for value in values]
        choice.show(choice.value if choice.value in keys else "1", values)

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        if event.choice.id == "method":
            self._method_touched = True
        if event.choice.id == "cache":
            other = event.value == OTHER
            self.query_one("#cache-other").display = other
            if other:
                self.query_one(PathInput).focus()
        self._explain()
        self.post_message(self.Changed())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(waits=True))

    @on(events.DescendantFocus)
    def _explain(self) -> None:
        """Say what the field in focus is for; the method is the one that needs words."""
        focused = next((each for each in self.query(Choice) if each.has_focus), None)
        self.query_one("#deploy-about", Static).update((focused or self.query_one("#method", Choice)).about)
