"""The Template screen's truth: asked for in a thread, shown when it is there."""

from __future__ import annotations

from dataclasses import replace

from textual import on, work
from textual.timer import Timer

from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.prompt.inference_model import InferenceModel
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.station import TemplatePlan
from slmtui.prompt.truth import Apart, Truth, all_apart
from slmtui.runtime.parameters import Message
from slmtui.tui.from_thread import tell
from slmtui.tui.screens.template_faces import TemplateFaces
from slmtui.tui.template_words import same_strings
from slmtui.tui.truth_desk import TruthDesk
from slmtui.tui.widgets.truth_view import TruthView

_TYPING_SECONDS = 0.12


class TemplateTruth(TemplateFaces):
    """What can be done with the truth."""

    _plan: TemplatePlan | None
    _model: InferenceModel | None

    def __init__(self, desk: TruthDesk | None = None) -> None:
        super().__init__()
        self._desk = desk or TruthDesk()
        self._model = None
        self._typing: Timer | None = None

    async def _offer_conversations(self, plan: TemplatePlan, deployment: Deployment) -> None:
        """A question the model should know, and the conversations that the derivation was proved with."""
        first = (Message("user", pipeline.first_question(deployment)),)
        rest = ((probe.title, probe.messages) for probe in plan.derivation.probes[1:])
        await self.query_one(TruthView).offer([("a question", first), *rest])

    def turn(self, face: str) -> None:
        super().turn(face)
        self._show_action()
        self._ask_truth()

    def _show_action(self) -> None:
        """Say what comes next, which also the truth has a say in."""

    @on(TruthView.Asked)
    def _asked(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING_SECONDS, self._ask_truth)

    def _ask_truth(self) -> None:
        """Ask, where it is seen: the tokenizers take some seconds and some memory to load."""
        deployment = self.slmtui.deployment
        if self.face != "truth" or self._model is None or deployment is None:
            return
        view = self.query_one(TruthView)
        if not self._desk.loaded:
            view.wait("Loading the tokenizers of transformers and of the runtime…")
        self._look(self._desk.ask(), deployment, view.messages, self._model.prompt_template)

    @work(thread=True, group="truth")
    def _look(
        self, number: int, deployment: Deployment, messages: tuple[Message, ...], template: PromptTemplate
    ) -> None:
        found: Truth | Failure | None
        apart: tuple[Apart, ...] = ()
        try:
            found = self._desk.look(number, deployment, messages, template)
            apart = all_apart(found.made) if found is not None else ()
        except Failure as failure:
            found = failure
        if found is not None:
            tell(self, self._show_truth, found, apart, number)

    def _show_truth(self, found: Truth | Failure, apart: tuple[Apart, ...], number: int) -> None:
        if not self._desk.awaits(number):
            return
        view = self.query_one(TruthView)
        if isinstance(found, Failure):
            view.fail(found)
        else:
            view.show(self._with_reason(found), apart)
        self._show_action()

    def _with_reason(self, truth: Truth) -> Truth:
        """Where the derived strings themselves differ, the reason is what they cannot express."""
        plan, model = self._plan, self._model
        if truth.verdict.status != "warn" or plan is None or model is None or not plan.derivation.probes:
            return truth
        derivation = plan.derivation
        if not derivation.notes or not same_strings(model.prompt_template, derivation.template):
            return truth
        return replace(truth, verdict=replace(truth.verdict, fix=derivation.notes[0]))

    def _forget_truth(self) -> None:
        """The model's files have changed; blocks for a moment."""
        self._desk.close()

    def action_ids(self) -> None:
        """Show the tokens' numbers, or hide them."""
        self.query_one(TruthView).toggle_ids()

    def on_screen_suspend(self) -> None:
        """Another station: the tokenizers' memory is free for it."""
        if self.slmtui.current_mode != self.MODE:
            self.run_worker(self._desk.close, thread=True, group="desk", exit_on_error=False)

    def on_unmount(self) -> None:
        self._desk.close()
