"""Content is put into a template and never read as a part of it."""

from __future__ import annotations

import random
from pathlib import Path

from slmtui.prompt.agreement import Probe, agrees, compare, first_difference
from slmtui.prompt.chat_template import ChatTemplate, Request
from slmtui.prompt.derive import derive_from
from slmtui.prompt.prompt_template import PromptTemplate, fill
from slmtui.runtime.parameters import Message

CHATML = ChatTemplate(
    (Path(__file__).parents[2] / "data" / "chat_templates" / "chatml.jinja").read_text(encoding="utf-8"), {}
)
PIECES = [
    "{Content}", "{content}", "{{ x }}", "{% for %}", "{}", "{0}", "%s", "$1", "\\1", "\\n", "\n", "\r\n",
    "\t", "<|im_start|>", "<|im_end|>", "<|im_start|>assistant\n", "[INST]", "</s>", "\x00", "\x1b[31m",
    "\u202e", "\ufeff", "e\u0301", "👩‍👩‍👧", "你好", "مرحبا", "ZirbelprobeA", " ", "a",
]  # fmt: skip


def odd_text(chance: random.Random) -> str:
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 12)))


def test_content_that_looks_like_the_place_holder_stays_as_it_is() -> None:
    assert fill("<{Content}>", "{Content}") == "<{Content}>"
    assert fill("<{Content}>", "a{Content}b{Content}") == "<a{Content}b{Content}>"
    assert fill("{Content}+{Content}", "{Content}") == "{Content}+{Content}"
    assert fill(r"\1{Content}{0}%s", r"\g<0>$1") == r"\1\g<0>$1{0}%s"


def test_any_messages_come_out_as_the_chat_template_writes_them() -> None:
    chance = random.Random(7)  # noqa: S311
    template = derive_from(CHATML, tokenizer_adds_bos=False).template
    conversations = []
    for _ in range(300):
        turns = chance.choice(([], [Message("system", odd_text(chance))]))
        for _ in range(chance.randint(0, 3)):
            turns = [*turns, Message("user", odd_text(chance)), Message("assistant", odd_text(chance))]
        conversations.append((*turns, Message("user", odd_text(chance))))
    rendered = CHATML.render_all([Request(messages) for messages in conversations])
    for messages, rendering in zip(conversations, rendered, strict=True):
        assert template.render(messages) == rendering.text


def test_a_conversation_that_the_assistant_ended_opens_no_answer() -> None:
    template = PromptTemplate("s{Content};", "u{Content};", "a{Content};", "u{Content};a")
    assert template.render([Message("user", "1"), Message("assistant", "2")]) == "u1;a2;"
    assert template.render([]) == ""


def test_without_a_user_string_earlier_questions_are_wrapped_like_the_last() -> None:
    template = PromptTemplate(assistant="{Content}", prompt="<q>{Content}<a>")
    messages = [Message("user", "1"), Message("assistant", "2"), Message("user", "3")]
    assert template.render(messages) == "<q>1<a>2<q>3<a>"
    assert template.render([Message("system", "s"), Message("user", "1")]) == "s<q>1<a>"


def test_the_first_difference_is_located() -> None:
    found = first_difference("same, then this", "same, then that")
    assert found is not None
    assert found.position == 13
    assert (found.expected, found.found) == ("is", "at")
    assert first_difference("same", "same") is None
    longer = first_difference("same", "same and more")
    assert longer is not None
    assert (longer.position, longer.expected, longer.found) == (4, "", " and more")


def test_one_difference_is_enough_to_disagree() -> None:
    template = PromptTemplate("{Content}", "{Content}", "{Content}", "<{Content}>")
    question = (Message("user", "x"),)
    good, bad = Probe("good", question, "<x>"), Probe("bad", question, "<x> ")
    assert agrees(compare(template, [good]))
    assert not agrees(compare(template, [good, bad]))
    assert not agrees(compare(template, []))
    assert not agrees(compare(template, [Probe("refused", question, None, "no")]))
