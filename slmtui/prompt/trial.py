"""The conversations a chat template has to render so that its shape can be seen, all in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from slmtui.prompt.chat_template import ChatTemplate, Rendering, Request
from slmtui.runtime.parameters import Message, Role

_TURNS: tuple[tuple[str, tuple[tuple[Role, str], ...]], ...] = (
    ("one question", (("user", "What is the capital of France?"),)),
    (
        "system message and question",
        (("system", "Answer in one word."), ("user", "What is the capital of France?")),
    ),
    (
        "several turns",
        (
            ("user", "What is the capital of France?"),
            ("assistant", "The capital of France is Paris."),
            ("user", "And of Italy?\nSay it in one line."),
        ),
    ),
    (
        "system message and several turns",
        (
            ("system", "Answer in one word."),
            ("user", "What is the capital of France?"),
            ("assistant", "Paris."),
            ("user", "And of Italy?"),
        ),
    ),
)
CONVERSATIONS: tuple[tuple[str, tuple[Message, ...]], ...] = tuple(
    (title, tuple(Message(role, content) for role, content in turns)) for title, turns in _TURNS
)
"""The conversations that templates are compared by, with their titles."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came out.

    `words` are the five messages of `dialogue` (question, answer, question, answer, question); the other
    renderings use the first ones. `system_word` is the system message of `with_system` and
    `closed_with_system`. The `closed_…` ones open no answer.
    """

    words: tuple[str, ...]
    system_word: str
    dialogue: Rendering
    question: Rendering
    closed_question: Rendering
    closed_answer: Rendering
    with_system: Rendering
    trims: bool
    dated: bool
    conversations: tuple[tuple[str, tuple[Message, ...], Rendering], ...]


def run_trial(chat_template: ChatTemplate) -> Trial:
    """Render everything.

    Raises:
        Failure: the template is broken or was stopped.
    """
    words, system_word = _words(chat_template.text)
    dialogue = tuple(Message(_role(index), word) for index, word in enumerate(words))
    system = Message("system", system_word)
    now = datetime.now().replace(microsecond=0)
    later = now + timedelta(days=400)
    requests = [
        Request(dialogue, now=now),
        Request(dialogue[:1], now=now),
        Request(dialogue[:1], add_generation_prompt=False, now=now),
        Request(dialogue[:2], add_generation_prompt=False, now=now),
        Request((system, dialogue[0]), now=now),
        Request((Message("user", f" {words[0]} "),), now=now),
        Request(dialogue[:1], now=later),
        Request((system, dialogue[0]), now=later),
        *(Request(messages, now=now) for _, messages in CONVERSATIONS),
    ]
    whole, question, closed_question, closed_answer, with_system, spaced, later_plain, later_system, *rest = (
        chat_template.render_all(requests)
    )
    return Trial(
        words=words,
        system_word=system_word,
        dialogue=whole,
        question=question,
        closed_question=closed_question,
        closed_answer=closed_answer,
        with_system=with_system,
        trims=spaced.text is not None and f" {words[0]} " not in spaced.text,
        dated=later_plain != question or later_system != with_system,
        conversations=tuple(
            (title, messages, rendering)
            for (title, messages), rendering in zip(CONVERSATIONS, rest, strict=True)
        ),
    )


def _words(template: str) -> tuple[tuple[str, ...], str]:
    """Messages that no template writes itself: letters only, so that no filter changes them."""
    stem = "Zirbelprobe"
    while stem in template:
        stem += "x"
    return tuple(f"{stem}{letter}" for letter in "ABCDE"), f"{stem}S"


def _role(index: int) -> Role:
    return "user" if index % 2 == 0 else "assistant"
