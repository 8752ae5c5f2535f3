"""Template: fields and JSON of `inference_model.json`, kept in step, and what they make of a conversation."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Button, Static, TextArea

from slmtui.tui import template_words
from slmtui.tui.screens.template_faces import NARROW, WIDE
from slmtui.tui.screens.template_family import TemplateFamily
from slmtui.tui.screens.template_files import TemplateFiles
from slmtui.tui.screens.template_worlds import TemplateWorlds
from slmtui.tui.widgets.faces import Faces
from slmtui.tui.widgets.family_choice import FamilyChoice
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.json_editor import JsonEditor
from slmtui.tui.widgets.purpose import Purpose
from slmtui.tui.widgets.template_fields import TemplateFields
from slmtui.tui.widgets.truth_view import TruthView
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList
from slmtui.tui.worlds import CHAT_TEMPLATE


class TemplateScreen(TemplateFamily, TemplateWorlds, TemplateFiles):
    """What the model sees around a question."""

    HEADING = "Prompt template"
    CSS_PATH = "template.tcss"
    SCROLLS = False
    HELP = """\
## Template

`inference_model.json` tells Foundry Local how a question is wrapped for this model. slmtui has derived it
from the model's **own chat template**; one that differs from what the model was trained with makes it babble.
**Enter alone** writes what was derived.

* **Family**: what the model's format was recognised as, how sure that is, and why. ← → put another family's
  strings in their place; Ctrl+R goes back to what was derived.
* **Fields and JSON** are one text: what you change in one place changes in the other. Every template string
  holds `{Content}` where the text goes; `\\n` is a line break. Below stands what is wrong, with its line;
  Ctrl+G goes there. Ctrl+Z undoes, Ctrl+E opens your own editor, Ctrl+L loads a file.
* **Truth** (Ctrl+T): a conversation of yours as *transformers*, the *runtime* and *PromptTemplate* make it,
  token by token, with the first difference marked. `i` or Ctrl+G shows the tokens' numbers. Enter in the last
  question adds a turn, Backspace in an empty one takes it away; PageDown reads on.
* **Both worlds** (Ctrl+B): older runtimes read PromptTemplate, newer ones the chat template. Where you have
  changed the first, this writes the second so that it says the same. **Ctrl+O** puts the original back.
* **Search options** (Ctrl+S): newer runtimes ignore ModelConfig too; this writes it into `genai_config.json`.
  The same key, or Ctrl+O, takes it back.

A model that is deployed has its own copy of these files: after a change it waits to be deployed again.
What is there already is overwritten only after you have seen the difference and said yes.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "reset", "Reset", tooltip="Back to what was derived from the model"),
        Binding("ctrl+z", "undo", "Undo", show=False, tooltip="Undo the last change"),
        Binding("ctrl+y", "redo", "Redo", show=False, tooltip="Do again what was undone"),
        Binding("ctrl+g", "go_there", "To the problem", tooltip="Go to the line that is wrong"),
        Binding("i,ctrl+g", "ids", "Token ids", tooltip="Show the tokens' numbers, or hide them"),
    ]

    def compose_body(self) -> ComposeResult:
        yield Purpose(self.MODE)
        yield FailurePanel(id="template-failure")
        with Container(id="workplace"):
            yield Faces(NARROW, "Ctrl+T", id="faces-narrow")
            yield Faces(WIDE, "Ctrl+T", id="faces-wide")
            with Container(id="editing"):
                yield FamilyChoice()
                with Horizontal(id="editor"):
                    yield TemplateFields(id="fields")
                    yield JsonEditor(id="json")
                yield Hanging(id="issues")
                yield Static("The prompt it makes", id="preview-title", classes="section")
                yield Static(id="preview")
                yield VerdictList(id="template-verdicts")
            yield TruthView(id="truth")

    def compose_actions(self) -> ComposeResult:
        yield Button("Original back", id="original", compact=True)
        yield Button("Both worlds", id="worlds", compact=True)
        yield Button("Reset", id="reset", compact=True)

    def body_ready(self) -> None:
        self.show_face()
        self._show_failure(None)  # nothing to see before the template is derived

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        self.query_one(Purpose).display = False
        if deployment is None or deployment.step("conversion").state != "verified":
            self.query_one(Purpose).display = True
            self._show_failure(None)
            words = "No model is chosen yet." if deployment is None else "The model is not converted yet."
            self.set_primary("Choose a model" if deployment is None else "Go there", words)
        elif self._shown_for != deployment:
            if self._plan is None:
                self.set_primary("Deriving", "Looking at the model's chat template…", enabled=False)
            self._derive(deployment)
        else:
            self._look_again()
            self._show_action()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "ids":
                return self._plan is not None and self.face == "truth"
            case "go_there":
                return self.face != "truth" and bool(self._issues)
            case "other_face" | "reset" | "undo" | "redo" | "edit" | "load" | "search_options":
                return self._plan is not None
            case "worlds":
                return bool(self.query_one("#worlds").display) or CHAT_TEMPLATE in self._written
            case "original":
                return bool(self._written)
        return True

    @on(Button.Pressed, "#reset")
    def action_reset(self) -> None:
        """Back to what was derived."""
        if self._plan is not None:
            self._put(self._plan.inference_model.to_json())

    def action_undo(self) -> None:
        """Undo, wherever the change was made."""
        if self._checked is None:  # a field's half value never got into the text
            self._check(self.text, keep_typed=False)
        else:
            self.query_one("#json", TextArea).undo()

    def action_redo(self) -> None:
        """Do again what was undone."""
        self.query_one("#json", TextArea).redo()

    def action_go_there(self) -> None:
        """Go to the line of the first problem."""
        issues = template_words.errors_first(self._issues)
        line = next((issue.line for issue in issues if issue.line), None)
        if line is not None:
            if self.face != "json" and not self.wide:
                self.turn("json")
            editor = self.query_one("#json", TextArea)
            editor.move_cursor((line - 1, 0), center=True)
            editor.focus()
