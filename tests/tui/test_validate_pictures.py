"""What the Validate screen looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.pipeline import Measurements
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from slmtui.tui.screens.measure_wishes import WishesScreen
from slmtui.tui.screens.report_file import ReportScreen
from slmtui.tui.screens.suite_line import SuiteLineScreen
from slmtui.tui.widgets.suite_view import SuiteView
from tests.tui.pictures import pictured
from tests.tui.validate_bench import ALL, FixedDesk, app_with
from tests.tui.walking import offered, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")


async def _figures(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Write the report")


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Measure all")
    await pilot.press("enter")
    await until(pilot, lambda: "about 1 min 35 s left" in screen_text(app))


async def _empty(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Measure all")


async def _report(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _figures(pilot, app)
    app.push_screen(ReportScreen("fernlight-support"))
    await until(pilot, lambda: app.screen.query("#report-path"))
    app.screen.query_one("#report-path", Input).value = "/srv/models/fernlight-support-report.html"


async def _questions(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _figures(pilot, app)
    await pilot.press("t", "home", "down")
    await until(pilot, lambda: app.screen.query_one(SuiteView).index == 1)


async def _editing(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _questions(pilot, app)
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(app.screen, SuiteLineScreen))


async def _wishes(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _figures(pilot, app)
    await pilot.press("h")
    await until(pilot, lambda: isinstance(app.screen, WishesScreen) and "left out" in screen_text(app))


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "empty": _empty,
    "running": _running,
    "figures": _figures,
    "questions": _questions,
    "editing": _editing,
    "wishes": _wishes,
    "report": _report,
}


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    desk = FixedDesk(Measurements() if state in ("empty", "running") else ALL)
    if state == "running":
        desk.may_go.clear()
    monkeypatch.setattr(Job, "seconds", property(lambda job: 12.0))
    monkeypatch.setattr("slmtui.tui.widgets.measured_view.ago", lambda at: "4 h ago" if at else "")
    await pictured(snapshot, app_with(desk), STATES[state], desk.may_go.set)
