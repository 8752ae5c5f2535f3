"""What the Deploy screens look like in each of their states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from tests.tui.deploy_bench import UNFINISHED, FixedDepot, app_with, model
from tests.tui.walking import pictured, primary, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "160x48": (160, 48)}


async def _plan(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Deploy")


async def _replace(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Replace")
    await pilot.press("enter")
    await until(pilot, lambda: "248 MB" in screen_text(app))


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: "about 21 s left" in screen_text(app))


async def _verdicts(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: primary(app) == "Continue")


async def _deployed(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Open in chat")
    await pilot.press("s")
    await until(pilot, lambda: "127.0.0.1" in screen_text(app))


async def _unfinished(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: primary(app) == "Open in chat")
    await pilot.press("end")
    await until(pilot, lambda: primary(app) == "Go on")


async def _why(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: 'Add "Name"' in screen_text(app))


STATES: dict[str, tuple[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]]] = {
    "plan": ("deploy", _plan),
    "replace": ("deploy", _replace),
    "running": ("deploy", _running),
    "verdicts": ("deploy", _verdicts),
    "deployed": ("deployed", _deployed),
    "unfinished": ("deployed", _unfinished),
    "why": ("why", _why),
}


def _shows(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, state: str, size: str, theme: str
) -> bool:
    depot = FixedDepot()
    depot.there = state == "replace"
    if state == "running":
        depot.may_go.clear()
    depot.models = (
        model(1),
        model(2, status="fail"),
        model(name="smollm2-135m", checked=False, method="copy"),
    )
    if state == "unfinished":
        depot.kept = (UNFINISHED,)
    monkeypatch.setattr(Job, "seconds", property(lambda job: 12.0))
    monkeypatch.setattr("slmtui.tui.widgets.plan_view.short", lambda path: "/srv/foundry/custom/it")
    for place in ("widgets.plan_view", "widgets.deployed_rows", "widgets.model_detail"):
        monkeypatch.setattr(f"slmtui.tui.{place}.ago", lambda at: "4 h ago" if at else "")
    monkeypatch.setattr("slmtui.tui.widgets.model_detail.is_there", lambda model: True)
    monkeypatch.setattr("slmtui.tui.screens.deployed.is_there", lambda model: True)
    monkeypatch.setattr("slmtui.tui.widgets.deployed_rows.is_there", lambda model: True)
    mode, walk = STATES[state]
    app = app_with(depot, mode)

    try:
        return pictured(snap_compare, app, SIZES[size], theme, walk)
    finally:
        depot.may_go.set()


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
