"""Keys that come faster than what they change is looked up: none is lost, none does what was meant before."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.choice import Choice
from tests.tui import convert_bench, deploy_bench, lab_bench
from tests.tui.chat_bench import ask, deploy, open_chat
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (120, 40)


def in_one_go(app: SlmtuiApp, *keys: str) -> None:
    """As they come over a slow line: all at once."""
    for key in keys:
        app.post_message(Key(key, {"space": " ", "slash": "/"}.get(key, key if len(key) == 1 else None)))


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
        await until(pilot, lambda: primary(app) != "Compare")
    chosen = [each.id for each in desk.plans[0].variants]
    assert "fp32:shared" in chosen
    assert "fp32:plain" not in chosen


async def test_what_is_typed_after_the_key_of_a_field_is_in_that_field() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query("#sources") and app.focused is not None)
        in_one_go(app, "slash", *"a/quick/path")
        await until(pilot, lambda: [field.value for field in app.screen.query(Input)] == ["a/quick/path"])


async def test_the_answer_that_is_judged_is_the_one_gone_to(sample_dir: Path, converted_sample: Path) -> None:
    deploy(sample_dir, converted_sample)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        await ask(pilot, app, "How long is the warranty?")
        await ask(pilot, app, "hello")
        await until(pilot, lambda: app.focused is not None and app.focused.id == "question")
        in_one_go(app, "shift+tab", "k", "y")
        await until(pilot, lambda: any(turn.right for turn in app.chat.turns))
        assert [turn.right for turn in app.chat.turns] == [True, None]
        await app.action_quit()
