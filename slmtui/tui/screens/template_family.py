"""The Template screen's families: another one's strings, and how well they go with this model."""

from __future__ import annotations

from textual import on, work

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.derive import Derivation
from slmtui.tui import template_words
from slmtui.tui.from_thread import tell
from slmtui.tui.screens.template_text import TemplateText
from slmtui.tui.widgets.family_choice import DERIVED, FamilyChoice


class TemplateFamily(TemplateText):
    """What choosing a family does."""

    @on(FamilyChoice.Picked)
    def _family_picked(self, event: FamilyChoice.Picked) -> None:
        try:
            self._put(template_words.with_template(self.text, event.template))
        except Failure as failure:
            self.notify(f"{failure.cause} {failure.fix}", markup=False, severity="warning")
            return
        if event.family != DERIVED and self._shown_for is not None:
            self._explain(self._shown_for, event.family)

    @work(thread=True, exclusive=True, group="explain")
    def _explain(self, deployment: Deployment, family: str) -> None:
        """How well a preset goes with this model: rendering what it is compared with takes a moment."""
        try:
            derivation = pipeline.template_plan(deployment, family).derivation
        except Failure:
            return  # the strings are there all the same, and what they are worth is said by the truth
        tell(self, self._explained, family, derivation)

    def _explained(self, family: str, derivation: Derivation) -> None:
        self.query_one(FamilyChoice).explain(family, derivation)
