"""What one can start with without typing: deployments that go on, and the samples."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from slmtui import deployment as deployments
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.source import samples
from slmtui.source.samples import Sample
from slmtui.tui.format import MUTED, ago, fit, icon
from slmtui.units import size

RECENT = 8
_LEAST = 12  # cells of a name


class SourceList(OptionList):
    """One line each; `chosen` is what the highlighted line stands for.

    A long name gives way to what is known of it: in full it stands beside the list.
    """

    DEFAULT_CSS = "SourceList { text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self) -> None:
        super().__init__(id="sources", compact=True, markup=False)
        self._deployments: dict[str, Deployment] = {}
        self._named: dict[str, tuple[str, Content]] = {}
        self.first = ""  # the line that is highlighted at first

    def fill(self) -> list[Failure]:
        """List what there is now; returns what is wrong with deployments that cannot be read."""
        kept = self.highlighted_option.id if self.highlighted_option else None
        saved, damaged = deployments.saved()
        self._deployments = {d.name: d for d in saved[:RECENT]}
        self.clear_options()
        self._named = {}
        if self._deployments:
            self.add_option(Option(Content.styled("Continue", "bold $text-primary"), disabled=True))
        for one in self._deployments.values():
            known = Content.assemble("  ", _state(one), ("  " + ago(_touched(one)), MUTED))
            self._list(f"deployment:{one.name}", one.name, known)
        self.add_option(Option(Content.styled("Samples", "bold $text-primary"), disabled=True))
        for sample in samples.samples():
            state = "here" if sample.available else "to download"
            known = Content.styled(f"  {size(sample.bytes)} {state}", MUTED)
            self._list(f"sample:{sample.name}", sample.name, known)
        ids = [self.get_option_at_index(i).id for i in range(self.option_count)]
        first = next(index for index, key in enumerate(ids) if key)
        self.first = ids[first] or ""
        self.highlighted = ids.index(kept) if kept and kept in ids else first
        return damaged

    def _list(self, key: str, name: str, known: Content) -> None:
        self._named[key] = name, known
        self.add_option(Option(self._worded(name, known), id=key))

    def _worded(self, name: str, known: Content) -> Content:
        room = (self.scrollable_content_region.width or 56) - 2 - known.cell_length
        return Content.assemble("  ", fit(name, max(room, _LEAST)), known)

    def on_resize(self) -> None:
        """Another width has room for more of a name, or for less."""
        for key, (name, known) in self._named.items():
            self.replace_option_prompt(key, self._worded(name, known))

    @property
    def has_deployments(self) -> bool:
        """Whether anything was begun yet."""
        return bool(self._deployments)

    @property
    def chosen(self) -> Deployment | Sample | None:
        """What the highlighted line stands for."""
        option = self.highlighted_option
        kind, _, name = ((option.id if option else None) or "").partition(":")
        return self._deployments.get(name) if kind == "deployment" else samples.find(name)


def _state(one: Deployment) -> Content:
    station = one.next_station()
    if station is not None and one.step(station).state == "failed":
        return Content.assemble(icon("fail"), (" failed", "$text-error"))
    return Content.styled(deployments.NEXT_WORDS[station], "$text-accent")


def _touched(one: Deployment) -> str:
    return max([one.created, *(one.step(s).at for s in deployments.STATIONS)])
