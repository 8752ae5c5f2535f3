"""The chat's keys in a real terminal, one after the other, and the conversation there when one comes back."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slmtui.runtime import conversations
from slmtui.runtime.conversation import Conversation
from tests.e2e.long_talk import LONG, deploy_greedy, open_chat
from tests.e2e.terminal import Terminal

pytestmark = [
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, the terminal of this test"),
    # Its waits for a slow machine add up to more than the usual limit; alone it makes its model first.
    pytest.mark.timeout(900),
]

# The list of stations takes so many columns.
RAIL = 21
EMPTY = "Ask the model something"
STOPS = "Esc stops the answer"


@pytest.fixture
def terminal(
    slmtui_home: Path,
    smollm2: Path,
    converted_smollm2: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Terminal]:
    """A chat with a model that talks long enough to be stopped, and greedily, so that this is sure."""
    deploy_greedy(smollm2, converted_smollm2, tmp_path)
    monkeypatch.chdir(tmp_path)  # where files are written to
    terminal = Terminal(slmtui_home)
    yield terminal
    terminal.close()


def test_the_chats_keys_and_the_conversation_is_there_when_one_comes_back(
    terminal: Terminal, tmp_path: Path
) -> None:
    open_chat(terminal)
    _ask(terminal, LONG, 1)
    terminal.shows("stopped")
    first = _kept(terminal, lambda one: one.turns[0].answer)
    assert first.turns[0].answer.finish_reason == "cancelled"

    # On with it, and again.
    terminal.type("C-g")
    terminal.shows(STOPS)
    _kept(terminal, lambda one: len(one.turns[0].text) > len(first.turns[0].text) + 20)
    terminal.type("Escape")
    longer = _kept(terminal, lambda one: one.turns[0].answer)
    assert longer.turns[0].text.startswith(first.turns[0].text)
    terminal.until(_idle)
    terminal.type("C-r")
    terminal.until(_speaks)
    terminal.type("Escape")
    again = _kept(terminal, lambda one: one.turns[0].answer and one.changed > longer.changed)
    terminal.until(_idle)
    assert len(again.turns) == 1

    # The model's own parameters are greedy: the key samples, and takes that back.
    terminal.type("F12")
    terminal.shows("The next answers are sampled")
    terminal.type("F12")
    terminal.shows("Greedy: the next answers")

    # Another turn; the first one edited, which ends the other; one more, deleted.
    _ask(terminal, "Say hello.", 2)
    terminal.type("BTab")
    terminal.shows("e Edit")
    below = terminal.looks()
    terminal.type("k")
    terminal.until(lambda _: terminal.looks() != below)
    terminal.type("e")
    terminal.shows("Enter asks turn 1 anew")
    _ask(terminal, "Say goodbye.", 1)
    _ask(terminal, "What is a lamp?", 2)
    terminal.type("BTab")
    terminal.shows("d Delete")
    terminal.type("d")
    terminal.shows("The turn is deleted")
    edited = _kept(terminal, lambda one: len(one.turns) == 1)
    assert edited.id == first.id
    assert edited.turns[0].question == "Say goodbye."

    # Written to a file.
    terminal.type("Escape", "C-s")
    terminal.shows("Write the conversation")
    terminal.type("Enter")
    terminal.shows("Written to")
    assert "Say goodbye." in (tmp_path / "say-goodbye.md").read_text(encoding="utf-8")

    # Another conversation, and the first one found by its words.
    terminal.type("C-l")
    terminal.until(lambda screen: "Say goodbye." not in screen)
    _ask(terminal, "What is a ship?", 1)
    terminal.type("C-t")
    terminal.shows("Conversations with this model")
    terminal.type("goodbye")
    terminal.until(lambda screen: "turn 1:" in screen)
    terminal.type("Enter")
    terminal.until(lambda screen: "Say goodbye." in screen and "Conversations with" not in screen)

    # Left, and come back to.
    terminal.type("C-q")
    terminal.shows("left with 0")
    terminal.type(f"clear; '{sys.executable}' -m slmtui", "Enter")
    open_chat(terminal)
    terminal.type("C-t")
    terminal.until(lambda screen: "Say goodbye." in screen and "What is a ship?" in screen)
    terminal.type("goodbye")
    terminal.until(lambda screen: "turn 1:" in screen)
    terminal.type("Enter")
    terminal.until(lambda screen: "Say goodbye." in screen and "Conversations with" not in screen)
    terminal.type("C-q")
    terminal.until(lambda screen: "Say goodbye." not in screen)


def _ask(terminal: Terminal, question: str, turns: int) -> None:
    """Ask in place of what stands in the field, and stop the answer once it has begun, as it may be long."""
    terminal.until(lambda screen: EMPTY in screen or terminal.type("C-u"))
    terminal.type(question, "Enter")
    terminal.until(lambda screen: "Ask on" in screen or _speaks(screen, question))
    terminal.type("Escape")
    _kept(
        terminal,
        lambda one: len(one.turns) == turns and one.turns[-1].question == question and one.turns[-1].answer,
    )
    terminal.until(_idle)


def _kept(terminal: Terminal, seen: Callable[[Conversation], object]) -> Conversation:
    """The conversation that was changed last, once its file has what is waited for."""
    found: list[Conversation] = []

    def look(_: str) -> bool:
        found[:] = conversations.saved()[0][:1]
        return bool(found and found[0].turns and seen(found[0]))

    terminal.until(look)
    return found[0]


def _idle(screen: str) -> bool:
    """Whether it is known on the screen, too, that no answer is under way."""
    return STOPS not in screen and "Ask on" in screen


def _speaks(screen: str, question: str = LONG) -> bool:
    """Whether text of an answer that is under way can be seen below the question."""
    right = "\n".join(line[RAIL:] for line in screen.splitlines())
    talk = right.partition(question)[2].partition("context")[0]
    return STOPS in screen and sum(word.isalpha() for word in talk.split()) > 3
