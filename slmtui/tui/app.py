"""The application: what all screens share, and how one follows another."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.timer import Timer

from slmtui import deployment as deployments
from slmtui.config import keymap
from slmtui.deployment import Deployment, Station
from slmtui.events import Cancel, Failure, Service
from slmtui.text import plain
from slmtui.tui.commands import Commands, problems, table
from slmtui.tui.early_keys import EarlyKeys
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.looks import Looks
from slmtui.tui.measured import Measured, look
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.rail import STATIONS, Rail

if TYPE_CHECKING:
    from slmtui.pipeline import Measurements
    from slmtui.tui.chat_session import ChatSession

Result = TypeVar("Result")

# Where each screen stands in a deployment; Environment is about the machine, not about one model, and
# Validate is about what was measured of one.
STATION_OF: dict[str, Station] = {
    "start": "source",
    "convert": "conversion",
    "template": "prompt",
    "deploy": "foundry",
    "chat": "runtime",
}
# Screens beside the stations, which are about the machine or about several models.
SIDE_SCREENS = (("lab", "Precision lab"), ("deployed", "Deployed models"), ("why", "Why is it not listed?"))
OF_NO_MODEL = {"start", "environment", "serve", *(mode for mode, _ in SIDE_SCREENS)}
# Jobs that call the user back at their end, by their station, and what they are called.
_CALLS_BACK = {"convert": "conversion", "validate": "validation", "lab": "lab"}
PUMP_SECONDS = 1 / 20
# A collection of everything stops the event loop for some frames: while a job works it hardly ever comes, and
# once nothing has happened for a moment it may again.
_COLLECTOR = gc.get_threshold()
_HARDLY_EVER = (*_COLLECTOR[:2], 1_000)
_QUIET_SECONDS = 2.0
# A job ends within a second of being asked, a fix within three.
PATIENCE_SECONDS = 6.0


def _screen(name: str) -> Callable[[], Screen[Any]]:
    """The screen of a station, imported when it is first shown."""

    def make() -> Screen[Any]:
        from importlib import import_module

        module = import_module(f"slmtui.tui.screens.{name}")
        screen: Screen[Any] = getattr(module, f"{name.capitalize()}Screen")()
        return screen

    return make


class SlmtuiApp(Commands, EarlyKeys):
    """slmtui in the terminal."""

    KEYS = "app"
    TITLE = "slmtui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide"), (150, "-very-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
    MODES = {mode: _screen(mode) for mode, _ in (*STATIONS, *SIDE_SCREENS)}
    DEFAULT_MODE = "start"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "Help", tooltip="What this screen is for, and its keys"),
        Binding(
            "ctrl+q", "quit", "Quit", tooltip="Quit at once; running work ends, and what it leaves is said"
        ),
        # Second ways: some terminals keep Ctrl+P for themselves.
        Binding("colon", "command_palette", "Commands", show=False, tooltip="Find a command by its name"),
        Binding(
            "g,ctrl+underscore", "jump", "Jump", show=False, tooltip="A letter over every field: go there"
        ),
        Binding(
            "C,f11", "change_theme", "Themes", show=False, tooltip="Choose the colours, and see them at once"
        ),
        *(
            Binding(f"{n},f{n + 1}", f"station('{mode}')", title, show=False, tooltip=f"Go to {title}")
            for n, (mode, title) in enumerate(STATIONS, 1)
        ),
        Binding("8,f9", "station('lab')", "Precision lab", show=False, tooltip="Go to the precision lab"),
        Binding("9,f10", "station('deployed')", "Deployed", show=False, tooltip="Go to what is deployed"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.deployment: Deployment | None = None
        self.jobs: dict[tuple[str, str], Job[Any]] = {}
        self._chat: ChatSession | None = None
        self.environment_state = "waiting"
        self.measured = Measured()
        self.up = False
        # What is said in the terminal once the screens are gone.
        self.last_words: tuple[str, ...] = ()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self._pump_timer: Timer | None = None
        self.looks = Looks(self)
        self._problems = self.looks.load()

    # Start and end

    def on_mount(self) -> None:
        """Say what is wrong with the user's own files, and go on without them."""
        self._event_loop = asyncio.get_running_loop()
        self.say(self._problems)
        self.looks.begin()
        self._load_keys()
        self._pump_timer = self.set_interval(PUMP_SECONDS, self._pump, pause=True)

    def _load_keys(self) -> None:
        """Take the user's keys; which of them cannot be is found out beside, for it takes all the screens."""
        keys, wrong = keymap.load()
        self.say(wrong)
        if keys:
            self.set_keymap(keys)
            self.run_worker(partial(self._check_keys, keys), thread=True, exit_on_error=False)

    def _check_keys(self, keys: dict[str, str]) -> None:
        self.call_from_thread(self.say, problems(keys, table()))

    def say(self, failures: Iterable[Failure]) -> None:
        """Say what is wrong with the user's own files."""
        for failure in failures:
            self.notify(f"{failure.cause}\n{failure.fix}", severity="warning", markup=False, timeout=10)

    def on_ready(self) -> None:
        """The first frame can be drawn."""
        self.up = True
        if isinstance(self.screen, StationScreen):
            self.screen.begin()

    def on_unmount(self) -> None:
        self.looks.end()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every drawn line goes through: Textual's filters, and ours."""
        return [*super().get_line_filters(), *self.looks.filters]

    async def action_quit(self) -> None:
        """End every child, then leave."""
        running = [job for job in self.jobs.values() if job.running]
        ends = [job.stop_now for job in running]
        if self._chat is not None:
            ends.append(self._chat.close_all)
        await asyncio.gather(*(asyncio.to_thread(end) for end in ends))
        self.last_words = tuple(text for job in running for text in _left_behind(job))
        self.exit(0)

    def asked_to_end(self, *_: object) -> None:
        """A signal: leave as Ctrl+Q does, with the terminal as it was."""
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(self.call_later, self.action_quit)

    # Jobs

    def start_job(
        self,
        station: str,
        service: Callable[[Cancel], Service[Result]],
        on_done: Callable[[Result], None] | None = None,
    ) -> Job[Result]:
        """Run a service in a thread; a station has one job at a time."""
        running = self.job(station)
        if running is not None and running.running:
            return running
        job = Job(station, service, on_done)
        self.jobs[self._job_key(station)] = job
        gc.set_threshold(*_HARDLY_EVER)
        job.start()
        if self._pump_timer is not None:
            self._pump_timer.resume()
        self._tell(JobChanged(job, []))
        return job

    def job(self, station: str) -> Job[Any] | None:
        """The station's last job for the deployment in hand."""
        return self.jobs.get(self._job_key(station))

    def _job_key(self, station: str) -> tuple[str, str]:
        """A job belongs to a deployment; what is about the machine belongs to none."""
        name = self.deployment.name if self.deployment and station not in OF_NO_MODEL else ""
        return station, name

    def _pump(self) -> None:
        """Hand what the jobs' threads have collected to the shown screen."""
        busy = False
        for job in [job for job in self.jobs.values() if job.running]:
            events = job.take()
            busy = busy or job.running
            if events is None:
                continue
            if job.state == "done" and job.on_done is not None:
                job.on_done(job.result)
            if job.station in _CALLS_BACK and job.state in ("done", "failed"):
                self._call_back(job)
            self._tell(JobChanged(job, events))
        if not busy and self._pump_timer is not None:
            self._pump_timer.pause()
            self.set_timer(_QUIET_SECONDS, self._collect_again)

    def _collect_again(self) -> None:
        if not any(job.running for job in self.jobs.values()):
            gc.set_threshold(*_COLLECTOR)

    def _call_back(self, job: Job[Any]) -> None:
        """Such a job takes long enough to look elsewhere meanwhile."""
        from slmtui.tui.attention import call

        what = _CALLS_BACK[job.station]
        words = f"The {what} is done." if job.state == "done" else f"The {what} has failed."
        call(self, "slmtui", words)
        if self.current_mode != job.station:
            self.notify(words, severity="information" if job.state == "done" else "error")

    def _tell(self, message: JobChanged) -> None:
        screen = next((s for s in reversed(self.screen_stack) if not s.is_modal), None)
        if screen is not None:
            screen.post_message(message)

    # The deployment

    def use(self, deployment: Deployment | None) -> None:
        """Work on this deployment from now on."""
        changed = (deployment and deployment.name) != (self.deployment and self.deployment.name)
        self.deployment = deployment
        if changed and self._chat is not None:
            threading.Thread(target=self._chat.close_all, daemon=True).start()
            self._chat = None
        if deployment is not None:
            looking = partial(self._look_measured, deployment)
            self.run_worker(looking, thread=True, group="measured", exit_on_error=False)

    def _look_measured(self, deployment: Deployment) -> None:
        found = look(deployment)
        self.call_from_thread(self.note_measured, deployment.name, found)

    def note_measured(self, name: str, found: Measurements) -> None:
        """What was measured of a deployment's model is known now: the rail says it."""
        self.measured.note(name, found)
        for screen in self.screen_stack:
            for rail in screen.query(Rail):
                rail.refresh_states()

    @property
    def chat(self) -> ChatSession:
        """The conversation with this deployment's model."""
        if self._chat is None:
            from slmtui.tui.chat_session import ChatSession

            self._chat = ChatSession()
        return self._chat

    def at_work(self) -> str:
        """The title of the station whose job uses the tool chain's packages right now, if one does."""
        busy = {mode for (mode, _), job in self.jobs.items() if job.running}
        if busy & {"serve", "deployed"}:
            return "Deployed models"
        if "lab" in busy:
            return "Precision lab"
        using = busy & {"convert", "deploy", "chat", "validate"}
        return next((title for mode, title in STATIONS if mode in using), "")

    def free_runtime(self) -> None:
        """End the model host: Windows replaces no file that a process has open (blocks for a moment)."""
        if self._chat is not None:
            self._chat.close_all()

    def finished(self, deployment: Deployment) -> None:
        """A job has brought a deployment further; another one may be in hand by now."""
        if self.deployment is not None and self.deployment.name == deployment.name:
            self.use(deployment)

    def look_again(self) -> None:
        """What was deleted behind our back is no longer there."""
        if self.deployment is not None:
            from slmtui import pipeline

            self.deployment = pipeline.as_it_stands(self.deployment)

    def reload_deployment(self) -> None:
        """Read it again after a job has recorded a failure in its file."""
        if self.deployment is not None and self.deployment.path.exists():
            self.deployment = deployments.load(self.deployment.name)

    def station_state(self, mode: str) -> str:
        """A station's state for the rail: waiting, ready, running, verified or failed."""
        job = self.job(mode)
        if job is not None and job.running and mode != "chat":
            return "running"
        if mode == "environment":
            return self.environment_state
        if self.deployment is None:
            return "ready" if mode == "start" else "waiting"
        if mode == "validate":
            return self.measured.state(self.deployment)
        station = STATION_OF[mode]
        state = self.deployment.step(station).state
        if state == "waiting" and self.deployment.next_station() == station:
            return "ready"
        return state

    def next_mode(self) -> str:
        """The screen where the deployment goes on."""
        if self.deployment is None:
            return "start"
        station = self.deployment.next_station()
        return next((mode for mode, s in STATION_OF.items() if s == station), "chat")

    # Actions

    def action_station(self, mode: str) -> None:
        """Show a station's screen."""
        if mode != self.current_mode:
            self.switch_mode(mode)

    def action_jump(self) -> None:
        """Put a letter over everything that can have the focus, and go to the one that is pressed."""
        from slmtui.tui.screens.jump import JumpScreen

        below = self.screen
        if not isinstance(below, JumpScreen):
            self.push_screen(JumpScreen(below), lambda chosen: below.set_focus(chosen or below.focused))

    def action_help(self) -> None:
        """Explain the shown screen."""
        from slmtui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def action_change_theme(self) -> None:
        """Choose a theme while looking at it."""
        from slmtui.tui.screens.themes import ThemesScreen

        if not isinstance(self.screen, ThemesScreen):
            self.push_screen(ThemesScreen())

    def copy_to_clipboard(self, text: str) -> None:
        """Copy through the terminal (OSC 52) and through the system's clipboard, whichever works."""
        super().copy_to_clipboard(text)
        threading.Thread(target=_system_copy, args=(text,), daemon=True).start()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: Textual's commands, the stations, and everything the shown screen's keys do."""
        yield from super().get_system_commands(screen)
        for mode, title in (*STATIONS, *SIDE_SCREENS):
            yield SystemCommand(
                f"Go to {title}", f"Show the {title} screen", lambda m=mode: self.action_station(m)
            )
        for active in screen.active_bindings.values():
            binding = active.binding
            if active.node is screen and binding.description and active.enabled:
                yield SystemCommand(
                    binding.description,
                    binding.tooltip or binding.description,
                    partial(screen.call_later, screen.run_action, binding.action),
                )


def _system_copy(text: str) -> None:
    import pyperclip

    try:
        pyperclip.copy(text)
    except pyperclip.PyperclipException:
        return  # no clipboard program here: the terminal's own way was tried already


def _left_behind(job: Job[Any]) -> Iterator[str]:
    """What a fix that was ended by quitting has changed by then: no screen is left to say it."""
    from slmtui.environment.mend import StateLeft

    for event in job.take() or ():
        if isinstance(event, StateLeft) and event.changed:
            yield event.text


def run_app() -> int:
    """Open slmtui; returns the exit code."""
    app = SlmtuiApp()

    def end(*_: object) -> None:
        app.asked_to_end()
        threading.Thread(target=_end_by_force, name="last resort", daemon=True).start()

    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
    app.run()
    for text in app.last_words:
        print(plain(text), file=sys.stderr)
    return app.return_code or 0


def _end_by_force() -> None:
    """End what has not ended by itself: Textual waits forever to draw on a terminal that was closed."""
    import psutil

    from slmtui.process import end_tree

    time.sleep(PATIENCE_SECONDS)
    for child in psutil.Process().children():
        end_tree(child.pid)
    os._exit(1)
