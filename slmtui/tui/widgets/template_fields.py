"""The fields of `inference_model.json`: one line each, in step with the JSON they stand for."""

from __future__ import annotations

import json
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Static

from slmtui.config.json_text import Keys
from slmtui.prompt import schema
from slmtui.tui.widgets.cut_input import CutInput

# Their path in the JSON; the last part is their name on the screen.
FIELDS: tuple[Keys, ...] = (
    ("PromptTemplate", "system"),
    ("PromptTemplate", "user"),
    ("PromptTemplate", "assistant"),
    ("PromptTemplate", "prompt"),
    ("ModelConfig", "max_length"),
    ("ModelConfig", "temperature"),
    ("ModelConfig", "top_p"),
    ("ModelConfig", "top_k"),
    ("ModelConfig", "repetition_penalty"),
    ("ModelConfig", "stop"),
    ("Name",),
    ("Description",),
    ("Version",),
)
_HELP = (
    "Newer runtimes read genai_config.json instead of ModelConfig: Ctrl+S writes it there, and takes it back."
)
_EXAMPLES = {"stop": 'for example ["###"]', "top_k": "the model's own"}


class TemplateFields(Vertical):
    """All fields; texts stand as they do in the file, without their quotes."""

    DEFAULT_CSS = """
    TemplateFields {
        width: 1fr;
        height: 1fr;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        .field { height: 1; }
        .field Label { width: 20; color: $foreground-muted; }
        .field Input { width: 1fr; }
        #fields-help { height: auto; margin-top: 1; color: $foreground-muted; }
    }
    """

    class Edited(Message):
        """The user has given a field another value; None takes the key out of the file."""

        def __init__(self, path: Keys, value: object) -> None:
            super().__init__()
            self.path = path
            self.value = value

    class Unreadable(Message):
        """What stands in a field is no value."""

        def __init__(self, path: Keys, cause: str, fix: str) -> None:
            super().__init__()
            self.path = path
            self.cause = cause
            self.fix = fix

    def compose(self) -> ComposeResult:
        for path in FIELDS:
            with Horizontal(classes="field"):
                yield Label(path[-1])
                field = CutInput(
                    id="-".join(path),
                    compact=True,
                    select_on_focus=False,
                    placeholder=_EXAMPLES.get(path[-1], ""),
                )
                field.tooltip = schema.about(path)
                yield field
        yield Static(_HELP, id="fields-help")

    def fill(self, values: object, *, keep_typed: bool = True) -> None:
        """Bring the fields in step with the file; the one the user is in stays as typed if it means that."""
        for path in FIELDS:
            value = values
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            field = self.query_one("#" + "-".join(path), Input)
            shown = "" if value is None else _escaped(value)
            if field.value != shown and not (
                keep_typed and field.has_focus and _same(field.value, value, path)
            ):
                with field.prevent(Input.Changed):
                    field.value = shown
                if not field.has_focus:
                    field.cursor_position = 0  # where the eye begins to read

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        path = tuple((event.input.id or "").split("-"))
        try:
            value = _value(event.value, path)
        except ValueError:
            fix = r"Write a line break as \n and a backslash as \\."
            if path[0] == "ModelConfig":
                fix = 'Write a list of texts, such as ["###"].' if path[-1] == "stop" else "Write a number."
            self.post_message(self.Unreadable(path, f"{'.'.join(path)} does not read as a value.", fix))
            return
        self.post_message(self.Edited(path, value))


def _same(text: str, value: object, path: Keys) -> bool:
    """Whether what is typed means what the file says, however it is written."""
    try:
        return bool(_value(text, path) == value)
    except ValueError:
        return True  # half a value: the user is still typing


def _escaped(value: object) -> str:
    """A JSON value as it stands in the file, without the quotes of a text."""
    text = json.dumps(value, ensure_ascii=False)
    return text[1:-1].replace('\\"', '"') if isinstance(value, str) else text


def _value(text: str, path: Keys) -> Any:
    """What a field's text means: a text with JSON's escapes, or a value; nothing where it is empty."""
    if path[0] == "ModelConfig":
        return json.loads(text) if text.strip() else None
    if not text and path[0] == "PromptTemplate":
        return None
    # A quote needs no escape here, unlike in the file.
    return json.loads('"' + text.replace('\\"', '"').replace('"', '\\"') + '"')
