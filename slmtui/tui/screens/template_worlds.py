"""What newer runtimes read instead of the template: chat template and search options, written on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Button

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.inference_model import InferenceModel
from slmtui.prompt.station import TemplatePlan
from slmtui.tui.screens.diff import DiffScreen
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.template_words import same_strings


@dataclass(frozen=True, slots=True)
class World:
    """One file that newer runtimes read: what it is for, and how it is written and put back."""

    file: str
    title: str
    lead: str
    done: str
    undone: str
    diff: Callable[[Deployment, str], str]
    write: Callable[[Deployment, str], object]
    undo: Callable[[Deployment], object]
    is_written: Callable[[Deployment], bool]


CHAT_TEMPLATE = World(
    "chat_template.jinja",
    "Write the chat template that says the same",
    "Newer runtimes render the chat template and only show PromptTemplate. This makes the first say what the "
    "second says; the original is kept beside it, and Ctrl+B puts it back.",
    "The chat template says what PromptTemplate says; Ctrl+B puts the model's own back.",
    "The model's own chat template is back.",
    lambda deployment, text: pipeline.sync_plan(deployment, text).diff,
    lambda deployment, text: pipeline.sync_chat_template(deployment, text),
    lambda deployment: pipeline.undo_sync(deployment),
    lambda deployment: pipeline.is_synced(deployment),
)
SEARCH_OPTIONS = World(
    "genai_config.json",
    "Write ModelConfig into the search options",
    "Newer runtimes ignore ModelConfig and take the search options of genai_config.json. This makes them say "
    "the same; the original is kept beside it, and Ctrl+S puts it back.",
    "The search options say what ModelConfig says; Ctrl+S puts the model's own back.",
    "The model's own search options are back.",
    lambda deployment, text: pipeline.search_plan(deployment, text).diff,
    lambda deployment, text: pipeline.write_search_options(deployment, text),
    lambda deployment: pipeline.undo_search_options(deployment),
    lambda deployment: pipeline.has_search_options(deployment),
)


class TemplateWorlds(StationScreen):
    """What can be written for newer runtimes; the screen has the rest."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+b",
            "worlds",
            "Both worlds",
            tooltip="Write the chat template that says the same, or put the model's own back",
        ),
        Binding(
            "ctrl+s",
            "search_options",
            "Search options",
            show=False,
            tooltip="Write ModelConfig into genai_config.json, or put back what was there",
        ),
    ]
    _plan: TemplatePlan | None
    _model: InferenceModel | None
    _synced: bool = False

    @property
    def text(self) -> str:
        """The file as it stands in the editor."""
        raise NotImplementedError

    def _derive_again(self, keep: str) -> None:
        raise NotImplementedError

    def _forget_truth(self) -> None:
        raise NotImplementedError

    def _show_worlds(self) -> None:
        """Offer what can be done: the chat template that says the same, or the model's own again."""
        button = self.query_one("#worlds", Button)
        plan, model = self._plan, self._model
        changed = (
            plan is not None
            and model is not None
            and not (plan.derivation.probes and same_strings(model.prompt_template, plan.derivation.template))
        )
        if button.display != (self._synced or changed):
            button.display = self._synced or changed
            self.call_after_refresh(self.refresh_bindings)
        button.label = "Undo both worlds" if self._synced and not changed else "Both worlds"

    @on(Button.Pressed, "#worlds")
    def action_worlds(self) -> None:
        """Write the chat template that says what PromptTemplate says, or put the model's own back."""
        self._ask(CHAT_TEMPLATE)

    def action_search_options(self) -> None:
        """Write ModelConfig where newer runtimes read it, or put back what was there."""
        self._ask(SEARCH_OPTIONS)

    def _ask(self, world: World) -> None:
        deployment, text = self.slmtui.deployment, self.text
        if deployment is None:
            return
        if self._model is None:
            self.notify("Mend the file first.", severity="warning")
            return
        try:
            diff = world.diff(deployment, text)
            written = world.is_written(deployment)
        except Failure as failure:
            self._say(failure)
            return
        if diff:

            def answered(yes: bool | None) -> None:
                if yes:
                    self._do(world.done, lambda: world.write(deployment, text))

            self.app.push_screen(DiffScreen(world.title, world.lead, diff, "Write"), answered)
        elif written:
            self._do(world.undone, lambda: world.undo(deployment))
        else:
            self.notify(f"{world.file} says the same already.")

    @work(thread=True, exclusive=True, group="worlds")
    def _do(self, words: str, deed: Callable[[], object]) -> None:
        try:
            deed()
            self._forget_truth()
        except Failure as failure:
            self.app.call_from_thread(self._say, failure)
        else:
            self.app.call_from_thread(self._done, words)

    def _done(self, words: str) -> None:
        self.notify(words)
        self._derive_again(self.text)

    def _say(self, failure: Failure) -> None:
        self.notify(f"{failure.cause} {failure.fix}".strip(), markup=False, severity="warning", timeout=10)
