"""What the Deploy screens look like in each of their states; `--snapshot-update` accepts a change."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from slmtui.events import Failure
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.jobs import Job
from slmtui.tui.screens.ask import AskScreen
from tests.tui.deploy_bench import UNFINISHED, FixedDepot, app_with, model
from tests.tui.pictures import pictured
from tests.tui.walking import offered, screen_text, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pictures show POSIX paths")


async def _plan(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Deploy")


async def _replace(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Replace")
    await pilot.press("enter")
    await until(pilot, lambda: "248 MB" in screen_text(app))


async def _running(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: "about 21 s left" in screen_text(app))


async def _verdicts(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: offered(app) == "Continue")


async def _failed(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await _plan(pilot, app)
    await pilot.press("enter")
    await until(pilot, lambda: "may not write" in screen_text(app))


async def _nothing(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: "Nothing is deployed" in screen_text(app))


async def _undeploying(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Open in chat")
    await pilot.press("delete")
    await until(pilot, lambda: isinstance(app.screen, AskScreen))


async def _deployed(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Open in chat")
    await pilot.press("s")
    await until(pilot, lambda: "127.0.0.1" in screen_text(app))


async def _unfinished(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: offered(app) == "Open in chat")
    await pilot.press("end")
    await until(pilot, lambda: offered(app) == "Go on")


async def _why(pilot: Pilot[int], app: SlmtuiApp) -> None:
    await until(pilot, lambda: 'Add "Name"' in screen_text(app))


STATES: dict[str, tuple[str, Callable[[Pilot[int], SlmtuiApp], Awaitable[None]]]] = {
    "plan": ("deploy", _plan),
    "replace": ("deploy", _replace),
    "running": ("deploy", _running),
    "verdicts": ("deploy", _verdicts),
    "failed": ("deploy", _failed),
    "nothing": ("deployed", _nothing),
    "deployed": ("deployed", _deployed),
    "undeploying": ("deployed", _undeploying),
    "unfinished": ("deployed", _unfinished),
    "why": ("why", _why),
}


@pytest.mark.parametrize("state", STATES)
async def test_it_looks_as_it_did(
    snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    depot = FixedDepot()
    depot.there = state == "replace"
    if state == "running":
        depot.may_go.clear()
    if state == "failed":
        depot.failure = Failure("slmtui may not write into that folder.", "Take another folder.")
    if state != "nothing":
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
    mode, reach = STATES[state]
    await pictured(snapshot, app_with(depot, mode), reach, depot.may_go.set)
