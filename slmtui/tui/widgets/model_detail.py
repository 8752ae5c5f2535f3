"""One deployed model in full: where it is, where it is served, what was found about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from slmtui.events import Failure, Verdict
from slmtui.tui.format import ago, short
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, summary
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.foundry.deployed import DeployedModel
    from slmtui.foundry.unfinished import Unfinished
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
        kept: Unfinished | None = None,
    ) -> None:
        """Show a model; `models` are all there are, `coming` the verdicts of a verification at work.

        Without a model, `kept` may be a copy that was interrupted.
        """
        self.query_one(FailurePanel).show(failure)
        rows = _rows(model, models, served) if model else unfinished_facts(kept) if kept else ()
        self.query_one(Facts).show(rows)
        last = model.verdicts if model else ()
        self.query_one(VerdictList).show(last if coming is None else coming)


def unfinished_facts(one: Unfinished) -> Iterator[tuple[str, str]]:
    """What there is of an interrupted copy, and what can be done with it."""
    total = f" of {size(one.total_bytes)}" if one.total_bytes else ""
    yield "unfinished", f"copying was interrupted {ago(one.at)}; {size(one.bytes)}{total} are there"
    yield "hidden in", short(one.folder)
    yield "cache", short(one.cache_dir)
    made_from = short(one.model_dir)
    yield "made from", made_from if one.total_bytes else f"{made_from}, which is gone"
    enter = "Enter goes on from there; " if one.total_bytes else ""
    yield "can", f"{enter}Delete throws it away"


def _rows(
    model: DeployedModel, models: Iterable[DeployedModel], served: Served | None
) -> Iterator[tuple[str, str]]:
    if served is not None:
        yield "served at", served.url or "starting"
        yield "as", model.model_id if served.url else ""
        yield "note", served.advice
    there = is_there(model) or model.missing
    yield "folder", short(model.folder) if there else f"{short(model.folder)} is gone"
    yield "missing", model.missing
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
    return model.folder.is_dir() and not model.missing


def freed(model: DeployedModel) -> str:
    """What undeploying gives back on the disk."""
    shared = model.method in ("link", "symlink") and model.model_dir.is_dir()
    if model.method == "register" or not is_there(model):
        return "nothing"
    return "little: its weights are shared with what it was made from" if shared else size(model.bytes)
