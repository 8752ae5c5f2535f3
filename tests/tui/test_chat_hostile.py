"""Hostile text in a conversation, wherever it stands: nothing of it reaches the terminal or the clipboard."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

import tests
from slmtui.runtime import client, conversations
from slmtui.runtime import conversation as change
from slmtui.runtime.conversation import Problem
from slmtui.runtime.parameters import ChatParameters
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.widgets.parameter_panel import ParameterPanel
from slmtui.tui.widgets.prompt_area import PromptArea
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import deploy, open_chat
from tests.tui.walking import until
from tests.unit.runtime.test_client import model_in
from tests.unit.runtime.test_neutral import dangerous

EVIL = "\x1b]0;pwned\x07\x1b]52;c;cm0=\x07\x9b31m\u202egnp [red]x[/red] &#x202e;y &#x1b;[31m\u202d"
STOPS = ("<|im_end|>", EVIL)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's stand-in for the host, which holds no model."""
    monkeypatch.setenv("PYTHONPATH", str(Path(*tests.__path__) / "unit" / "runtime"))
    monkeypatch.setattr(client, "HOST_MODULE", "stand_in_host")


def lines(app: SlmtuiApp) -> Iterator[str]:
    """What goes to the terminal, without the app's own sequences."""
    for strip in app.screen._compositor.render_strips():
        yield strip.text


async def test_it_is_drawn_as_signs_and_copied_as_it_is_drawn(tmp_path: Path) -> None:
    model = model_in(tmp_path / "model")
    deploy(tmp_path, model)
    made = change.new(EVIL, str(model), ChatParameters(top_p=1 / 3, stop=STOPS), system=EVIL)
    made = change.grown(change.ask(made, EVIL), f"{EVIL}\n\n| {EVIL} |\n|---|\n| {EVIL} |\n")
    turn = dataclasses.replace(made.turns[0], problem=Problem(EVIL, EVIL, EVIL), right=False, expected=EVIL)
    conversations.save(dataclasses.replace(made, turns=(turn,), title=EVIL))
    app = SlmtuiApp()
    async with app.run_test(size=(120, 50)) as pilot:
        await open_chat(pilot, app)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: app.screen.query("#kept-list") and "1" in "".join(lines(app)))
        await until(pilot, lambda: any("gnp" in line for line in lines(app)))
        assert not [line for line in lines(app) if dangerous(line)]
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query("#question") and app.screen.query_one(Transcript).views)
        await until(pilot, lambda: sum("gnp" in line for line in lines(app)) > 5)
        assert not [line for line in lines(app) if dangerous(line)]
        assert "⟦U+202E⟧y" in "".join(lines(app))  # what the Markdown says by number is seen as well
        assert any("log ␛]0;pwned" in line for line in lines(app))

        # A field draws what it holds; the gate is all there is between it and the terminal.
        question = app.screen.query_one("#question", PromptArea)
        question.text = f"typed {EVIL}"
        await until(pilot, lambda: any("typed" in line for line in lines(app)))
        assert not [line for line in lines(app) if dangerous(line)]
        question.text = ""

        await pilot.press("ctrl+y")
        assert "⟦U+202E⟧gnp" in app.clipboard
        assert not dangerous(app.clipboard)

        # Another parameter is typed: the others stay what they are, to the last digit and character.
        panel = app.screen.query_one(ParameterPanel)
        field = panel.query_one("#parameter-temperature", Input)
        field.focus()
        field.value = "0.25"
        await until(pilot, lambda: app.chat.conversation.parameters.temperature == 0.25)
        assert app.chat.conversation.parameters.stop == STOPS
        assert app.chat.conversation.parameters.top_p == 1 / 3

        # A change of turns that is taken back leaves the parameters as they were set since.
        app.chat.change(change.delete(app.chat.conversation, 0))
        field.value = "0.5"
        await until(pilot, lambda: app.chat.conversation.parameters.temperature == 0.5)
        assert app.chat.undo()
        assert app.chat.turns == (turn,)
        assert app.chat.conversation.parameters.temperature == 0.5
        await app.action_quit()
