"""One question of a suite: what is asked, and what its answer has to be like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static, TextArea

from slmtui.events import Failure
from slmtui.measure.suite import CHECKS, SuiteLine
from slmtui.measure.suite_file import line_of
from slmtui.tui.screens.dialog import Dialog
from slmtui.tui.widgets.choice import Choice, Value
from slmtui.tui.widgets.verdicts import FailurePanel

_ABOUTS: Mapping[str, str] = {
    "equals": "The answer is exactly this, but for white space around it.",
    "contains": "All of these stand in the answer, one a line; upper and lower case count.",
    "not_contains": "None of these stands in the answer, one a line.",
    "regex": "This pattern is found in the answer.",
    "json_schema": "The answer is JSON that this JSON Schema accepts.",
    "max_tokens": "The answer has at most so many tokens, and ends by itself.",
    "similar": "The answer is at least 80 % like this; with another number on the first line, so much: 0.6",
}
_SEVERAL = ("contains", "not_contains")


class SuiteLineScreen(Dialog[SuiteLine]):
    """Ends with the question as it is to be, or with nothing."""

    DEFAULT_CSS = """
    SuiteLineScreen {
        TextArea { height: auto; min-height: 1; max-height: 6; background: $background; }
        #line-value { min-height: 2; max-height: 8; }
        .line-label { color: $text-muted; height: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,ctrl+n", "save", "Save", tooltip="Keep the question"),
        Binding("escape", "dismiss(None)", "Close"),
    ]

    def __init__(self, line: SuiteLine | None = None) -> None:
        super().__init__()
        self._line = line
        self._values = _values_of(line) if line else {}
        self._check = next(iter(self._values), "contains")

    def compose_body(self) -> ComposeResult:
        line = self._line
        system = line.messages[0].content if line and line.messages[0].role == "system" else ""
        yield Static("Question", classes="line-label")
        yield _area(line.question if line else "", "line-prompt")
        yield Static("System message, if it needs one", classes="line-label")
        yield _area(system, "line-system")
        yield Choice("The answer", id="line-check")
        yield Static(id="line-asked", classes="line-label", markup=False)
        yield Static(id="line-about", classes="line-label", markup=False)
        yield _area(self._values.get(self._check, ""), "line-value")
        yield FailurePanel(id="line-failure")

    def compose_actions(self) -> ComposeResult:
        yield Button("Close", id="close", compact=True)
        yield Button("Save", id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        self.ask("Question" if self._line else "New question", "#save")
        self._show_check()
        self.query_one("#line-prompt", TextArea).focus()

    def _show_check(self) -> None:
        """All checks, those that are made with a mark."""
        made = [name for name in CHECKS if self._values.get(name)]
        values = [Value(name, name + ("*" if name in made else "")) for name in CHECKS]
        self.query_one("#line-check", Choice).show(self._check, values)
        asked = f"* is asked for: {', '.join(made)}." if made else "Nothing is asked of the answer yet."
        self.query_one("#line-asked", Static).update(asked)
        self.query_one("#line-about", Static).update(_ABOUTS[self._check])

    @on(Choice.Changed)
    def _check_chosen(self, event: Choice.Changed) -> None:
        self._check = event.value
        self.query_one("#line-value", TextArea).text = self._values.get(event.value, "")
        self._show_check()

    @on(TextArea.Changed, "#line-value")
    def _value_typed(self, event: TextArea.Changed) -> None:
        self._values[self._check] = event.text_area.text
        self._show_check()

    def action_proceed(self) -> None:
        """Enter on the choice of a check: its value is next."""
        self.query_one("#line-value").focus()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Take it, if it makes sense."""
        try:
            self.dismiss(line_of(self._object()))
        except Failure as failure:
            self.query_one(FailurePanel).show(failure)
            self.query_one("#dialog-body").scroll_end(animate=False)

    def _object(self) -> dict[str, Any]:
        """The line as its file would have it."""
        prompt, system = (self.query_one(f"#line-{name}", TextArea).text for name in ("prompt", "system"))
        if not prompt.strip():
            raise Failure("There is no question.", "Type what the model is asked.")
        found: dict[str, Any] = _rest_of(self._line, prompt) if self._line else {"prompt": prompt}
        if system.strip():
            found["system"] = system
        for name, text in self._values.items():
            if text.strip():
                found |= _read(name, text)
        return found


def _area(text: str, name: str) -> TextArea:
    return TextArea(text, id=name, compact=True, tab_behavior="focus", show_line_numbers=False)


def _values_of(line: SuiteLine) -> dict[str, str]:
    """Its checks as they are typed."""
    found = {}
    for name in line.checks:
        value = getattr(line, name)
        if name == "json_schema":
            found[name] = json.dumps(value, ensure_ascii=False)
        elif name == "similar" and line.similarity != SuiteLine(()).similarity:
            found[name] = f"{line.similarity:g}\n{value}"
        else:
            found[name] = "\n".join(value) if isinstance(value, tuple) else str(value)
    return found


def _rest_of(line: SuiteLine, prompt: str) -> dict[str, Any]:
    """What the form does not show: its name, earlier turns, the notes of a judged answer."""
    found: dict[str, Any] = {
        name: text for name in ("name", "answer", "model") if (text := getattr(line, name))
    }
    turns = [{"role": m.role, "content": m.content} for m in line.messages[:-1] if m.role != "system"]
    if turns:
        return found | {"messages": [*turns, {"role": "user", "content": prompt}]}
    return found | {"prompt": prompt}


def _read(name: str, text: str) -> dict[str, Any]:
    """A check from what was typed.

    Raises:
        Failure: it is none.
    """
    if name in _SEVERAL:
        return {name: [line for line in text.splitlines() if line.strip()]}
    if name == "max_tokens":
        digits = text.strip()
        return {name: int(digits) if digits.isascii() and digits.isdigit() else digits}
    if name == "json_schema":
        try:
            return {name: json.loads(text)}
        except (ValueError, RecursionError) as error:
            raise Failure(f"The schema is no JSON: {error}.", "Write a JSON Schema.") from error
    if name == "similar":
        first, _, rest = text.partition("\n")
        try:
            return {name: rest, "similarity": float(first)} if rest.strip() else {name: text}
        except ValueError:
            return {name: text}
    return {name: text.rstrip("\n")}
