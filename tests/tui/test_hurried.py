"""Keys that come faster than what they change is looked up: none is lost, none does what was meant before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.events import Key
from textual.widgets import Input

from slmtui.deployment import Deployment
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.lab_prospect import LabProspect, LabWish
from tests.tui import convert_bench, deploy_bench, lab_bench
from tests.tui.chat_bench import ask, deploy, open_chat
from tests.tui.walking import offered, primary, screen_text, until

SIZE = (120, 40)


def in_one_go(app: SlmtuiApp, *keys: str) -> None:
    """As they come over a slow line: all at once."""
    for key in keys:
        app.post_message(Key(key, {"space": " ", "slash": "/"}.get(key, key if len(key) == 1 else None)))


async def chosen_and_begun(app: SlmtuiApp, label: str, field: str, begun: Callable[[], object]) -> None:
    """Take the next value of a field and the next step in one go, and wait until it has begun."""
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == label)
        app.screen.set_focus(app.screen.query_one(field))
        in_one_go(app, "right", "ctrl+n")
        await until(pilot, begun)


async def test_a_conversion_is_of_what_was_chosen_last(monkeypatch: pytest.MonkeyPatch) -> None:
    studio = convert_bench.FixedStudio()
    convert_bench.fix(monkeypatch, studio)
    studio.may_go.set()
    await chosen_and_begun(convert_bench.app_with(studio), "Convert", "#proof", lambda: studio.asked)
    assert not studio.asked[0]["compares"]


async def test_a_deployment_is_as_was_chosen_last() -> None:
    depot = deploy_bench.FixedDepot()
    await chosen_and_begun(deploy_bench.app_with(depot), "Deploy", "#method", lambda: depot.plans)
    assert depot.plans[0].method == "copy"


class SlowDesk(lab_bench.FixedDesk):
    """Looks once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_look = threading.Event()
        self.may_look.set()

    def look(self, deployment: Deployment | None, wish: LabWish) -> LabProspect:
        self.may_look.wait(60)
        return super().look(deployment, wish)


@pytest.mark.parametrize("then", ["enter", "ctrl+n"])
async def test_a_lab_compares_what_was_checked_last(then: str) -> None:
    desk = SlowDesk()
    app = lab_bench.app_with(desk, lab_bench.begun())
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: offered(app) == "Compare")
        desk.may_look.clear()
        in_one_go(app, "space", "down", "space", then)
        await until(pilot, lambda: "· FP32 " in screen_text(app) and "✓ FP32 shared" in screen_text(app))
        assert not desk.plans
        desk.may_look.set()
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
