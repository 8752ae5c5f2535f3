"""The Deploy screen: where, how and which version; the plan, the question before replacing, the verdicts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual.command import CommandList
from textual.pilot import Pilot

from slmtui.events import Failure, Verdict
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.deploy import DeployScreen
from slmtui.tui.screens.replace import ReplaceScreen
from slmtui.tui.widgets.choice import Choice
from slmtui.tui.widgets.path_input import PathInput
from slmtui.tui.widgets.verdicts import FailurePanel, summary
from tests.tui.deploy_bench import CACHE, OWN, VERDICTS, FixedDepot, app_with
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (80, 24)


async def ready(pilot: Pilot[int], app: SlmtuiApp, label: str = "Deploy") -> None:
    await until(pilot, lambda: offered(app) == label)


def row(app: SlmtuiApp, name: str) -> Choice:
    return app.screen.query_one(f"#{name}", Choice)


async def test_enter_alone_deploys_and_goes_on() -> None:
    depot = FixedDepot()
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert "2.3 MB of 76.1 GB free" in screen_text(app)
        await pilot.press("enter")
        await ready(pilot, app, "Continue")
        assert "1 unchecked" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "chat")
    assert [(plan.cache.path, plan.method, plan.version) for plan in depot.plans] == [(CACHE, "link", 1)]
    assert depot.wishes[0].method is None, "what is not chosen is slmtui's to choose"


async def test_cache_method_and_version_are_chosen_with_the_arrows() -> None:
    depot = FixedDepot()
    app = app_with(depot)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        row(app, "cache").focus()
        await pilot.press("right")
        await until(pilot, lambda: str(OWN / "custom") in screen_text(app))
        await pilot.press("down", "right")
        await until(pilot, lambda: "199 MB of 76.1 GB free" in screen_text(app))
        assert "SHA-256" in screen_text(app)
        await pilot.press("down", "right")
        await until(pilot, lambda: "fernlight-support:2" in screen_text(app))
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: depot.plans)
    plan = depot.plans[0]
    assert (plan.cache.path, plan.method, plan.version) == (OWN, "copy", 2)


async def test_any_folder_can_be_the_cache() -> None:
    depot = FixedDepot()
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        row(app, "cache").focus()
        await pilot.press("right", "right")
        field = app.screen.query_one(PathInput)
        await until(pilot, lambda: field.has_focus and primary(app) == "")
        field.value = "/srv/elsewhere"
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: depot.plans)
    assert depot.plans[0].cache.path == Path("/srv/elsewhere")


async def test_what_is_there_is_replaced_only_after_its_differences_and_a_yes() -> None:
    depot = FixedDepot()
    depot.there = True
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Replace")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReplaceScreen))
        shown = screen_text(app)
        assert "248 MB → 196 MB" in shown
        assert "removed, 499 kB" in shown
        assert '-    "system": "<|im_start|>system\\n{Content}",' in shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeployScreen))
        assert depot.plans == [], "Enter alone keeps what is there"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReplaceScreen))
        await pilot.press("y")
        await until(pilot, lambda: depot.plans)


async def test_a_second_version_needs_no_question() -> None:
    depot = FixedDepot()
    depot.there = True
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app, "Replace")
        assert "1 (there)" in screen_text(app)
        row(app, "version").focus()
        await pilot.press("right")
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: depot.plans)
    assert depot.plans[0].version == 2


async def test_it_is_cancelled_and_a_second_enter_does_not_do_that() -> None:
    depot = FixedDepot()
    depot.may_go.clear()
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: "about 21 s left" in screen_text(app))
        await pilot.press("enter", "enter")
        job = app.job("deploy")
        assert job is not None
        assert job.running
        assert not job.cancelling
        await pilot.press("escape")
        await ready(pilot, app, "Try again")
        assert "Cancelled" in screen_text(app)
    depot.may_go.set()


async def test_a_failure_says_cause_and_fix_and_can_be_tried_again() -> None:
    depot = FixedDepot()
    depot.failure = Failure("The disk is full.", "Free some room.")
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await ready(pilot, app, "Try again")
        panel = app.screen.query_one(FailurePanel)
        assert panel.display
        assert "The disk is full." in screen_text(app)
        assert "Free some room." in screen_text(app)


async def test_it_is_verified_again_undone_and_deployed_anew() -> None:
    depot = FixedDepot()
    app = app_with(depot)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("enter")
        await ready(pilot, app, "Continue")
        await pilot.press("v")
        await until(pilot, lambda: depot.did == ["verify"] and offered(app) == "Continue")
        await pilot.press("a")
        await ready(pilot, app)
        await pilot.press("escape")
        await ready(pilot, app, "Continue")
        await pilot.press("u")
        await until(pilot, lambda: depot.did == ["verify", "undo"])
        await ready(pilot, app)


async def test_nothing_is_planned_before_the_caches_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The `foundry` command may take seconds to say where its cache is."""
    depot, known = FixedDepot(), threading.Event()
    caches = depot.caches
    monkeypatch.setattr(depot, "caches", lambda: (known.wait(60), caches())[1])
    app = app_with(depot)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "Looking for the cache folders" in screen_text(app))
        await pilot.press("ctrl+n")
        await pilot.pause(0.3)
        assert not depot.wishes
        known.set()
        await until(pilot, lambda: depot.plans)
    assert {wish.cache for wish in depot.wishes} == {CACHE}
    assert depot.plans[0].cache.path == CACHE


async def test_the_other_screens_are_a_key_away_and_lead_back() -> None:
    app = app_with(FixedDepot())
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("d")
        await until(pilot, lambda: app.current_mode == "deployed" and offered(app) == "Deploy a model")
        await pilot.press("w")
        await until(pilot, lambda: app.current_mode == "why" and offered(app) == "Back to Deploy")
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "deploy")
        await pilot.press("ctrl+p")
        await pilot.press(*"deployed models")
        await until(pilot, lambda: app.screen.query_one(CommandList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deployed")


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_it_survives_narrow_windows(width: int) -> None:
    app = app_with(FixedDepot())
    async with app.run_test(size=(width, 20)) as pilot:
        await ready(pilot, app)
        for size in ((20, 8), (160, 48), (40, 12)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.05)


def test_the_summary_never_counts_what_is_unchecked_as_passed() -> None:
    assert summary(VERDICTS) == "! 1 warned, – 1 unchecked, ✓ 5 passed"
    assert summary([Verdict("a", "A", "unchecked", "")]) == "– 1 unchecked"
    assert summary([]) == ""
