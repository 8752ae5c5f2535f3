"""The field for a question: keys that come faster than they are heard do what they say, in their order."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult

from slmtui.tui.widgets.prompt_area import PromptArea
from tests.tui.walking import until


class _Talk(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        yield PromptArea(id="question")

    def on_prompt_area_submitted(self, event: PromptArea.Submitted) -> None:
        self.sent.append(event.text)


async def test_corrections_typed_in_a_hurry_are_made_where_they_were_typed() -> None:
    app = _Talk()
    async with app.run_test() as pilot:
        app.query_one("#question").focus()
        await until(pilot, lambda: app.query_one("#question").has_focus)
        for key in ("t", "o", "p", "backspace", "backspace", "i", "e", "left", "m", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: app.sent)
        assert app.sent == ["time"]
