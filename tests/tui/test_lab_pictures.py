"""What the lab looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.lab.variants import default_variants
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from tests.tui.lab_bench import FixedDesk, app_with, begun, failed, row
from tests.tui.pictures import pictured
from tests.tui.walking import offered, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")


async def _plan(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Compare")


async def _unmeasured(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("ctrl+t", "ctrl+t")
    await until(pilot, lambda: "Nothing is compared yet." in screen_text(app))


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: "● INT8 whole" in screen_text(app))


async def _table(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app).startswith("Deploy INT"))
    app.screen.query_one("#lab-keep", Input).value = "under 190 MB, suite >= 90%"
    await until(pilot, lambda: "★ INT8 whole" in screen_text(app))


async def _nothing(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: "s names one here" in screen_text(app))


async def _plots(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app).startswith("Deploy INT"))
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "KL divergence by size" in screen_text(app))


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "nothing": _nothing,
    "plan": _plan,
    "unmeasured": _unmeasured,
    "running": _running,
    "table": _table,
    "plots": _plots,
}


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    rows = [row(each) for each in default_variants()]
    desk = FixedDesk(*(rows if state in ("table", "plots") else []))
    if state == "table":
        desk.rows[rows[1].key] = failed(rows[1].variant)
    desk.may_go.clear()
    monkeypatch.setattr(Job, "seconds", property(lambda job: 83.0))
    app = app_with(desk, None if state == "nothing" else begun())
    await pictured(snapshot, app, STATES[state], desk.may_go.set)
