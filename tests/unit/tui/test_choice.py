"""A choice shows where the user is: its value has the accent while it has the focus, and only then."""

from __future__ import annotations

from functools import partial

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from slmtui.tui.widgets.choice import Choice, Value
from tests.tui.walking import until


class _Form(App[None]):
    def __init__(self, values: list[Value]) -> None:
        super().__init__()
        self._values = values

    def compose(self) -> ComposeResult:
        for name in ("first", "second"):
            yield Choice("", self._values, self._values[0].key, id=name)


def _accented(app: App[None]) -> list[str | None]:
    found = []
    for choice in app.query(Choice):
        assert isinstance(choice.content, Content)
        if any("$text-accent" in str(span.style) for span in choice.content.spans):
            found.append(choice.id)
    return found


def _accents_alone(app: App[None], name: str) -> bool:
    return _accented(app) == [name]


@pytest.mark.parametrize("length", [5, 60], ids=["all in sight", "one in sight"])
async def test_the_value_in_focus_has_the_accent_and_no_other(length: int) -> None:
    app = _Form([Value("a", "a" * length), Value("b", "b" * length)])
    async with app.run_test(size=(80, 5)) as pilot:
        for name in ("first", "second", "first"):
            app.query_one(f"#{name}").focus()
            await until(pilot, partial(_accents_alone, app, name))
        app.set_focus(None)
        await until(pilot, lambda: _accented(app) == [])


async def test_the_label_in_focus_is_bold_as_not_every_terminal_has_colours() -> None:
    class Form(App[None]):
        def compose(self) -> ComposeResult:
            yield Choice("Preset", [Value("a", "a")], "a")

    def is_bold() -> bool:
        content = app.query_one(Choice).content
        assert isinstance(content, Content)
        return any(span.start == 0 and str(span.style) == "bold" for span in content.spans)

    app = Form()
    async with app.run_test(size=(80, 5)) as pilot:
        app.query_one(Choice).focus()
        await until(pilot, is_bold)
        app.set_focus(None)
        await until(pilot, lambda: not is_bold())
