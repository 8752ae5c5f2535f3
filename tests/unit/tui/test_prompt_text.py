"""How a prompt's tokens are shown: what two do not share is marked, all of it."""

from __future__ import annotations

import re

import pytest
from textual.content import Content

from slmtui.prompt.truth import Apart, Made, Source, Token, all_apart, apart
from slmtui.tui.widgets.prompt_text import from_tokens


def made(source: Source, text: str) -> Made:
    return Made(source, text, tuple(Token(hash(piece), piece) for piece in re.findall(r" ?\w+|\W", text)))


def marked(content: Content) -> list[str]:
    """What stands out as not shared."""
    return [content.plain[span.start : span.end] for span in content.spans if "reverse" in str(span.style)]


@pytest.mark.parametrize(
    ("one", "other", "in_one", "in_other"),
    [
        ("a b c d", "a b c d", [], []),
        ("a b c d", "a x c y", ["␣b", "␣d"], ["␣x", "␣y"]),
        ("a b c d", "a d", ["␣b", "␣c"], [" more elsewhere "]),
        ("a b", "a b c", [" ends here "], ["␣c"]),
    ],
)
def test_every_token_that_two_do_not_share_is_marked(
    one: str, other: str, in_one: list[str], in_other: list[str]
) -> None:
    first, second = made("transformers", one), made("prompt_template", other)
    marks = apart(first, second)
    assert marked(from_tokens(first.tokens, ids=True, apart=marks[0])) == in_one
    assert marked(from_tokens(second.tokens, ids=False, apart=marks[1])) == in_other


def test_what_was_refused_has_nothing_to_mark() -> None:
    refused = Made("runtime", None, refusal="No system message, please.")
    assert apart(made("transformers", "a b"), refused) == (Apart(), Apart())


def test_the_first_is_marked_where_any_of_the_others_differs() -> None:
    three = (made("transformers", "a b c"), made("runtime", "a x c"), made("prompt_template", "a b y"))
    first, second, third = all_apart(three)
    assert (sorted(first.own), sorted(second.own), sorted(third.own)) == ([1, 2], [1], [2])
