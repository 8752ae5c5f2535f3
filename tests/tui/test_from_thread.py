"""What a thread finds out is told where it is still asked for, and nowhere else."""

from __future__ import annotations

import asyncio
import threading

import pytest
from textual import work
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input, Static

from slmtui.tui.from_thread import tell


class Lingers(Static):
    """What is taken away last, and takes its time."""

    async def on_unmount(self) -> None:
        screen = self.screen
        assert isinstance(screen, Looks)
        while screen.going and not screen.answered.is_set():
            screen.answer.set()
            await asyncio.sleep(0.01)


class Looks(Screen[None]):
    """A window with a thread that answers when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.answer, self.answered = (threading.Event() for _ in range(3))
        self.shown, self.going = 0, False

    def compose(self):
        yield Input()
        yield Lingers()

    def on_mount(self) -> None:
        self.look()

    @work(thread=True)
    def look(self) -> None:
        try:
            self.began.set()
            self.answer.wait(60)
            tell(self, self.show)
        finally:
            self.answered.set()

    def show(self) -> None:
        self.query_one(Input).value = "found"
        self.shown += 1


@pytest.mark.parametrize("goes", ["stays", "closed", "left"])
async def test_it_is_shown_where_it_was_asked_for_and_nowhere_else(goes: str) -> None:
    app, window = App[None](), Looks()
    async with app.run_test() as pilot:
        app.push_screen(window)
        await pilot.pause()
        while not window.began.is_set():
            await pilot.pause(0.01)
        if goes == "closed":
            window.going = True
            window.dismiss()
            while not window.answered.is_set():
                await pilot.pause(0.01)
        elif goes == "left":
            app.exit()
        window.answer.set()
        while not window.answered.is_set():
            await pilot.pause(0.01)
        assert window.shown == (goes == "stays")


class LooksAgain(Screen[None]):
    """A window whose first look takes longer than its second."""

    def __init__(self) -> None:
        super().__init__()
        self.may_end = {"old": threading.Event(), "new": threading.Event()}
        self.ended: list[str] = []
        self.shown: list[str] = []

    @work(thread=True, exclusive=True)
    def look(self, found: str) -> None:
        self.may_end[found].wait(60)
        tell(self, self.shown.append, found)
        self.ended.append(found)


async def test_what_an_earlier_look_finds_last_does_not_take_the_place_of_the_newest() -> None:
    app, window = App[None](), LooksAgain()
    async with app.run_test() as pilot:
        app.push_screen(window)
        await pilot.pause()
        window.look("old")
        await pilot.pause()
        window.look("new")
        for found in ("new", "old"):
            window.may_end[found].set()
            while found not in window.ended:
                await pilot.pause(0.01)
        assert window.shown == ["new"]
