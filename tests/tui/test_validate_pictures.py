"""What the Validate screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from slmtui.pipeline import Measurements
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from slmtui.tui.screens.measure_wishes import WishesScreen
from slmtui.tui.screens.suite_line import SuiteLineScreen
from slmtui.tui.widgets.suite_view import SuiteView
from tests.tui.validate_bench import ALL, FixedDesk, app_with
from tests.tui.walking import hold_cursors, pictured, primary, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "160x48": (160, 48)}


async def _figures(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Write the report")


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Measure all")
    await pilot.press("enter")
    await until(pilot, lambda: "about 1 min 35 s left" in screen_text(app))


async def _questions(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _figures(pilot, app)
    await pilot.press("t", "home", "down")
    await until(pilot, lambda: app.screen.query_one(SuiteView).index == 1)


async def _editing(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _questions(pilot, app)
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(app.screen, SuiteLineScreen))
    hold_cursors(app)


async def _wishes(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _figures(pilot, app)
    await pilot.press("h")
    await until(pilot, lambda: isinstance(app.screen, WishesScreen) and "left out" in screen_text(app))
    hold_cursors(app)


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "running": _running,
    "figures": _figures,
    "questions": _questions,
    "editing": _editing,
    "wishes": _wishes,
}


def _shows(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, state: str, size: str, theme: str
) -> bool:
    desk = FixedDesk(Measurements() if state == "running" else ALL)
    if state == "running":
        desk.may_go.clear()
    monkeypatch.setattr(Job, "seconds", property(lambda job: 12.0))
    monkeypatch.setattr("slmtui.tui.widgets.measured_view.ago", lambda at: "4 h ago" if at else "")
    app = app_with(desk)

    try:
        return pictured(snap_compare, app, SIZES[size], theme, STATES[state])
    finally:
        desk.may_go.set()


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
