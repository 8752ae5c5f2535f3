"""One deployed model in full: where it is, where it is served, what was found about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from slmtui.events import Failure, Verdict
from slmtui.tui.format import short
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, summary
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.foundry.deployed import DeployedModel
    from slmtui.tui.served import Served


class ModelDetail(VerticalScroll):
    """Scrolls where it is long."""

    def __init__(self) -> None:
        super().__init__(id="model-detail")

    def compose(self) -> ComposeResult:
        yield FailurePanel(id="deployed-failure")
        yield Facts(id="model-facts")
        yield VerdictList(id="model-verdicts")

    def show(
        self,
        model: DeployedModel | None,
        models: Iterable[DeployedModel],
        served: Served | None,
        failure: Failure | None,
        coming: Sequence[Verdict] | None,
    ) -> None:
        """Show a model; `models` are all there are, `coming` the verdicts of a verification at work."""
        self.query_one(FailurePanel).show(failure)
        self.query_one(Facts).show(_rows(model, models, served) if model else [])
        kept = model.verdicts if model else ()
        self.query_one(VerdictList).show(kept if coming is None else coming)


def _rows(
    model: DeployedModel, models: Iterable[DeployedModel], served: Served | None
) -> Iterator[tuple[str, str]]:
    if served is not None:
        yield "served at", served.url or "starting"
        yield "as", f"the model {model.model_id}; y copies the address, s ends it" if served.url else ""
        yield "note", served.advice
    yield "folder", short(model.folder) if is_there(model) else f"{short(model.folder)} is gone"
    yield "cache", short(model.cache_dir)
    yield "made from", short(model.model_dir)
    versions = [str(m.version) for m in models if (m.name, m.cache_dir) == (model.name, model.cache_dir)]
    yield "versions", ", ".join(versions) if len(versions) > 1 else ""
    registered = "listed by the SDK" if model.registered else "not registered with the SDK"
    scanned = "found by the scanner" if model.listed_by_scanner else "not found by the scanner"
    yield "now", f"{registered}, {scanned}"
    yield "verdicts", summary(model.verdicts)


def is_there(model: DeployedModel) -> bool:
    """Whether its files are: somebody else may have deleted them."""
    return model.folder.is_dir()


def freed(model: DeployedModel) -> str:
    """What undeploying gives back on the disk."""
    shared = model.method in ("link", "symlink") and model.model_dir.is_dir()
    if model.method == "register" or not is_there(model):
        return "nothing"
    return "little: its weights are shared with what it was made from" if shared else size(model.bytes)
