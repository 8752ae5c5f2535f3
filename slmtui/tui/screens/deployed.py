"""Deployed models: size, versions, verdicts and when; chat, verify again, serve, undeploy."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import OptionList, Static

from slmtui.events import Failure
from slmtui.tui.depot import Depot
from slmtui.tui.from_thread import tell
from slmtui.tui.jobs import JobChanged
from slmtui.tui.served import Served
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.deployed_rows import Stock, ask_to_throw_away, ask_to_undeploy
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.model_detail import ModelDetail, is_there
from slmtui.tui.widgets.table import Column, Table

if TYPE_CHECKING:
    from slmtui.foundry.deployed import DeployedModel
    from slmtui.foundry.unfinished import Unfinished

_COLUMNS = (Column("Model"), Column("Size", right=True), Column("How"), Column("Verified", muted=True))
_NOTHING = "Nothing is deployed. What you deploy appears here, to be opened, verified, served and taken out."
SERVE = "serve"  # the job that serves; one model at a time


class DeployedScreen(StationScreen):
    """Everything slmtui has put into Foundry Local caches."""

    MODE = "deployed"
    RAIL = "deploy"
    HEADING = "Deployed models"
    CSS_PATH = "deployed.tcss"
    SCROLLS = False
    HELP = """\
## Deployed models

Every model and version that slmtui has put into a Foundry Local cache, as the disk and the SDK's list say
it is now. The sign is the worst of its last verdicts: ✓ passed, ! look at it, ✗ failed, – not checked.
A ● beside it: it is served.

* **Enter** opens it in the chat. **v** asks the scanner, the command and the SDK about it once more.
* **s** serves it to other programs through the SDK's web service, as far as that can see the model, on an
  OpenAI-compatible address of this machine alone; **y** copies that address. **s** again ends it.
* **Delete** takes it out of its cache, after a yes; what it was made from stays.

A copy that was interrupted is shown too, as unfinished: **Enter** goes on with it, **Delete** throws it away.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "verify", "Verify", tooltip="Ask scanner, command and SDK about this model once more"),
        Binding("s", "serve", "Serve", tooltip="Serve it to other programs, or end that"),
        Binding("delete,u", "undeploy", "Undeploy", tooltip="Take it out of its cache, after a yes"),
        Binding("y", "copy", "Copy", tooltip="Copy the address it is served at, or its folder"),
        Binding("w", "why", "Why not listed?", tooltip="Of every folder: is it listed, and if not, why?"),
        Binding("r", "refresh", "Refresh", show=False, tooltip="Look at the caches once more"),
    ]

    def __init__(self, depot: Depot | None = None) -> None:
        super().__init__()
        self._depot = depot or Depot()
        self._stock: Stock | None = None
        self._asked = ""  # the model that a job is about
        self._served: Served | None = None
        self._failure: Failure | None = None

    def compose_body(self) -> ComposeResult:
        yield JobPanel(log=False, usage=False, id="deployed-job")
        yield Static(_NOTHING, id="no-models", markup=False)
        with Container(id="deployed-frame"):
            yield Table(_COLUMNS, id="models")
            yield ModelDetail()

    # What is shown

    @property
    def _model(self) -> DeployedModel | None:
        return self._stock.model(self.query_one(Table).highlighted) if self._stock else None

    @property
    def _kept(self) -> Unfinished | None:
        """The highlighted one, if it is a copy that was interrupted."""
        return self._stock.kept(self.query_one(Table).highlighted) if self._stock else None

    @property
    def _busy(self) -> bool:
        return self._runs(self.MODE)

    def _runs(self, mode: str) -> bool:
        return (job := self.slmtui.job(mode)) is not None and job.running

    def _serves(self, model: DeployedModel | None) -> bool:
        """Whether it is this one that is served."""
        same = self._served is not None and model is not None and self._served.model.path == model.path
        return same and self._runs(SERVE)

    @property
    def _address(self) -> str:
        """Where the highlighted model is served, if it is."""
        return self._served.url if self._served is not None and self._serves(self._model) else ""

    def show_state(self) -> None:
        super().show_state()
        self._look()
        self._show()

    @work(thread=True, exclusive=True, group="deployed")
    def _look(self) -> None:
        try:
            found: Stock | Failure = Stock(self._depot.deployed(), self._depot.unfinished())
        except Failure as failure:
            found = failure
        tell(self, self._found, found)

    def _found(self, found: Stock | Failure) -> None:
        self._failure = found if isinstance(found, Failure) else None
        self._stock = found if isinstance(found, Stock) else Stock()
        self._show()

    def _show(self) -> None:
        if not self.has_body or self._stock is None:
            return
        job = self.slmtui.job(self.MODE)
        table = self.query_one(Table)
        table.show(self._stock.rows(self._serves))
        self.query_one("#deployed-frame").display = bool(self._stock)
        self.query_one("#no-models").display = not self._stock
        self.query_one(JobPanel).show(job if self._busy else None)
        if self._busy:
            self.set_primary("Working", "Esc cancels.", enabled=False)
        elif self._stock:
            self._show_primary()
        else:
            self.set_primary("Deploy a model", "slmtui has deployed nothing yet.")
        if self._stock and self.focused in (None, self.query_one("#primary")):
            table.rows.focus()
        self._show_detail()
        self.refresh_bindings()

    def _show_primary(self) -> None:
        if self._stock:
            kept = self._kept
            does = "Open in chat" if kept is None else "Go on" if kept.total_bytes else "Throw away"
            self.set_primary(does, self._stock.words, focus=False)

    def _heading(self) -> Content:
        return Content.styled(self.HEADING, "bold")  # it is about no model in particular

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        if not self._busy:
            self._show_primary()
        self._show_detail()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        model = self._model
        job = self.slmtui.job(self.MODE)
        asked = self._busy and job is not None and model is not None and self._asked == str(model.path)
        served = self._served if self._serves(model) else None
        self.query_one(ModelDetail).show(
            model,
            self._stock.models if self._stock else (),
            served,
            self._said(model),
            job.verdicts if asked and job else None,
            self._kept,
        )

    def _said(self, model: DeployedModel | None) -> Failure | None:
        """What went wrong with this model last, or with the list."""
        served = str(self._served.model.path) if self._served else ""
        jobs = ((self.slmtui.job(self.MODE), self._asked), (self.slmtui.job(SERVE), served))
        for job, about in jobs:
            if job is not None and job.failure is not None and (model is None or about == str(model.path)):
                return job.failure
        return self._failure

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is self.slmtui.job(SERVE):
            self._show()
        elif job is self.slmtui.job(self.MODE):
            if job.running:
                self.query_one(JobPanel).show(job, message.events)
                self._show_detail()
            else:
                self.slmtui.look_again()
                self.slmtui.reload_deployment()
                self._look()
                self._show()

    # What can be done

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys, by what they would do with the highlighted one."""
        found = super().active_bindings
        served = self.has_body and self._serves(self._model)
        words = {"serve": "End" if served else "Serve"}
        if self.has_body and self._kept is not None:
            words["undeploy"] = "Throw away"
        for key, active in found.items():
            if active.node is self and active.binding.action in words:
                named = dataclasses.replace(active.binding, description=words[active.binding.action])
                found[key] = active._replace(binding=named)
        return found

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "verify" | "serve" | "copy" | "undeploy":
                one = self._model or (self._kept if action == "undeploy" else None)
                return one is not None and not self._busy
        return True

    def proceed(self) -> None:
        model, kept = self._model, self._kept
        if kept is not None and not kept.total_bytes:
            self.action_undeploy()  # what it was made from is gone
        elif kept is not None:
            self._start(str(kept.path), lambda cancel: self._depot.go_on(kept, cancel))
        elif model is None:
            self.go("deploy")
        elif not is_there(model):
            self.notify("Its files are gone: undeploy it, then deploy it again.", severity="warning")
        else:
            self._open(model)

    @work(thread=True, exclusive=True, group="open")
    def _open(self, model: DeployedModel) -> None:
        try:
            deployment = self._depot.deployment_of(model)
        except Failure as failure:
            tell(self, self.notify, failure.cause, severity="error", markup=False)
            return
        tell(self, self.slmtui.use, deployment)
        tell(self, self.go, "chat")

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_proceed()

    def action_verify(self) -> None:
        """Ask everybody about it once more."""
        if (model := self._model) is not None:
            self._start(str(model.path), lambda cancel: self._depot.verify_model(model, cancel))

    def action_undeploy(self) -> None:
        """Take it out of its cache, or throw an interrupted copy away, after a yes."""
        model, kept = self._model, self._kept
        if kept is not None:
            self.app.push_screen(ask_to_throw_away(kept), lambda yes: self._throw_away(kept) if yes else None)
        elif model is not None:
            self.app.push_screen(ask_to_undeploy(model), lambda yes: self._undeploy(model) if yes else None)

    def _throw_away(self, kept: Unfinished) -> None:
        self._start(str(kept.path), lambda cancel: self._depot.throw_away(kept, cancel))

    def _undeploy(self, model: DeployedModel) -> None:
        if self._serves(model):
            self._stop_serving()
        self.slmtui.free_runtime()
        self._start(str(model.path), lambda cancel: self._depot.undeploy_model(model, cancel))

    def _start(self, about: str, service: Any) -> None:
        self._asked = about
        self.slmtui.start_job(self.MODE, service)
        self._show()

    def action_serve(self) -> None:
        """Serve it, or end that."""
        if (model := self._model) is None:
            return
        if self._runs(SERVE):
            if not self._serves(model):
                self.notify("The other model is no longer served; press s once more to serve this one.")
            self._stop_serving()
            return
        self._served = Served(model, self._depot.serve)
        self.slmtui.start_job(SERVE, self._served.run)
        self._show()

    def _stop_serving(self) -> None:
        if (job := self.slmtui.job(SERVE)) is not None:
            job.stop()

    def action_copy(self) -> None:
        """Copy its address, else its folder."""
        if (model := self._model) is not None:
            self.app.copy_to_clipboard(self._address or str(model.folder))
            self.notify("The address is copied." if self._address else "The folder's path is copied.")

    def action_why(self) -> None:
        """Of every folder: is it listed, and if not, why?."""
        self.go("why")

    def action_refresh(self) -> None:
        """Look once more."""
        self._look()

    def action_leave(self) -> None:
        """Cancel what runs, else go back to Deploy."""
        if self._busy:
            super().action_leave()
        else:
            self.go("deploy")
