"""The turns on the screen while the conversation changes under them: what a user does between two waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.runtime import conversation as change
from slmtui.runtime.conversation import Conversation
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import deploy, figures, open_chat
from tests.tui.paced_host import speaks_for
from tests.tui.walking import until
from tests.unit.runtime.test_client import model_in

SIZE = (120, 40)


def _answered(conversation: Conversation, *questions: str) -> Conversation:
    for question in questions:
        grown = change.grown(change.ask(conversation, question), f"About {question}")
        conversation = change.answered(grown, figures())
    return conversation


async def test_a_question_is_asked_while_the_turns_of_the_last_conversation_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_in(tmp_path / "model")
    deploy(tmp_path, model)
    speaks_for(monkeypatch, model)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app)
        session, transcript = app.chat, app.screen.query_one(Transcript)
        session.conversation = _answered(session.conversation, "one", "two", "three")
        app.screen.changed(kept=False)
        await until(pilot, lambda: len(transcript.views) == 3)

        take_away, draw = transcript._take_away, app.screen._compositor.render_strips
        draw()

        async def and_ask_meanwhile(views: list) -> None:
            await take_away(views)
            draw()  # before the screen is laid out anew, what has gone is still a part of it
            if not session.turns:
                session.conversation = _answered(session.conversation, "four")

        monkeypatch.setattr(transcript, "_take_away", and_ask_meanwhile)
        session.start_anew()
        await transcript.show(session)
        await transcript.show(session)  # as whoever has asked has it shown
        assert [view.turn.question for view in transcript.views] == ["four"]
        await app.action_quit()
