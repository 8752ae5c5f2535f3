"""Whose prompt format the file has: what was derived, a family's, or one that was written by hand."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slmtui.prompt import families
from slmtui.prompt.derive import Derivation
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.tui.format import MUTED, safe
from slmtui.tui.template_words import same_strings
from slmtui.tui.widgets.choice import Choice, Value

DERIVED = "derived"
_OWN = "own"
_PRESET = "A preset, not what the model's own chat template makes."


class FamilyChoice(Vertical):
    """A line to choose from, and below it why the derived one is what it is said to be."""

    DEFAULT_CSS = """
    FamilyChoice {
        height: auto;
        margin-bottom: 1;
        #family-why { height: auto; max-height: 3; color: $foreground-muted; }
    }
    """

    class Picked(Message):
        """The user wants these strings; `family` is an id, or `derived`."""

        def __init__(self, family: str, template: PromptTemplate) -> None:
            super().__init__()
            self.family = family
            self.template = template

    def __init__(self) -> None:
        super().__init__()
        self._templates: dict[str, PromptTemplate] = {}
        self._values: tuple[Value, ...] = ()
        self._whys: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield Choice("family", key="family", id="family")
        yield Static(id="family-why", markup=False)

    def offer(self, derivation: Derivation) -> None:
        """What was derived, then the families."""
        known = families.families()
        self._templates = {DERIVED: derivation.template} | {each.id: each.template for each in known}
        self._values = (
            Value(DERIVED, _derived(derivation)),
            *(Value(each.id, each.title) for each in known),
        )
        self._whys = {each.id: " ".join((_PRESET, *each.limits)) for each in known}
        self.query_one(Choice).show(DERIVED, self._values)
        self._whys |= {DERIVED: _sure(derivation), _OWN: "Its strings are no family's, nor the model's own."}

    def explain(self, family: str, derivation: Derivation) -> None:
        """How well a family's strings go with this model, now that it is known."""
        self._whys[family] = _sure(derivation)
        if self.query_one(Choice).value == family:
            self._show_why(family)

    def follow(self, template: PromptTemplate) -> None:
        """Show whose strings these are."""
        same = [key for key, each in self._templates.items() if same_strings(each, template)]
        chosen = self.query_one(Choice).value
        # Two families may have the same strings; the one the user has chosen stays.
        found = chosen if chosen in same else next(iter(same), _OWN)
        values = self._values if found != _OWN else (*self._values, Value(_OWN, "written by hand"))
        self.query_one(Choice).show(found, values)
        self._show_why(found)

    def _show_why(self, found: str) -> None:
        self.query_one("#family-why", Static).update(Content.styled(safe(self._whys.get(found, "")), MUTED))

    @on(Choice.Changed, "#family")
    def _changed(self, event: Choice.Changed) -> None:
        event.stop()
        template = self._templates.get(event.value)
        if template is not None:
            self.post_message(self.Picked(event.value, template))


def _derived(derivation: Derivation) -> str:
    if derivation.family != families.NONE:
        return f"{families.title(derivation.family)}, derived"
    same = (each.title for each in families.families() if same_strings(each.template, derivation.template))
    return f"{next(same, 'one')}, taken for want of a chat template"


def _sure(derivation: Derivation) -> str:
    return f"{derivation.confidence:.0%} sure: {derivation.why}"
