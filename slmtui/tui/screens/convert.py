"""Convert: what will be made and where, then Olive at work, then the proof that the result loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Label

from slmtui import pipeline
from slmtui.conversion.plan import ConversionPlan
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.tui.format import MUTED, short
from slmtui.tui.job_screen import JobScreen
from slmtui.tui.jobs import Job
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList, recorded_failure, verdict_from
from slmtui.units import count, size


class ConvertScreen(JobScreen):
    """From the checkpoint to an ONNX model in INT4."""

    MODE = "convert"
    HEADING = "Convert to ONNX, INT4 on the CPU"
    CSS_PATH = "convert.tcss"
    SCROLLS = False
    HELP = """\
## Convert

Microsoft Olive turns the checkpoint into an ONNX model with 4-bit weights, in a process of its own: you can
leave this screen, and slmtui stays responsive.

The conversion counts as done only when the files are fresh and complete **and the runtime has loaded the
model**; Olive's own word is not taken for it. The output appears whole or not at all, also after a cancel.

* **INT4** stores the weights of the linear layers in 4 bits, with one scale a block of 32. It is the smallest
  and, on most CPUs, the fastest. The embeddings stay in FP32: a small model shrinks less than to an eighth.
"""
    BINDINGS = [
        Binding("ctrl+o", "output", "Output folder", tooltip="Change where the converted model goes"),
        Binding("ctrl+y", "copy_log", "Copy log", tooltip="Copy the log shown here"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._plan: ConversionPlan | None = None
        self._shown_for = ""
        self._remake = False

    def compose_body(self) -> ComposeResult:
        yield Facts(id="plan")
        with Horizontal(id="output-row"):
            yield Label("output")
            yield Input(id="output", compact=True, placeholder="a folder that does not exist yet")
        yield FailurePanel(id="convert-failure")
        yield VerdictList(id="convert-verdicts")
        yield JobPanel(id="convert-job")

    def compose_actions(self) -> ComposeResult:
        yield from super().compose_actions()
        yield Button("Again", id="again", compact=True)

    def show_state(self) -> None:
        super().show_state()
        deployment = self.slmtui.deployment
        job = self.slmtui.job(self.MODE)
        running = job is not None and job.running
        if deployment is None or deployment.name != self._shown_for:
            self._remake = False
        done = (
            deployment is not None and deployment.step("conversion").state == "verified" and not self._remake
        )
        failure = self.query_one(FailurePanel)
        failure.show(None)
        self.query_one("#cancel").display = running
        self.query_one("#again").display = done and not running
        self.query_one("#output-row").display = deployment is not None and not running and not done
        self.query_one(JobPanel).show(job)
        self.query_one(VerdictList).show([])
        if deployment is None:
            self.query_one(Facts).show([])
            self.set_primary("Choose a model", "No model is chosen yet.")
            return
        if running:
            self.set_primary("Converting", "Esc cancels.", enabled=False)
            return
        if deployment.name != self._shown_for:
            self._shown_for = deployment.name
            self.query_one("#output", Input).value = str(pipeline.default_output(deployment))
        if done:
            self._show_done()
            return
        if job is not None and job.state == "failed":
            failure.show(job.failure)
        elif deployment.step("conversion").state == "failed":
            failure.show(recorded_failure(deployment.step("conversion").record))
        self._look()

    def _show_done(self) -> None:
        deployment = self.slmtui.deployment
        assert deployment is not None
        record = deployment.step("conversion").record
        before = int(deployment.step("source").record.get("bytes", 0))
        after = int(record["bytes"])
        share = f", {after / before:.2f} of the source" if before else ""
        self.query_one(Facts).show(
            [
                ("output", short(record["output"])),
                ("size", f"{size(after)}{share}"),
                ("took", f"{record['seconds']} s, {size(record['peak_rss_bytes'])} at the peak"),
                ("log", short(record["log"])),
            ]
        )
        self.query_one(VerdictList).show(verdict_from(v) for v in record.get("verdicts", []))
        self.set_primary("Continue", "The runtime loads it.")

    # The plan

    def _look(self) -> None:
        """Work out the plan off the event loop; until it is there, nothing can be started."""
        deployment = self.slmtui.deployment
        self._plan = None
        self.set_primary("Convert", "Looking", enabled=False)
        if deployment is not None:
            self._make_plan(deployment, self.query_one("#output", Input).value.strip())

    @work(thread=True, exclusive=True, group="plan")
    def _make_plan(self, deployment: Deployment, output: str) -> None:
        try:
            path = Path(output).expanduser().absolute() if output else None
            plan: ConversionPlan | Failure = pipeline.conversion_plan(deployment, output=path)
        except Failure as failure:
            plan = failure
        self.app.call_from_thread(self._show_plan, deployment, output, plan)

    def _show_plan(self, deployment: Deployment, output: str, plan: ConversionPlan | Failure) -> None:
        if deployment != self.slmtui.deployment or output != self.query_one("#output", Input).value.strip():
            return  # a thread cannot be stopped: this one looked at what is no longer asked for
        job = self.slmtui.job(self.MODE)
        if job is not None and job.running:
            return
        if isinstance(plan, Failure):
            self._plan = None
            self.query_one(FailurePanel).show(plan)
            self.set_primary("Convert", "This cannot start yet.", enabled=False)
            return
        if deployment.step("conversion").state != "failed":
            self.query_one(FailurePanel).show(None)
        self._plan = plan
        source = plan.source
        room = Content.assemble(size(plan.needed_bytes), (f" needed, {size(plan.free_bytes)} free", MUTED))
        self.query_one(Facts).show(
            [
                ("source", short(source.path)),
                ("model", f"{source.architecture}, {count(source.parameters)} parameters, {source.dtype}"),
                ("precision", "INT4, block size 32, on the CPU"),
                ("disk", room),
            ]
        )
        typing = self.focused is not None and self.focused.id == "output"
        again = job is not None and job.state in ("failed", "cancelled")
        words = "Cancelled; nothing was kept." if job is not None and job.state == "cancelled" else ""
        self.set_primary("Try again" if again else "Convert", words or "Enter starts.", focus=not typing)

    @on(Input.Changed, "#output")
    def _output_changed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is not None and self.query_one("#output-row").display:
            self._look()

    @on(Input.Submitted, "#output")
    def _output_submitted(self) -> None:
        self.action_proceed()

    # The run

    def proceed(self) -> None:
        deployment = self.slmtui.deployment
        if deployment is None:
            self.go("start")
        elif deployment.step("conversion").state == "verified" and not self._remake:
            self.go("template")
        elif self._plan is not None:
            self._convert(self._plan)

    def _convert(self, plan: ConversionPlan) -> None:
        deployment = self.slmtui.deployment
        assert deployment is not None
        self.slmtui.start_job(
            self.MODE, lambda cancel: pipeline.convert(deployment, plan, cancel), self.slmtui.finished
        )
        self.show_state()

    @on(Button.Pressed, "#again")
    def _again(self) -> None:
        """Make it once more: the old result stays until the new one is whole."""
        self._remake = True
        self.show_state()

    def job_ended(self, job: Job[Any]) -> None:
        self._remake = self._remake and job.state != "done"

    def action_output(self) -> None:
        """Go to the output field."""
        if self.query_one("#output-row").display:
            self.query_one("#output").focus()

    def action_copy_log(self) -> None:
        """Copy what the log holds."""
        job = self.slmtui.job(self.MODE)
        if job is not None and job.log:
            self.app.copy_to_clipboard("\n".join(job.log))
            self.notify(f"{len(job.log)} lines are copied.")
