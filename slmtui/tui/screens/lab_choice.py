"""What the user chooses on the Lab screen: models, variants, the benchmark's lengths, what to keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input

from slmtui.tui.lab_prospect import LabWish
from slmtui.tui.screens.lab_base import LabBase
from slmtui.tui.widgets.lab_form import LabForm
from slmtui.tui.widgets.lab_variants import VariantTable

if TYPE_CHECKING:
    from slmtui.lab.variants import Variant

_TYPING_SECONDS = 0.4


class LabChoice(LabBase):
    """Turns what is checked and typed into a wish, which is looked at."""

    @on(VariantTable.Toggled)
    def _toggled(self, event: VariantTable.Toggled) -> None:
        found, chosen = self._found, {each.id for each in self._chosen}
        if found is not None and not self._at_work:
            chosen ^= {event.variant}
            self._choose(tuple(each for each in found.offered if each.id in chosen))

    def _choose(self, variants: tuple[Variant, ...], added: tuple[Variant, ...] = ()) -> None:
        self._wish = replace(self._wish, variants=variants, added=(*self._wish.added, *added))
        self.looks()
        self._look()
        self._show()

    def action_check(self) -> None:
        """Check the highlighted variant, or take its mark away."""
        self._toggled(VariantTable.Toggled(self.query_one(VariantTable).highlighted))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        form = self.query_one(LabForm)
        if event.input.id == "lab-keep":
            form.read_constraints()
            self._show_result()
        elif event.input.id == "lab-add":
            form.read_variants()
        else:
            if event.input.id != "lab-source":
                form.read_lengths()
            if self._timer is not None:
                self._timer.reset()
            else:
                self._timer = self.set_timer(_TYPING_SECONDS, self._asked)

    def _asked(self) -> None:
        """What is typed, once the typing rests: another model has variants of its own."""
        self._timer = None
        form = self.query_one(LabForm)
        lengths = form.read_lengths()
        wish = self._wish if form.source == self._wish.source else LabWish(form.source)
        self._wish = replace(wish, lengths=self._wish.lengths if lengths is None else lengths)
        self.looks()
        self._look()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "lab-add":
            found = self.query_one(LabForm).read_variants(take=True)
            if found:
                chosen = {each.id: each for each in (*self._chosen, *found)}
                self._choose(tuple(chosen.values()), found)
                return
        self._focus_rows()
