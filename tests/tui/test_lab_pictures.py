"""What the lab looks like in each of its states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.lab.variants import default_variants
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from tests.tui.lab_bench import FixedDesk, app_with, begun, failed, row
from tests.tui.walking import pictured, primary, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "160x48": (160, 48)}


async def _plan(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Compare")


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: "● INT8 whole" in screen_text(app))


async def _table(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app).startswith("Use"))
    app.screen.query_one("#lab-keep", Input).value = "under 190 MB, suite >= 90%"
    await until(pilot, lambda: "★ INT8 whole" in screen_text(app))


async def _plots(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app).startswith("Use"))
    await pilot.press("ctrl+t")
    await until(pilot, lambda: "KL divergence by size" in screen_text(app))


STATES: dict[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]] = {
    "plan": _plan,
    "running": _running,
    "table": _table,
    "plots": _plots,
}


def _shows(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, state: str, size: str, theme: str
) -> bool:
    rows = [row(each) for each in default_variants()]
    desk = FixedDesk(*([] if state in ("plan", "running") else rows))
    if state == "table":
        desk.rows[rows[1].key] = failed(rows[1].variant)
    desk.may_go.clear()
    monkeypatch.setattr(Job, "seconds", property(lambda job: 83.0))
    app = app_with(desk, begun())

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
