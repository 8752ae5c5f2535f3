"""Keys that come faster than what they change is looked up: none is lost, none does what was meant before."""

from __future__ import annotations

import threading

import pytest
from textual.events import Key
from textual.pilot import Pilot

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.choice import Choice
from tests.tui import convert_bench, deploy_bench, lab_bench
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (120, 40)


def in_one_go(app: SlmtuiApp, *keys: str) -> None:
    """As they come over a slow line: all at once."""
    for key in keys:
        app.post_message(Key(key, " " if key == "space" else None))


async def focused(pilot: Pilot[int], app: SlmtuiApp, selector: str) -> None:
    app.screen.query_one(selector, Choice).focus()
    await until(pilot, lambda: app.screen.query_one(selector).has_focus)


async def test_a_conversion_is_of_what_was_chosen_last(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = convert_bench.FixedStudio()
    convert_bench.fix(monkeypatch, studio)
    app = convert_bench.app_with(studio)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == "Convert")
        await focused(pilot, app, "#proof")
        in_one_go(app, "right", "ctrl+n")
        await until(pilot, lambda: studio.asked)
        studio.may_go.set()
    assert not studio.asked[0]["compares"]


async def test_a_deployment_is_as_was_chosen_last() -> None:
    depot = deploy_bench.FixedDepot()
    app = deploy_bench.app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == "Deploy")
        await focused(pilot, app, "#method")
        in_one_go(app, "right", "ctrl+n")
        await until(pilot, lambda: depot.plans)
    assert depot.plans[0].method == "copy"


@pytest.mark.parametrize("then", ["enter", "ctrl+n"])
async def test_a_lab_compares_what_was_checked_last(then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, may_look = lab_bench.FixedDesk(), threading.Event()
    app = lab_bench.app_with(desk, lab_bench.begun())
    look = desk.look

    def slowly(*asked: object) -> object:
        may_look.wait(60)
        return look(*asked)  # type: ignore[arg-type]

    async with app.run_test(size=SIZE) as pilot:
        may_look.set()
        await until(pilot, lambda: offered(app) == "Compare")
        may_look.clear()
        monkeypatch.setattr(desk, "look", slowly)
        in_one_go(app, "space", "down", "space", then)
        await until(pilot, lambda: "· FP32 " in screen_text(app) and "✓ FP32 shared" in screen_text(app))
        assert not desk.plans
        may_look.set()
        await until(pilot, lambda: desk.plans)
        assert primary(app) != "Compare"
    chosen = [each.id for each in desk.plans[0].variants]
    assert "fp32:shared" in chosen
    assert "fp32:plain" not in chosen
