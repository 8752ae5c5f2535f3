"""The chat template written for a PromptTemplate renders what PromptTemplate does, whatever is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slmtui.prompt.chat_template import ChatTemplate, Rendering, Request
from slmtui.prompt.derive import derive_from
from slmtui.prompt.families import families
from slmtui.prompt.jinja_environment import compile_template
from slmtui.prompt.jinja_writer import chat_template_for
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.runtime.parameters import Message, Role

PIECES = [
    "{Content}", "{{", "}}", "{%", "-%}", "{#", "#}",
    "{% raw %}", "'", '"', "\\", "\\n", "\\x41", "\n", "\r\n", "\r",
    "\t", " ", "a",
    "<|im_start|>", "<|im_end|>", "[INST]", "</s>", "{{ messages }}", "\u2028", "\x85", "\ufeff", "🙂",
]  # fmt: skip
text = some.text(some.characters(exclude_categories=["Cs"]), max_size=12) | some.lists(
    some.sampled_from(PIECES), max_size=8
).map("".join)
# A string with one {Content}, as the check demands; braces around it would make another one.
around = text.map(lambda words: words.replace("{Content}", "").replace("\x00", ""))
shape = some.tuples(around, around).map("{Content}".join).filter(lambda made: made.count("{Content}") == 1)
template = some.builds(PromptTemplate, shape, shape, shape, shape)
message = some.builds(Message, some.sampled_from(["system", "user", "assistant"]), text)


class InProcess(ChatTemplate):
    """Renders where it is: a worker for each of hundreds of examples would take minutes."""

    def render_all(self, requests: Sequence[Request]) -> tuple[Rendering, ...]:
        compiled = compile_template(self.text)
        return tuple(
            Rendering(
                compiled.render(
                    messages=[{"role": m.role, "content": m.content} for m in request.messages],
                    add_generation_prompt=request.add_generation_prompt,
                    **self.tokens,
                )
            )
            for request in requests
        )


@settings(max_examples=300, deadline=None)
@given(template, some.lists(message, max_size=5))
def test_any_conversation_comes_out_as_prompt_template_makes_it(
    made: PromptTemplate, messages: list[Message]
) -> None:
    (rendering,) = InProcess(chat_template_for(made), {}).render_all([Request(tuple(messages))])
    assert rendering.text == made.render(messages)


@settings(max_examples=200, deadline=None)
@given(template)
def test_the_same_four_strings_are_derived_from_what_was_written(made: PromptTemplate) -> None:
    derivation = derive_from(InProcess(chat_template_for(made), {}), tokenizer_adds_bos=False)
    assert derivation.template == made
    assert derivation.agrees
    assert [c.state for c in derivation.comparisons] == ["identical"] * 4


@pytest.mark.parametrize("family", families(), ids=lambda family: family.id)
@pytest.mark.parametrize("bos", ["", "<s>"])
def test_every_family_makes_the_round_trip(family: object, bos: str) -> None:
    strings = cast("PromptTemplate", family.template)  # type: ignore[attr-defined]
    written = InProcess(chat_template_for(strings, bos), {"bos_token": bos} if bos else {})
    derivation = derive_from(written, tokenizer_adds_bos=True)
    assert derivation.template == strings
    assert derivation.agrees


def test_the_beginning_of_the_sequence_is_written_once() -> None:
    strings = PromptTemplate("s{Content}", "u{Content}", "a{Content}", "p{Content}")
    ask = [{"role": cast("Role", "user"), "content": "x"}]
    rendered = compile_template(chat_template_for(strings, "<s>")).render(
        messages=ask, add_generation_prompt=True
    )
    assert rendered == "<s>px"
    opened = PromptTemplate("s{Content}", "<s>u{Content}", "a{Content}", "<s>p{Content}")
    rendered = compile_template(chat_template_for(opened, "<s>")).render(
        messages=ask, add_generation_prompt=True
    )
    assert rendered == "<s>px"


def test_where_no_answer_is_opened_the_last_question_is_wrapped_like_the_others() -> None:
    strings = PromptTemplate("s{Content};", "u{Content};", "a{Content};", "u{Content};a")
    compiled = compile_template(chat_template_for(strings))
    ask = [{"role": "user", "content": "x"}]
    assert compiled.render(messages=ask, add_generation_prompt=False) == "ux;"
    assert compiled.render(messages=ask, add_generation_prompt=True) == "ux;a"


def test_missing_strings_stand_for_the_message_as_it_is() -> None:
    strings = PromptTemplate(prompt="<q>{Content}<a>")
    messages = [Message("system", "s"), Message("user", "1"), Message("assistant", "2"), Message("user", "3")]
    (rendering,) = InProcess(chat_template_for(strings), {}).render_all([Request(tuple(messages))])
    assert rendering.text == strings.render(messages) == "s<q>1<a>2<q>3<a>"
