"""What the Convert screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from slmtui.tui.widgets.config_pane import ConfigPane
from tests.tui.convert_bench import GUIDE, FixedStudio, app_with, fix
from tests.tui.walking import hold_cursors, primary, screen_text, settled, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths and commands")

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "160x48": (160, 48)}


async def _form(pilot: Pilot[int], app: SlmtuiApp) -> None:
    app.screen.query_one("#precision").focus()


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: "Reading layer 2 of 30" in screen_text(app))
    await pilot.press("slash", *"layer")
    await until(pilot, lambda: "1 of 3" in screen_text(app))
    app.screen.set_focus(None)


async def _config(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await pilot.press("ctrl+t", "ctrl+t")
    await until(pilot, lambda: app.screen.query(ConfigPane) and app.screen.query_one(ConfigPane).text)
    app.screen.query_one(ConfigPane).editor.text = GUIDE
    await until(pilot, lambda: "Mend it first" in screen_text(app), 20)


async def _done(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: "Reading layer 2 of 30" in screen_text(app))
    _studio(app).may_go.set()
    await until(pilot, lambda: primary(app) == "Continue" and "0.0612 mean" in screen_text(app))


async def _failed(pilot: Pilot[int], app: SlmtuiApp) -> None:
    _studio(app).failure = Failure(
        "Olive made no model.", "Take another precision.", Path("/srv/convert.log")
    )
    await pilot.press("enter")
    await until(pilot, lambda: "Reading layer 2 of 30" in screen_text(app))
    _studio(app).may_go.set()
    await until(pilot, lambda: primary(app) == "Try again")


def _studio(app: SlmtuiApp) -> FixedStudio:
    found = app.screen._studio
    assert isinstance(found, FixedStudio)
    return found


async def _at_rest(pilot: Pilot[int], app: SlmtuiApp) -> None:
    """No cursor blinks, the footer has its keys, and nothing is drawn any more."""
    hold_cursors(app)
    before = ""
    for _ in range(20):
        await settled(pilot)
        shown = screen_text(app)
        if shown == before:
            return
        before = shown


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "form": _form,
    "config": _config,
    "running": _running,
    "done": _done,
    "failed": _failed,
}


def _shows(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, state: str, size: str, theme: str
) -> bool:
    studio = FixedStudio()
    fix(monkeypatch, studio)
    monkeypatch.setattr(Job, "seconds", property(lambda job: 12.0))
    monkeypatch.setattr("slmtui.tui.widgets.conversion_facts.short", lambda path: "/srv/slmtui/models")
    app = app_with(studio)

    async def before(pilot: Pilot[int]) -> None:
        app.theme = theme
        await until(pilot, lambda: primary(app) == "Convert")
        await STATES[state](pilot, app)
        await _at_rest(pilot, app)
        app.clear_notifications()
        await _at_rest(pilot, app)

    try:
        return snap_compare(app, terminal_size=SIZES[size], run_before=before)
    finally:
        studio.may_go.set()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_it_looks_as_it_did(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, state: str, size: str
) -> None:
    assert _shows(snap_compare, monkeypatch, state, size, "slmtui-dark")


@pytest.mark.parametrize("state", STATES)
def test_it_looks_as_it_did_in_the_light(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    assert _shows(snap_compare, monkeypatch, state, "120x40", "slmtui-light")
