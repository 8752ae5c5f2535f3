"""The Chat screen when the model's process goes: the conversation stays, the reason is shown, Enter goes on.

With the client's stand-in for the host: a real child process that holds no model and breaks as it is told.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import tests
from slmtui.runtime import client, watching
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.chat import ChatScreen
from tests.tui.chat_bench import answered, ask, deploy, open_chat, questions
from tests.tui.walking import primary, screen_text, until
from tests.unit.runtime.test_client import model_in


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(*tests.__path__) / "unit" / "runtime"
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr(client, "HOST_MODULE", "stand_in_host")
    monkeypatch.setattr(watching, "HUNG_SECONDS", 0.6)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [("break down", "ran out of memory"), ("hang", "hangs"), ("die", "exit code 3")],
    ids=["out of memory", "hung", "died"],
)
async def test_the_reason_is_shown_and_enter_starts_it_anew(wish: str, reason: str, tmp_path: Path) -> None:
    deploy(tmp_path, model_in(tmp_path / "model"))
    app = SlmtuiApp()
    async with app.run_test(size=(100, 40)) as pilot:
        question = await open_chat(pilot, app)
        before = await ask(pilot, app, "answer")
        assert before.startswith("one two")
        await ask(pilot, app, wish)
        await until(pilot, lambda: reason in " ".join(screen_text(app).split()))
        assert primary(app) == "Restart"
        assert questions(app) == ["answer", wish]
        assert app.chat.turns[-1].text == before  # what had come of it

        # Enter alone asks again in another process, which does as it is told again; anything else works.
        first = app.chat.host._child
        await pilot.press("enter")
        await until(pilot, lambda: app.chat.host._child is not first)
        await answered(pilot, app)
        assert primary(app) == "Restart"
        assert await ask(pilot, app, "answer") == before
        assert app.chat.turns[-1].problem is None
        assert isinstance(app.screen, ChatScreen)
        assert question.text == ""
        await app.action_quit()
