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
from slmtui.tui.format import MUTED, ago
from slmtui.units import size

RECENT = 8
NEXT_WORDS = {
    "source": "inspect the source",
    "conversion": "convert",
    "prompt": "write the template",
    "foundry": "deploy",
    "runtime": "chat",
    None: "deployed and verified",
}


class SourceList(OptionList):
    """One line each; `chosen` is what the highlighted line stands for."""

    def __init__(self) -> None:
        super().__init__(id="sources", compact=True, markup=False)
        self._deployments: dict[str, Deployment] = {}
        self.first = ""  # the line that is highlighted at first

    def fill(self) -> list[Failure]:
        """List what there is now; returns what is wrong with deployments that cannot be read."""
        kept = self.highlighted_option.id if self.highlighted_option else None
        saved, damaged = deployments.saved()
        self._deployments = {d.name: d for d in saved[:RECENT]}
        self.clear_options()
        if self._deployments:
            self.add_option(Option(Content.styled("Continue", "bold $text-primary"), disabled=True))
        for one in self._deployments.values():
            line = Content.assemble(
                "  ", one.name, ("  " + _state(one), "$text-accent"), ("  " + ago(_touched(one)), MUTED)
            )
            self.add_option(Option(line, id=f"deployment:{one.name}"))
        self.add_option(Option(Content.styled("Samples", "bold $text-primary"), disabled=True))
        for sample in samples.samples():
            state = "here" if sample.available else "to download"
            line = Content.assemble("  ", sample.name, (f"  {size(sample.bytes)} {state}", MUTED))
            self.add_option(Option(line, id=f"sample:{sample.name}"))
        ids = [self.get_option_at_index(i).id for i in range(self.option_count)]
        first = next(index for index, key in enumerate(ids) if key)
        self.first = ids[first] or ""
        self.highlighted = ids.index(kept) if kept and kept in ids else first
        return damaged

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


def _state(one: Deployment) -> str:
    station = one.next_station()
    failed = station is not None and one.step(station).state == "failed"
    return "failed" if failed else NEXT_WORDS[station]


def _touched(one: Deployment) -> str:
    return max([one.created, *(one.step(s).at for s in deployments.STATIONS)])
