"""From Start to an answer with Enter alone, with the real Olive, runtime and SDK."""

from __future__ import annotations

from textual.widgets import OptionList

from slmtui import deployment as deployments
from slmtui.tui.app import SlmtuiApp
from tests.tui.walking import known_answers, offered, screen_text, until


async def test_enter_alone_leads_from_start_to_an_answer_of_the_tiny_sample() -> None:
    app = SlmtuiApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query(OptionList))
        option = app.screen.query_one("#sources", OptionList).highlighted_option
        assert option is not None
        assert option.id == "sample:fernlight-support"
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "environment" and offered(app) == "Continue")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "convert" and offered(app) == "Convert")
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Continue", 240)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "template" and offered(app) == "Write and continue")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploy" and offered(app) == "Deploy")
        await pilot.press("enter")
        await until(pilot, lambda: offered(app) == "Continue", 120)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "chat" and app.chat.loaded is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.chat.turns and app.chat.turns[-1].answer is not None)

        turn = app.chat.turns[-1]
        known = known_answers()
        assert turn.text in known
        assert "tok/s" in screen_text(app)
        assert app.deployment is not None
        assert app.deployment.next_station() is None
        await app.action_quit()
    assert deployments.load("fernlight-support").next_station() is None
