"""Deploy: what goes where, the deed, what the scanner, the command and the SDK say of it, and undo."""

from __future__ import annotations

from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Button, Select

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.foundry.cache import cache_folders
from slmtui.foundry.deploy import DeployPlan
from slmtui.tui.format import short
from slmtui.tui.job_screen import JobScreen
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, verdict_from
from slmtui.units import size


class DeployScreen(JobScreen):
    """Into a Foundry Local cache, registered, listed and loaded."""

    MODE = "deploy"
    HEADING = "Deploy into Foundry Local"
    CSS_PATH = "deploy.tcss"
    HELP = """\
## Deploy

The converted model goes into `custom/<name>` below a Foundry Local models folder, together with its
`inference_model.json`, and is registered with the Foundry Local SDK. Then slmtui asks whether that worked:

* **scanner**: would Foundry Local find the folder? It skips a folder without a word when something is off.
* **command**: does `foundry cache list` show it? Only where the `foundry` command exists (Windows, macOS).
* **SDK**: is it registered, listed, does it load, does it answer?

What cannot be checked on this machine is marked – and never counts as passed. **Undo** takes the model out
again; the converted model itself stays.
"""

    def __init__(self) -> None:
        super().__init__()
        self._plan: DeployPlan | None = None

    def compose_body(self) -> ComposeResult:
        yield Select([], prompt="Foundry Local models folder", id="cache", compact=True, allow_blank=True)
        yield Facts(id="deploy-plan")
        yield FailurePanel(id="deploy-failure")
        yield JobPanel(log=False, usage=False, id="deploy-job")
        yield VerdictList(id="deploy-verdicts")

    def compose_actions(self) -> ComposeResult:
        yield from super().compose_actions()
        yield Button("Undo", id="undo", compact=True)

    def body_ready(self) -> None:
        self._find_caches()

    @work(thread=True, exclusive=True, group="caches")
    def _find_caches(self) -> None:
        """Ask for the cache folders off the event loop: the `foundry` command may be slow to answer."""
        folders = cache_folders()
        self.app.call_from_thread(
            self._show_caches, [(f"{short(f.path)}  ({f.origin})", f.path) for f in folders]
        )

    def _show_caches(self, options: list[tuple[str, Path]]) -> None:
        select: Select[Path] = self.query_one("#cache", Select)
        select.set_options([(Content(label), path) for label, path in options])
        if options:
            select.value = options[0][1]
        self._look()

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        job = self.slmtui.job(self.MODE)
        running = job is not None and job.running
        step = deployment.step("foundry") if deployment else None
        done = step is not None and step.state == "verified"
        self.query_one("#cancel").display = running
        self.query_one("#undo").display = bool(step and step.record.get("target")) and not running
        self.query_one("#cache").display = deployment is not None and not running and not done
        self.query_one(FailurePanel).show(None)
        self.query_one(JobPanel).show(job if running else None)
        self.query_one(VerdictList).show([])
        if deployment is None:
            self.query_one(Facts).show([])
            self.set_primary("Choose a model", "No model is chosen yet.")
        elif running:
            self.set_primary("Deploying", "Esc cancels.", enabled=False)
        elif step is not None and step.state != "waiting" and step.record.get("target"):
            record = step.record
            self.query_one(Facts).show(
                [("deployed as", str(record["model_id"])), ("folder", short(record["target"]))]
            )
            self.query_one(VerdictList).show(verdict_from(v) for v in record.get("verdicts", []))
            if done:
                self.set_primary("Continue", "The SDK lists and loads it.")
            else:
                self.set_primary("Try again", "Deployed, but not verified.")
                self._look()
        else:
            if job is not None and job.state == "failed":
                self.query_one(FailurePanel).show(job.failure)
            self._look()

    @on(Select.Changed, "#cache")
    def _cache_changed(self) -> None:
        self._look()

    def _look(self) -> None:
        deployment = self.slmtui.deployment
        value = self.query_one("#cache", Select).value
        if (
            deployment is not None
            and isinstance(value, Path)
            and deployment.step("foundry").state != "verified"
        ):
            self._plan = None
            self._make_plan(deployment, value)

    @work(thread=True, exclusive=True, group="plan")
    def _make_plan(self, deployment: Deployment, cache: Path) -> None:
        try:
            if deployment.step("prompt").state != "verified":
                raise Failure("The prompt template is not written yet.", "Write it on the Template screen.")
            plan: DeployPlan | Failure = pipeline.deploy_plan(deployment, cache)
        except Failure as failure:
            plan = failure
        self.app.call_from_thread(self._show_plan, deployment, cache, plan)

    def _show_plan(self, deployment: Deployment, cache: Path, plan: DeployPlan | Failure) -> None:
        if deployment != self.slmtui.deployment or cache != self.query_one("#cache", Select).value:
            return  # a thread cannot be stopped: this one looked at what is no longer asked for
        job = self.slmtui.job(self.MODE)
        if job is not None and job.running:
            return
        if isinstance(plan, Failure):
            self._plan = None
            self.query_one(Facts).show([])
            self.query_one(FailurePanel).show(plan)
            before = self.slmtui.deployment is not None and self.slmtui.next_mode() in ("convert", "template")
            self.set_primary("Go there" if before else "Deploy", "This cannot start yet.", enabled=before)
            return
        self._plan = plan
        self.query_one(Facts).show(
            [
                ("name", plan.name),
                ("into", short(plan.target)),
                ("files", f"{len(plan.files)}, {size(plan.bytes)}"),
                ("free there", size(plan.free_bytes)),
                ("existing", "replaced, it is this deployment's own" if plan.replaces else ""),
            ]
        )
        again = job is not None and job.state != "done"
        words = (
            "Cancelled; nothing was left."
            if job is not None and job.state == "cancelled"
            else "Enter deploys."
        )
        self.set_primary("Try again" if again else "Deploy", words)

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is None:
            self.go("start")
        elif deployment.step("foundry").state == "verified":
            self.go("chat")
        elif self._plan is not None:
            plan = self._plan
            self.slmtui.start_job(
                self.MODE, lambda cancel: pipeline.deploy(deployment, plan, cancel), self.slmtui.finished
            )
            self.show_state()
        else:
            self.go(self.slmtui.next_mode())

    @on(Button.Pressed, "#undo")
    def _undo(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is not None:
            self.slmtui.chat.close()
            self._plan = None
            self.slmtui.start_job(
                self.MODE, lambda cancel: pipeline.undeploy(deployment, cancel), self.slmtui.finished
            )
            self.show_state()
