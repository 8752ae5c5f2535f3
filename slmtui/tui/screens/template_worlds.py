"""What newer runtimes read instead of the template: chat template and search options, written on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Button

from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.tui.from_thread import tell
from slmtui.tui.screens.diff import Answer, DiffScreen
from slmtui.tui.screens.template_text import TemplateText
from slmtui.tui.template_words import same_strings
from slmtui.tui.widgets.rail import Rail
from slmtui.tui.worlds import CHAT_TEMPLATE, SEARCH_OPTIONS, World


class TemplateWorlds(TemplateText):
    """What can be written for newer runtimes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+b",
            "worlds",
            "Both worlds",
            tooltip="Write the chat template that says the same as PromptTemplate",
        ),
        Binding(
            "ctrl+o",
            "original",
            "Original back",
            tooltip="Put back the model's own chat template, or its own search options",
        ),
        Binding(
            "ctrl+s",
            "search_options",
            "Search options",
            show=False,
            tooltip="Write ModelConfig into genai_config.json, or put back what was there",
        ),
    ]

    def _show_action(self) -> None:
        super()._show_action()
        if self._plan is not None:
            self._show_worlds()

    def _show_worlds(self) -> None:
        """Offer what can be done: the chat template that says the same, the model's own again."""
        plan, model = self._plan, self._model
        changed = (
            plan is not None
            and model is not None
            and not (plan.derivation.probes and same_strings(model.prompt_template, plan.derivation.template))
        )
        offered = {"#worlds": changed, "#original": bool(self._written)}
        for name, wanted in offered.items():
            button = self.query_one(name, Button)
            if button.display != wanted:
                button.display = wanted
                self.call_after_refresh(self.refresh_bindings)

    @on(Button.Pressed, "#worlds")
    def action_worlds(self) -> None:
        """Write the chat template that says what PromptTemplate says."""
        self._ask(CHAT_TEMPLATE)

    def action_search_options(self) -> None:
        """Write ModelConfig where newer runtimes read it, or put back what was there."""
        self._ask(SEARCH_OPTIONS)

    @on(Button.Pressed, "#original")
    def action_original(self) -> None:
        """Put the model's own file back, the chat template first."""
        if self._written:
            self._undo(self._written[0])

    def _ask(self, world: World) -> None:
        deployment, text = self.slmtui.deployment, self.text
        if deployment is None:
            return
        if self._model is None:
            self.notify("Mend the file first.", severity="warning")
            return
        try:
            plan = world.plan(deployment, text)
        except Failure as failure:
            self._say(failure)
            return
        written = world.is_written(deployment)  # on the disk now, whatever the screen knows of it yet
        if plan.diff:

            def answered(answer: Answer | None) -> None:
                if answer == "yes":
                    self._do(world.done, lambda: world.write(deployment, plan))
                elif answer == "back":
                    self._undo(world)

            back = "Original back" if written else ""
            self.app.push_screen(DiffScreen(world.title, world.lead, plan.diff, "Write", back), answered)
        elif written:
            self._undo(world)
        else:
            self.notify(f"{world.file} says the same already.")

    def _undo(self, world: World) -> None:
        deployment = self.slmtui.deployment
        if deployment is not None:
            self._do(world.undone, lambda: world.undo(deployment))

    @work(thread=True, group="worlds")
    def _do(self, words: str, deed: Callable[[], Deployment | None]) -> None:
        try:
            deployment = deed()
            self._forget_truth()
        except Failure as failure:
            tell(self, self._say, failure)
        else:
            tell(self, self._done, words, deployment)

    def _done(self, words: str, deployment: Deployment | None) -> None:
        self.notify(words)
        if deployment is not None:
            self.slmtui.use(None)  # a chat that is open has the model as it was
            self.slmtui.use(deployment)
            self.query_one(Rail).refresh_states()
            self._derive(deployment, self.text)

    def _say(self, failure: Failure) -> None:
        self.notify(f"{failure.cause} {failure.fix}".strip(), markup=False, severity="warning", timeout=10)
