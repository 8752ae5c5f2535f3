"""Deploy: what goes where, the deed, what the scanner, the command and the SDK say of it, and undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Input, OptionList

from slmtui.deployment import Deployment, Step
from slmtui.events import Cancel, Service
from slmtui.tui.depot import Depot, Prospect, Wish
from slmtui.tui.from_thread import tell
from slmtui.tui.job_screen import JobScreen
from slmtui.tui.screens.replace import ReplaceScreen
from slmtui.tui.widgets.deploy_form import DeployForm
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.plan_view import PlanView, deployed_rows
from slmtui.tui.widgets.purpose import Purpose
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, summary, verdict_from
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.foundry.cache import CacheFolder
    from slmtui.tui.jobs import Job

_TYPING_SECONDS = 0.3


class DeployScreen(JobScreen):
    """Into a Foundry Local cache, registered, listed, loaded, and answering."""

    MODE = "deploy"
    HEADING = "Deploy into Foundry Local"
    CSS_PATH = "deploy.tcss"
    HELP = """\
## Deploy

The converted model goes below a Foundry Local models folder, with its `inference_model.json`, and is
registered with the Foundry Local SDK. **Enter** does what is shown. Before that you can choose

* **Into**: the models folder of the `foundry` command, of a program that uses the SDK, slmtui's own, or
  any other.
* **How**: hard links where the disk can, a copy, symbolic links, or only a registration.
* **Version**: versions of one model stand beside each other. What exists is replaced only after its
  differences were shown and you said yes.

Then slmtui asks whether it worked, and shows what it saw:

* **scanner**: would Foundry Local find the folder? It skips a folder without a word when something is off.
* **command**: does `foundry` list it, and run it? Only where it exists (Windows, macOS).
* **SDK**: is it registered, listed, does it load, does it answer?

✓ passed, ! look at it, ✗ failed; **–** could not be checked on this machine, and never counts as passed.

**Undo** takes the model out again, and the models folder is as it was before; the converted model stays.
`d` shows everything that is deployed, `w` says of every folder whether Foundry Local lists it, and why not.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "deployed", "Deployed", tooltip="Everything that is deployed: verify, serve, undeploy"),
        Binding("w", "why", "Why not listed?", tooltip="Of every folder: is it listed, and if not, why?"),
        Binding("v", "verify", "Verify", tooltip="Ask scanner, command and SDK once more"),
        Binding("a", "again", "Anew", tooltip="Deploy once more: elsewhere, otherwise, as another version"),
        Binding("u", "undo", "Undo", show=False, tooltip="Take the model out of the cache again"),
        Binding("pagedown", "scroll(8)", "Scroll", show=False),
        Binding("pageup", "scroll(-8)", "Scroll up", show=False),
    ]

    def __init__(self, depot: Depot | None = None) -> None:
        super().__init__()
        self._depot = depot or Depot()
        self._prospect: Prospect | None = None
        self._anew = ""  # the deployment whose verdicts give way to the form

    def compose_body(self) -> ComposeResult:
        yield Purpose(self.MODE)
        yield Facts(id="deployed-as")
        yield FailurePanel(id="deploy-failure")
        yield DeployForm()
        yield PlanView()
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
        tell(self, self._show_caches, self._depot.caches())

    def _show_caches(self, caches: tuple[CacheFolder, ...]) -> None:
        self.query_one(DeployForm).show_caches(caches)
        self._look()

    # What is shown

    @property
    def _step(self) -> Step:
        deployment = self.slmtui.deployment
        return deployment.step("foundry") if deployment else Step()

    @property
    def _at_work(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    @property
    def _is_deployed(self) -> bool:
        """Whether there is something whose verdicts can be shown."""
        return self._step.state != "waiting" and bool(self._step.record.get("target"))

    @property
    def _plans(self) -> bool:
        """Whether the form and its plan are what is shown."""
        deployment = self.slmtui.deployment
        if deployment is None or self._at_work:
            return False
        return not self._is_deployed or self._anew == deployment.name

    def show_state(self) -> None:
        super().show_state()
        job = self.slmtui.job(self.MODE)
        self.query_one("#cancel").display = self._at_work
        self.query_one("#undo").display = self._is_deployed and not self._at_work and not self._plans
        self.query_one(DeployForm).display = self._plans
        self.query_one(FailurePanel).show(None)
        self.query_one(JobPanel).show(job if self._at_work else None)
        if not self._plans:
            self.query_one(PlanView).show(None)
        self.query_one(Purpose).display = self.slmtui.deployment is None
        if self.slmtui.deployment is None:
            self.set_primary("Choose a model", "No model is chosen yet.")
        elif self._at_work:
            self.query_one("#deployed-as", Facts).show([])
            self.query_one(VerdictList).show(job.verdicts if job else [])
            self.set_primary("Working", "Esc cancels.", enabled=False)
        else:
            if job is not None and job.state == "failed":
                self.query_one(FailurePanel).show(job.failure)
            self._show_deployed()
        self.refresh_bindings()

    def _show_deployed(self) -> None:
        """The verdicts of what is deployed, or the form."""
        shown = self._is_deployed and not self._plans
        step = self._step
        verdicts = [verdict_from(record) for record in step.record.get("verdicts", [])] if shown else []
        self.query_one("#deployed-as", Facts).show(deployed_rows(step.record, step.at) if shown else [])
        self.query_one(VerdictList).show(verdicts)
        if self._plans:
            self._look()
        elif step.state == "verified":
            self.set_primary("Continue", summary(verdicts))
        else:
            self.set_primary("Deploy anew", summary(verdicts) or "Deployed, but not verified.")

    @on(DeployForm.Changed)
    def _wished(self, event: DeployForm.Changed) -> None:
        self._prospect = None
        self.looks()
        self.set_primary("Deploy", "Looking", enabled=False, focus=False)
        if event.waits:
            self.set_timer(_TYPING_SECONDS, self._look)
        else:
            self._look()

    def _look(self) -> None:
        deployment, form = self.slmtui.deployment, self.query_one(DeployForm)
        if deployment is None or not self._plans:
            return
        if form.ready:
            self._make_plan(deployment, form.wish)
        else:  # the `foundry` command may take seconds to say where its cache is
            self.looks()
            self.set_primary("Deploy", "Looking for the cache folders", enabled=False, focus=False)

    @work(thread=True, exclusive=True, group="plan")
    def _make_plan(self, deployment: Deployment, wish: Wish) -> None:
        prospect = self._depot.look(deployment, wish)
        tell(self, self._show_plan, deployment, prospect)

    def _show_plan(self, deployment: Deployment, prospect: Prospect) -> None:
        form = self.query_one(DeployForm)
        if deployment != self.slmtui.deployment or prospect.wish != form.wish or not self._plans:
            return  # a thread cannot be stopped: this one looked at what is no longer asked for
        self._prospect = prospect
        plan = prospect.plan
        form.show_versions(prospect.versions)
        form.show_method(plan.method if plan else form.wish.method or "link")
        self.query_one(PlanView).show(plan)
        job = self.slmtui.job(self.MODE)
        failed = job is not None and job.state == "failed"
        if plan is None:
            self.query_one(FailurePanel).show(prospect.failure)
            before = self.slmtui.next_mode() in ("convert", "template")
            words = "This cannot start yet." if before else "Choose otherwise above."
            self.set_primary("Go there" if before else "Deploy", words, enabled=before, focus=not form.busy)
            self.looked()
            return
        self.query_one(FailurePanel).show(job.failure if job is not None and failed else None)
        again = job is not None and job.state in ("failed", "cancelled") and not self._is_deployed
        label = "Replace" if plan.exists else "Try again" if again else "Deploy"
        self.set_primary(label, self._hint(prospect, job), focus=not form.busy)
        self.looked()

    def _hint(self, prospect: Prospect, job: Job[object] | None) -> str:
        plan = prospect.plan
        if job is not None and job.state == "cancelled":
            kept = size(plan.resumes_bytes) if plan is not None and plan.resumes_bytes else ""
            return f"Cancelled; {kept} stay for next time." if kept else "Cancelled; the cache is as it was."
        if plan is not None and plan.exists:
            return "Enter shows what differs, and asks."
        if self._is_deployed:
            return "Enter deploys; Esc goes back."
        return "Enter tries again." if job is not None and job.state == "failed" else "Enter deploys."

    # What can be done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not super().check_action(action, parameters):
            return False
        match action:
            case "verify" | "again" | "undo":
                return self._is_deployed and not self._plans and not self._at_work
        return True

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        plan = self._prospect.plan if self._prospect else None
        if deployment is None:
            self.go("start")
        elif self._is_deployed and not self._plans:
            if self._step.state == "verified":
                self.go("chat")
            else:
                self.action_again()
        elif plan is None:
            self.go(self.slmtui.next_mode())
        elif plan.exists:
            self.app.push_screen(ReplaceScreen(plan), lambda yes: self._deploy() if yes else None)
        else:
            self._deploy()

    def _deploy(self) -> None:
        deployment, prospect = self.slmtui.deployment, self._prospect
        if deployment is None or prospect is None or prospect.plan is None:
            return
        plan = prospect.plan
        self._prospect, self._anew = None, ""
        if plan.exists:
            self.slmtui.free_runtime()  # Windows replaces no file that a process has open
        self._begin(lambda cancel: self._depot.deploy(deployment, plan, cancel))

    def _begin(self, service: Callable[[Cancel], Service[Deployment]]) -> None:
        self.slmtui.start_job(self.MODE, service, self.slmtui.finished)
        self.show_state()

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        """Enter in the path, or on a file of the plan: go on."""
        self.action_proceed()

    def action_again(self) -> None:
        """Show the form once more."""
        deployment = self.slmtui.deployment
        self._anew = deployment.name if deployment else ""
        self.show_state()

    def action_leave(self) -> None:
        """Cancel what runs, else leave the form for the verdicts, else leave the field."""
        if self._anew and not self._at_work and not self.query_one(DeployForm).busy:
            self._anew = ""
            self.show_state()
        else:
            super().action_leave()

    def action_verify(self) -> None:
        """Ask everybody once more."""
        deployment = self.slmtui.deployment
        if deployment is not None:
            self._begin(lambda cancel: self._depot.verify(deployment, cancel))

    @on(Button.Pressed, "#undo")
    def action_undo(self) -> None:
        """Take it out of the cache again."""
        deployment = self.slmtui.deployment
        if deployment is not None:
            self.slmtui.free_runtime()
            self._prospect, self._anew = None, ""
            self._begin(lambda cancel: self._depot.undeploy(deployment, cancel))

    def action_deployed(self) -> None:
        """Show everything that is deployed."""
        self.go("deployed")

    def action_why(self) -> None:
        """Of every folder: is it listed, and if not, why?."""
        self.go("why")

    def action_scroll(self, lines: int) -> None:
        """Read on where there is more than the screen holds."""
        self.query_one("#body").scroll_relative(y=lines, animate=False)
