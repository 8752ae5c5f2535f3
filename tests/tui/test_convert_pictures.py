"""What the Convert screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from slmtui.tui.widgets.config_pane import ConfigPane
from tests.tui.convert_bench import GUIDE, FixedStudio, app_with, fix
from tests.tui.pictures import pictured
from tests.tui.walking import offered, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths and commands")


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
    await until(pilot, lambda: "Mend it first" in screen_text(app))


async def _done(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await pilot.press("enter")
    await until(pilot, lambda: "Reading layer 2 of 30" in screen_text(app))
    _studio(app).may_go.set()
    await until(pilot, lambda: offered(app) == "Continue" and "0.0612 mean" in screen_text(app))


async def _failed(pilot: Pilot[int], app: SlmtuiApp) -> None:
    _studio(app).failure = Failure(
        "Olive made no model.", "Take another precision.", Path("/srv/convert.log")
    )
    await pilot.press("enter")
    await until(pilot, lambda: "Reading layer 2 of 30" in screen_text(app))
    _studio(app).may_go.set()
    await until(pilot, lambda: offered(app) == "Try again")


def _studio(app: SlmtuiApp) -> FixedStudio:
    found = app.screen._studio
    assert isinstance(found, FixedStudio)
    return found


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "form": _form,
    "config": _config,
    "running": _running,
    "done": _done,
    "failed": _failed,
}


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    studio = FixedStudio()
    fix(monkeypatch, studio)
    monkeypatch.setattr(Job, "seconds", property(lambda job: 16.0))
    monkeypatch.setattr("slmtui.tui.widgets.conversion_facts.short", lambda path: "/srv/slmtui/models")

    async def reach(pilot: Pilot[int], app: SlmtuiApp) -> None:
        await until(pilot, lambda: offered(app) == "Convert")
        await STATES[state](pilot, app)

    await pictured(snapshot, app_with(studio), reach, studio.may_go.set)
