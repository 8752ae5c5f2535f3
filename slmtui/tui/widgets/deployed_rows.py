"""What stands in the table of deployed models, and the questions before one is taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slmtui.tui.format import ago, short
from slmtui.tui.screens.ask import AskScreen, Section
from slmtui.tui.widgets.model_detail import freed, is_there
from slmtui.tui.widgets.table import Row
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.foundry.deployed import DeployedModel
    from slmtui.foundry.unfinished import Unfinished

_METHODS = {"link": "linked", "copy": "copied", "symlink": "symlinked", "register": "registered"}


@dataclass(frozen=True, slots=True)
class Stock:
    """What the table shows: deployed models, and copies that were interrupted."""

    models: tuple[DeployedModel, ...] = ()
    unfinished: tuple[Unfinished, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.models or self.unfinished)

    def model(self, row: str) -> DeployedModel | None:
        """The deployed model of that row."""
        return next((model for model in self.models if str(model.path) == row), None)

    def kept(self, row: str) -> Unfinished | None:
        """The interrupted copy of that row."""
        return next((one for one in self.unfinished if str(one.folder) == row), None)

    def rows(self, serves: Callable[[DeployedModel], bool]) -> Iterator[Row]:
        """A row for each; `serves` says which model is served."""
        yield from (_model_row(model, served=serves(model)) for model in self.models)
        yield from map(_unfinished_row, self.unfinished)

    @property
    def words(self) -> str:
        """How many there are, and how large."""
        words = f"{len(self.models)} deployed, {size(sum(model.bytes for model in self.models))}"
        return f"{words}; {len(self.unfinished)} unfinished" if self.unfinished else words


def _model_row(model: DeployedModel, *, served: bool) -> Row:
    """A deployed model, with the worst of its last verdicts, and beside it whether it is served."""
    state = "fail" if not is_there(model) else model.status
    when = ago(model.checked_at) or "never"
    cells = (model.model_id, size(model.bytes), _METHODS[model.method], when)
    return Row(str(model.path), state, cells, also="running" if served else "")


def _unfinished_row(one: Unfinished) -> Row:
    """A copy that was interrupted."""
    return Row(str(one.folder), "warn", (one.model_id, size(one.bytes), "unfinished", "never"))


def ask_to_undeploy(model: DeployedModel) -> AskScreen:
    """The question before a model is taken out of its cache."""
    stays = short(model.model_dir) if model.model_dir.is_dir() else ""
    rows = (
        ("takes out", short(model.path) if model.method != "register" else "its registration"),
        ("frees", freed(model)),
        ("stays", stays or "nothing: what it was made from is gone, so it cannot be made again"),
    )
    section = Section(f"{model.model_id} out of {short(model.cache_dir)}", rows)
    return AskScreen("Undeploy?", [section], "Undeploy", no="Keep it", cautious=not stays)


def ask_to_throw_away(one: Unfinished) -> AskScreen:
    """The question before an interrupted copy is thrown away."""
    stays = short(one.model_dir) if one.total_bytes else "nothing: what it was made from is gone"
    rows = (("deletes", short(one.folder)), ("frees", size(one.bytes)), ("stays", stays))
    section = Section(f"The interrupted copy of {one.model_id}", rows)
    return AskScreen("Throw it away?", [section], "Throw away", no="Keep it")
