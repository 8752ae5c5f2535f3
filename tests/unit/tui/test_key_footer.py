"""The footer: its keys become others where they stand, and do what they say."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static
from textual.widgets._footer import FooterKey

from slmtui.tui.widgets.key_footer import KeyFooter
from tests.tui.walking import until


class _Lamp(Static, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "app.note('fill')", "Fill"),
        Binding("w", "app.note('wait')", "Wait for it"),
    ]


class _Door(Static, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "app.note('open')", "Open"),
        Binding("c", "app.note('close')", "Close"),
        Binding("l", "app.note('lock')", "Lock"),
    ]


class _House(App[None]):
    """A lamp, a door, and nothing else with keys."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []

    def compose(self) -> ComposeResult:
        yield _Lamp("lamp", id="lamp")
        yield _Door("door", id="door")
        yield KeyFooter()

    def action_note(self, what: str) -> None:
        self.noted.append(what)

    def shown(self) -> list[FooterKey]:
        """Those that are shown."""
        return [key for key in self.query(FooterKey) if key.display]

    def footer(self) -> list[str]:
        """The keys in the order in which they stand."""
        keys = sorted(self.shown(), key=lambda key: key.region.x)
        return [f"{key.key_display} {key.description}" for key in keys]


async def test_with_another_focus_the_keys_become_others_where_they_stand() -> None:
    app = _House()
    async with app.run_test(size=(80, 12)) as pilot:
        app.query_one("#lamp").focus()
        await until(pilot, lambda: app.footer() == ["f Fill", "w Wait for it", "^p palette"])
        before = app.shown()
        app.query_one("#door").focus()
        await until(pilot, lambda: app.footer() == ["o Open", "c Close", "l Lock", "^p palette"])
        assert set(before) <= set(app.shown()), "none was made anew"
        await pilot.click(next(key for key in app.shown() if key.description == "Lock"))
        await until(pilot, lambda: app.noted == ["lock"])
        app.query_one("#lamp").focus()
        await until(pilot, lambda: app.footer() == ["f Fill", "w Wait for it", "^p palette"])
        await pilot.click(next(key for key in app.shown() if key.description == "Wait for it"))
        await until(pilot, lambda: app.noted == ["lock", "wait"])


class _Lobby(_House):
    """Has a key that says the same as one of the lamp's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+f", "note('fill all')", "Fill"),
        Binding("ctrl+d", "note('dim all')", "Dim"),
    ]


async def test_of_two_keys_that_say_the_same_the_nearer_one_stands_there_and_both_work() -> None:
    app = _Lobby()
    async with app.run_test(size=(80, 12)) as pilot:
        app.query_one("#lamp").focus()
        await until(pilot, lambda: app.footer() == ["f Fill", "w Wait for it", "^d Dim", "^p palette"])
        await pilot.press("f", "ctrl+f")
        await until(pilot, lambda: app.noted == ["fill", "fill all"])
        app.query_one("#door").focus()
        await until(pilot, lambda: "^f Fill" in app.footer())
