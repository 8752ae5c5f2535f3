"""Start: go on with a deployment, try a sample, or bring a model of your own."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from slmtui import deployment as deployments
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service
from slmtui.source import samples
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource
from slmtui.tui.format import MUTED, ago, safe, short
from slmtui.tui.jobs import JobChanged
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.widgets.verdicts import FailurePanel, recorded_failure
from slmtui.units import count, size

RECENT = 8
_NEXT_WORDS = {
    "source": "inspect the source",
    "conversion": "convert",
    "prompt": "write the template",
    "foundry": "deploy",
    "runtime": "chat",
    None: "deployed and verified",
}


TOUR = (
    ("2 Environment", "Is this machine ready, and are the versions right?"),
    ("3 Convert", "Olive makes an INT4 ONNX model. It counts once the runtime has loaded it."),
    ("4 Template", "The prompt, derived from the model's own chat template."),
    ("5 Deploy", "Into Foundry Local. It counts once the SDK lists it, loads it and answers."),
    ("6 Chat", "Talk to it, and see what every answer costs."),
    ("", "Enter goes on from one to the next; ? explains each screen."),
)


class PathSuggester(Suggester):
    """Completes the path of a file or folder while it is typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        if not value:
            return None
        head, _, start = value.replace("\\", "/").rpartition("/")
        folder = Path(value[: len(head) + 1] or ".").expanduser()
        try:
            names = sorted(p.name + ("/" if p.is_dir() else "") for p in folder.iterdir())
        except OSError:
            return None
        found = next((n for n in names if n.startswith(start) and (start or not n.startswith("."))), None)
        return value[: len(value) - len(start)] + found if found else None


class StartScreen(StationScreen):
    """The first screen."""

    MODE = "start"
    HEADING = "From a fine-tuned model to a verified local deployment"
    CSS_PATH = "start.tcss"
    HELP = """\
## Start

Choose what to deploy:

* **Continue** a deployment where it stopped.
* Try a **sample**: the small one ships with slmtui and takes about a minute from here to a chat.
* **Your model**: type the path of a Hugging Face folder (`config.json`, `model.safetensors`, a tokenizer) or
  of a `.gguf` file. The right arrow key takes the suggested completion.

On the right stands what slmtui found in it, and what is missing or dangerous.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "path", "Path", tooltip="Type the path of your own model"),
        Binding("delete", "forget", "Forget", tooltip="Forget the highlighted deployment (its files stay)"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._deployments: dict[str, Deployment] = {}
        self._forgotten: Deployment | None = None
        self._looked_at = ""

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="start"):
            with Vertical(id="choices"):
                yield OptionList(id="sources", compact=True, markup=False)
                yield Static("Your model", classes="section")
                yield Input(
                    placeholder="path of a Hugging Face folder or a .gguf file",
                    suggester=PathSuggester(),
                    id="path",
                    compact=True,
                )
                with Vertical(id="tour-box"):
                    yield Static("What happens next", classes="section")
                    yield Facts(id="tour")
            with Vertical(id="details"):
                yield JobPanel(log=False, usage=False, id="start-job")
                yield FailurePanel(id="start-failure")
                yield Static(id="details-title", markup=False)
                yield Facts(id="details-facts")
                yield Static(id="details-problems")

    def body_ready(self) -> None:
        self.query_one("#tour", Facts).show(TOUR)

    def show_state(self) -> None:
        super().show_state()
        self._fill()
        job = self.slmtui.job(self.MODE)
        self.query_one(JobPanel).show(job if job and job.running else None)
        self.set_primary("Start", focus=False)
        if self.focused is None or self.focused.id == "primary":
            self.query_one("#sources").focus()

    def _fill(self) -> None:
        """List the deployments, then the samples."""
        options = self.query_one("#sources", OptionList)
        kept = options.highlighted_option.id if options.highlighted_option else None
        saved, damaged = deployments.saved()
        self._deployments = {d.name: d for d in saved[:RECENT]}
        options.clear_options()
        if self._deployments:
            options.add_option(Option(Content.styled("Continue", "bold $text-primary"), disabled=True))
        for one in self._deployments.values():
            station = one.next_station()
            failed = station is not None and one.step(station).state == "failed"
            words = "failed" if failed else _NEXT_WORDS[station]
            options.add_option(
                Option(
                    Content.assemble(
                        "  ", one.name, ("  " + words, "$text-accent"), ("  " + ago(_touched(one)), MUTED)
                    ),
                    id=f"deployment:{one.name}",
                )
            )
        options.add_option(Option(Content.styled("Samples", "bold $text-primary"), disabled=True))
        for sample in samples.samples():
            state = "here" if sample.available else "to download"
            options.add_option(
                Option(
                    Content.assemble("  ", sample.name, (f"  {size(sample.bytes)} {state}", MUTED)),
                    id=f"sample:{sample.name}",
                )
            )
        ids = [options.get_option_at_index(i).id for i in range(options.option_count)]
        first = next(index for index, key in enumerate(ids) if key)
        options.highlighted = ids.index(kept) if kept and kept in ids else first
        for failure in damaged:
            self.notify(f"{failure.cause}\n{failure.fix}", severity="warning", markup=False)

    # What the highlighted source is

    @on(OptionList.OptionHighlighted, "#sources")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_list.has_focus:
            # Whoever chooses from the list no longer means what stands in the field.
            field = self.query_one("#path", Input)
            with field.prevent(Input.Changed):
                field.clear()
        if not self.query_one("#path", Input).value.strip():
            self._show_option(event.option.id or "")

    def _show_option(self, option: str) -> None:
        """What is known of a line of the list."""
        self._looked_at = ""
        kind, _, name = option.partition(":")
        if kind == "deployment":
            self._show_deployment(self._deployments[name])
        elif kind == "sample":
            sample = samples.find(name)
            if sample is None:
                return
            self.query_one("#details-title", Static).update(sample.title)
            self.query_one("#details-problems", Static).update(safe(sample.description))
            self.query_one(FailurePanel).show(None)
            self.query_one("#details-facts", Facts).show(
                [("size", size(sample.bytes)), ("licence", sample.licence)]
            )
            if sample.available and sample.path is not None:
                self._look_at(str(sample.path), sample.description)
            self.set_primary("Start", "Enter starts with this sample", focus=False)

    def _show_deployment(self, one: Deployment) -> None:
        record = one.step("source").record
        self.query_one("#details-title", Static).update(one.name)
        self.query_one(FailurePanel).show(None)
        rows: list[tuple[str, str]] = [
            ("source", short(one.source)),
            ("architecture", str(record.get("architecture", ""))),
            ("created", ago(one.created)),
        ]
        if "bytes" in one.step("conversion").record:
            rows.append(("converted", f"INT4, {size(one.step('conversion').record['bytes'])}"))
        if "model_id" in one.step("foundry").record:
            rows.append(("deployed as", str(one.step("foundry").record["model_id"])))
        self.query_one("#details-facts", Facts).show(rows)
        station = one.next_station()
        cause = str(one.step(station).record.get("cause", "")) if station else ""
        self.query_one("#details-problems", Static).update(Content.styled(safe(cause), "$text-error"))
        self.set_primary("Continue", f"Next: {_NEXT_WORDS[station]}", focus=False)

    @on(Input.Changed, "#path")
    def _path_changed(self, event: Input.Changed) -> None:
        self.query_one(FailurePanel).show(None)
        option = self.query_one("#sources", OptionList).highlighted_option
        if event.value.strip():
            self._look_at(event.value.strip(), "")
        elif option is not None:
            self._show_option(option.id or "")

    def _look_at(self, text: str, description: str) -> None:
        self._looked_at = text
        self._inspect(text, description)

    @work(thread=True, exclusive=True, group="inspect")
    def _inspect(self, text: str, description: str) -> None:
        """Look at a source off the event loop; a later look replaces an earlier one."""
        try:
            found: ModelSource | Failure = inspect(samples.resolve(text))
        except Failure as failure:
            found = failure
        self.app.call_from_thread(self._show_source, text, description, found)

    def _show_source(self, text: str, description: str, found: ModelSource | Failure) -> None:
        if text != self._looked_at:
            return  # a thread cannot be stopped: this one looked at what is no longer chosen
        panel, facts = self.query_one(FailurePanel), self.query_one("#details-facts", Facts)
        problems = self.query_one("#details-problems", Static)
        typed = self.query_one("#path", Input).value.strip() == text
        if isinstance(found, Failure):
            # Half a path is not a mistake yet: say so quietly until Enter is pressed.
            if typed:
                self.query_one("#details-title", Static).update("Your model")
                facts.show([])
                self.set_primary("Start", "", focus=False)
                problems.update(Content.styled(safe(found.cause), MUTED))
            return
        panel.show(None)
        if typed:
            self.query_one("#details-title", Static).update(found.name)
        facts.show(
            [
                ("architecture", found.architecture),
                ("parameters", count(found.parameters)),
                ("dtype", found.dtype),
                ("context", f"{found.context_length:,} tokens" if found.context_length else "unknown"),
                ("tokenizer", found.tokenizer or "missing"),
                ("chat template", "yes" if found.chat_template else "none"),
                ("licence", found.licence or "not stated"),
                ("on disk", size(found.bytes)),
            ]
        )
        colours = {"error": "$text-error", "warning": "$text-warning", "note": MUTED}
        lines = [Content.styled(safe(description), MUTED)] if description else []
        for problem in found.problems:
            lines.append(Content.styled(safe(problem.cause), colours[problem.severity]))
            if problem.fix:
                lines.append(Content.assemble(("→ ", "$text-accent"), safe(problem.fix)))
        problems.update(Content("\n").join(lines))
        if typed:
            words = "Enter starts with this model" if found.usable else "This one cannot be converted."
            self.set_primary("Start", words, enabled=found.usable, focus=False)

    # Going on

    @on(OptionList.OptionSelected, "#sources")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        kind, _, name = (event.option.id or "").partition(":")
        if kind == "deployment":
            self._continue(self._deployments[name])
        elif kind == "sample":
            self._begin(name)

    @on(Input.Submitted, "#path")
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._begin(event.value.strip())

    def proceed(self) -> None:
        field = self.query_one("#path", Input)
        options = self.query_one("#sources", OptionList)
        if field.value.strip():
            self._begin(field.value.strip())
        elif options.highlighted is not None:
            options.action_select()

    def _continue(self, one: Deployment) -> None:
        from slmtui import pipeline  # all stations with it: nothing for the first frame

        one = pipeline.as_it_stands(one)
        self.slmtui.use(one)
        if one.step("source").state == "failed":
            self._begin(one.source)
        else:
            self.go(self.slmtui.next_mode())

    def _begin(self, source: str) -> None:
        self.query_one(FailurePanel).show(None)
        self.slmtui.start_job(self.MODE, lambda cancel: _begin(source, cancel), self._begun)

    def _begun(self, deployment: Deployment) -> None:
        """A source that cannot be converted is no deployment; one that can is the one in hand."""
        if deployment.step("source").state != "verified":
            deployment.delete()
            return
        self.slmtui.use(deployment)
        self.query_one("#path", Input).clear()
        self.query_one("#sources").focus()
        self.go("environment")

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job.station != self.MODE:
            return
        self.query_one(JobPanel).show(job if job.running and job.progress else None)
        if job.state == "failed":
            self.query_one(FailurePanel).show(job.failure)
            if self.query_one("#path", Input).value.strip():  # what was said while typing is said above now
                self.query_one("#details-title", Static).update("")
                self.query_one("#details-problems", Static).update("")
        elif job.state == "cancelled":
            self.query_one("#hint", Static).update("Cancelled; nothing was kept.")
        elif job.state == "done" and job.result is not None:
            record = job.result.step("source")
            if record.state == "failed":
                self.query_one(FailurePanel).show(recorded_failure(record.record))

    # Keys

    def action_path(self) -> None:
        """Go to the path field."""
        self.query_one("#path").focus()

    def action_forget(self) -> None:
        """Forget the highlighted deployment; pressing it again on nothing brings it back."""
        options = self.query_one("#sources", OptionList)
        option = options.highlighted_option
        kind, _, name = ((option.id if option else None) or "").partition(":")
        if kind != "deployment":
            return
        one = self._deployments[name]
        one.delete()
        if self.slmtui.deployment and self.slmtui.deployment.name == name:
            self.slmtui.use(None)
        self._forgotten = one
        self.notify(f"{name} is forgotten; its files stay. Ctrl+Z brings it back.", markup=False)
        self._fill()
        self.query_one(Rail).refresh_states()

    def key_ctrl_z(self) -> None:
        """Bring back what was forgotten last."""
        if self._forgotten is not None:
            self._forgotten.save()
            self._forgotten = None
            self._fill()


def _begin(source: str, cancel: Cancel) -> Service[Deployment]:
    """The pipeline, imported in the job's thread: it brings all stations with it."""
    from slmtui import pipeline

    return (yield from pipeline.begin(source, cancel))


def _touched(one: Deployment) -> str:
    return max([one.created, *(one.step(s).at for s in deployments.STATIONS)])
