"""Start: go on with a deployment, try a sample, or bring a model of your own."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key, Paste
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static

from slmtui.config.locations import deployments_dir, settings_file
from slmtui.deployment import NEXT_WORDS, Deployment
from slmtui.events import Failure
from slmtui.source.hub_cache import asked_for
from slmtui.source.options import SourceOptions
from slmtui.source.questions import Question, Unanswered
from slmtui.source.samples import Sample
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.key_words import keyed
from slmtui.tui.start_words import HELP, TOUR, TOUR_KEYS, WELCOME
from slmtui.tui.starting import Request
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.job_panel import JobPanel
from slmtui.tui.widgets.path_input import EXPLAINED, PathInput
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.widgets.source_details import SourceDetails
from slmtui.tui.widgets.source_list import SourceList
from slmtui.tui.widgets.verdicts import FailurePanel, recorded_failure


class StartScreen(StationScreen):
    """The first screen."""

    MODE = "start"
    HEADING = "From a fine-tuned model to a verified local deployment"
    CSS_PATH = "start.tcss"
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "path", "Path", tooltip="Type the path of your own model, or its name on the hub"),
        Binding("delete", "forget", "Forget", tooltip="Forget the highlighted deployment (its files stay)"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._forgotten: Deployment | None = None
        self._request: Request | None = None
        self._welcomed = False

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="start"):
            with Vertical(id="choices"):
                yield SourceList()
                yield Static("Your model", classes="section")
                yield PathInput(id="path")
                with Vertical(id="path-help"):
                    yield Facts(id="path-kinds")
                with Vertical(id="tour-box"):
                    yield Static("What happens next", classes="section")
                    yield Facts(id="tour")
                    yield Static(keyed(self, TOUR_KEYS), id="tour-keys")
            with Vertical(id="found"):
                with Vertical(id="welcome") as welcome:
                    self._welcome(not any(deployments_dir().glob("*.toml")), welcome)
                    yield Static("Welcome to slmtui", classes="section")
                    yield Facts(id="welcome-keys")
                yield JobPanel(log=False, usage=False, id="start-job")
                yield FailurePanel(id="start-failure")
                yield SourceDetails()

    def body_ready(self) -> None:
        self.query_one("#tour", Facts).show((name, keyed(self, words)) for name, words in TOUR)
        self.query_one("#welcome-keys", Facts).show((keyed(self, key), words) for key, words in WELCOME)
        self.query_one("#path-kinds", Facts).show(EXPLAINED)
        self._path.tooltip = "\n".join(f"{kind}: {text}" for kind, text in EXPLAINED)
        self._show_path_help()

    def show_state(self) -> None:
        super().show_state()
        self._fill()
        self._welcome(not self._welcomed and not self._sources.has_deployments)
        job = self.slmtui.job(self.MODE)
        self.query_one(JobPanel).show(job if job and job.running else None)
        self.set_primary("Start", focus=False)
        if self.focused is None or self.focused.id == "primary":
            self.set_focus(self._sources)

    @property
    def _sources(self) -> SourceList:
        return self.query_one(SourceList)

    @property
    def _path(self) -> PathInput:
        return self.query_one("#path", PathInput)

    def _fill(self) -> None:
        """List the deployments, then the samples."""
        for failure in self._sources.fill():
            self.notify(f"{failure.cause}\n{failure.fix}", severity="warning", markup=False)

    def _welcome(self, wanted: bool, place: Widget | None = None) -> None:
        """Say how it goes, to whoever has neither begun nor set anything yet and has not gone on here."""
        wanted = wanted and not settings_file().exists()
        self._welcomed = not wanted
        (place or self.query_one("#welcome")).set_class(wanted, "-wanted")

    # What the highlighted or typed source is

    @on(OptionList.OptionHighlighted, "#sources")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_list.has_focus:
            # Whoever chooses from the list no longer means what stands in the field.
            self._path.empty()
            if event.option_id != self._sources.first:
                self._welcome(False)
        if not self._path.text:
            self._show_chosen()

    def _show_chosen(self) -> None:
        """What is known of the highlighted line."""
        self.refresh_bindings()
        chosen, details = self._sources.chosen, self.query_one(SourceDetails)
        self.query_one(FailurePanel).show(None)
        if isinstance(chosen, Deployment):
            details.show_deployment(chosen)
            following = NEXT_WORDS[chosen.next_station() or "runtime"]
            self.set_primary("Continue", f"Next: {following}", focus=False)
        elif isinstance(chosen, Sample):
            details.show_sample(chosen)
            words = "Enter starts with this sample" if chosen.available else "Enter downloads it and starts"
            self.set_primary("Start", words, focus=False)

    @on(Input.Changed, "#path")
    def _path_changed(self) -> None:
        self.query_one(FailurePanel).show(None)
        self._show_path_help()
        if self._path.text:
            self._welcome(False)
            self.query_one(SourceDetails).look_at(self._path.meant)
        else:
            self._show_chosen()

    @on(SourceDetails.Looked)
    def _looked(self, event: SourceDetails.Looked) -> None:
        """Say what Enter does with what is typed."""
        if self._path.meant != event.text:
            return
        found = event.found
        if isinstance(found, Failure):
            hub = asked_for(event.text) is not None
            self.set_primary("Start", "Enter asks the hub for it" if hub else "", focus=False)
        elif found.usable:
            self.set_primary("Start", "Enter starts with this model", focus=False)
        elif found.askable:
            self.set_primary("Start", "Enter asks what is missing, then starts", focus=False)
        else:
            self.set_primary("Start", "This one cannot be converted.", enabled=False, focus=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what was begun can be forgotten."""
        if action == "forget" and self.has_body:
            return isinstance(self._sources.chosen, Deployment)
        return super().check_action(action, parameters)

    def on_descendant_focus(self) -> None:
        self._show_path_help()

    def on_descendant_blur(self) -> None:
        self._show_path_help()

    def _show_path_help(self) -> None:
        """What can be typed stands below the field while it has the focus, in place of the tour."""
        typing = self.focused is not None and self.focused.id == "path"
        # The two alone know of it: for a class of the screen all that is on it would be styled anew.
        for place in self.query("#path-help, #tour-box"):
            place.set_class(typing, "-typing")
            place.set_class(bool(self._path.text), "-typed")

    # Going on

    @on(OptionList.OptionSelected, "#sources")
    def _selected(self) -> None:
        chosen = self._sources.chosen
        if isinstance(chosen, Deployment):
            self._continue(chosen)
        elif isinstance(chosen, Sample):
            self._begin(Request(chosen.name))

    @on(Input.Submitted, "#path")
    def _submitted(self) -> None:
        if self._path.text:
            self._begin(Request(self._path.meant))

    def proceed(self) -> None:
        if self._path.text:
            self._begin(Request(self._path.meant))
        else:
            self._selected()

    def _continue(self, one: Deployment) -> None:
        from slmtui import pipeline  # all stations with it: nothing for the first frame

        one = pipeline.as_it_stands(one)
        self.slmtui.use(one)
        if one.step("source").state == "failed":
            self._begin(Request(one.source, SourceOptions.from_record(one.step("source").record)))
        else:
            self.go(self.slmtui.next_mode())

    def _begin(self, request: Request) -> None:
        job = self.slmtui.job(self.MODE)
        if job is not None and job.running:
            return  # another source is being fetched; Escape ends that
        self._request = request
        self.query_one(FailurePanel).show(None)
        self.slmtui.start_job(self.MODE, request.begin, self._begun)

    def _begun(self, deployment: Deployment) -> None:
        """A source that cannot be converted is no deployment; one that can is the one in hand."""
        if deployment.step("source").state != "verified":
            deployment.delete()
            return
        self.slmtui.use(deployment)
        self._path.clear()
        self._sources.focus()
        self.go("environment")

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job.station != self.MODE:
            return
        self.query_one(JobPanel).show(job if job.running and job.progress else None)
        if job.state == "failed" and isinstance(job.failure, Unanswered):
            self._ask(job.failure.question)
        elif job.state == "failed":
            self._refuse(job.failure)
        elif job.state == "cancelled":
            self.query_one("#hint", Static).update("Cancelled; nothing was kept.")
        elif job.state == "done":
            self._show_refused(job)

    def _show_refused(self, job: Job[Deployment]) -> None:
        if job.result is not None and job.result.step("source").state == "failed":
            self._refuse(recorded_failure(job.result.step("source").record))

    def _refuse(self, failure: Failure | None) -> None:
        """It was not begun; what was said of it while it was typed is said above now."""
        if isinstance(failure, Unanswered):
            failure = Failure(failure.cause, f"Enter asks again. {failure.fix}")
        self.query_one(FailurePanel).show(failure)
        self.query_one(SourceDetails).clear()

    # What only the user knows

    def _ask(self, question: Question) -> None:
        """Ask it, and begin again with the answer."""
        from slmtui.tui.screens.questions import window

        if self._request is None or not self.is_current:
            self._refuse(Unanswered(question))
            return
        screen, take = window(question, self._request.source, self._answered)
        self.app.push_screen(screen, take)

    def _answered(self, question: Question, yes: bool, base: str) -> None:
        request = self._request.answered(question, yes=yes, base=base) if self._request else None
        if request is not None:
            self._begin(request)
        else:
            self._refuse(Unanswered(question))

    # Keys

    def on_key(self, event: Key) -> None:
        """Keys come faster than the focus moves: what was typed after the slash is the field's."""
        if not self.has_body or not event.is_printable:
            return
        if self.focused is self._path:
            event.stop()
            self._path.insert_text_at_cursor(event.character or "")
        elif event.key == "slash":
            event.stop()
            self.action_path()

    def on_paste(self, event: Paste) -> None:
        """A path that is pasted is meant, wherever the focus is."""
        if self.has_body and event.text.strip():
            self.action_path()
            self._path.insert_text_at_cursor(event.text.strip().splitlines()[0])

    def action_leave(self) -> None:
        """As everywhere; a newcomer has read the welcome."""
        self._welcome(False)
        super().action_leave()

    def action_path(self) -> None:
        """Go to the path field, at once: the next key may be on its way."""
        self._path.opened_by_slash = not self._path.text
        self.set_focus(self._path)

    def action_forget(self) -> None:
        """Forget the highlighted deployment; Ctrl+Z brings it back."""
        one = self._sources.chosen
        if not isinstance(one, Deployment):
            return
        one.delete()
        if self.slmtui.deployment and self.slmtui.deployment.name == one.name:
            self.slmtui.use(None)
        self._forgotten = one
        self.notify(f"{one.name} is forgotten; its files stay. Ctrl+Z brings it back.", markup=False)
        self._fill()
        self.query_one(Rail).refresh_states()

    def key_ctrl_z(self) -> None:
        """Bring back what was forgotten last."""
        if self._forgotten is not None:
            self._forgotten.save()
            self._forgotten = None
            self._fill()
