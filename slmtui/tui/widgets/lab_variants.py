"""The variants to choose from, each with what it would take; a check mark says which are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

from slmtui.conversion.recipe import Preset, presets
from slmtui.tui.widgets.table import Column, Row, Table
from slmtui.units import duration, size

if TYPE_CHECKING:
    from slmtui.lab.plan import RowForecast
    from slmtui.lab.room import Room
    from slmtui.lab.variants import Variant

_COLUMNS = (
    Column("Variant"),
    Column("Size", right=True),
    Column("Memory", right=True),
    Column("Time", right=True),
    Column("What it is", muted=True),
)


class VariantTable(Table):
    """A click on a row checks it, or takes its check mark away; the screen has a key for it."""

    LEAST = 36
    # Of a class above, styles count less than those of the list itself.
    DEFAULT_CSS = "VariantTable { .table-rows:focus { background-tint: $background 0%; } }"

    class Toggled(Message):
        """A row was clicked."""

        def __init__(self, variant: str) -> None:
            super().__init__()
            self.variant = variant

    def __init__(self) -> None:
        super().__init__(_COLUMNS, id="variants")

    def show_variants(
        self,
        offered: Sequence[Variant],
        chosen: Sequence[Variant],
        forecasts: Mapping[str, RowForecast],
        room: Room,
    ) -> None:
        """Show all that are offered; `!` stands before what is more than the machine has free."""
        marked = {variant.id for variant in chosen}
        self.show(_row(variant, variant.id in marked, forecasts.get(variant.id), room) for variant in offered)

    def on_click(self, event: events.Click) -> None:
        """A click on a row checks it."""
        index = event.style.meta.get("option")
        if index is not None:
            self.post_message(self.Toggled(self.rows.get_option_at_index(index).id or ""))


def _row(variant: Variant, chosen: bool, found: RowForecast | None, room: Room) -> Row:
    state = "ok" if chosen else "waiting"
    if found is None:
        return Row(variant.id, state, (variant.label, "–", "–", "–", _about(variant)))
    if found.failure:
        return Row(variant.id, "fail" if chosen else "waiting", (variant.label, "–", "–", "–", found.failure))
    takes = {1: (found.output_bytes, room.disk), 2: (found.memory_bytes, room.memory)}
    short = frozenset(number for number, (needed, free) in takes.items() if needed > free)
    figures = ("! " * (number in short) + size(needed) for number, (needed, _) in takes.items())
    cells = (variant.label, *figures, f"~{duration(found.seconds)}", _about(variant))
    return Row(variant.id, state, cells, short)


def _about(variant: Variant) -> str:
    found = _preset(variant)
    return found.title if found else ""


def explained(variant: Variant) -> str:
    """What a variant does to size, speed and quality; "" for what is no preset's."""
    found = _preset(variant)
    return found.help if found else ""


def _preset(variant: Variant) -> Preset | None:
    named = (p for p in presets() if (p.precision, p.name) == (variant.precision, variant.preset))
    return next(named, None)
