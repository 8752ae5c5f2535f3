"""The panel beside the talk: figures and parameters; greedy with one key, tuning on request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from slmtui.events import Cancel, Service
from slmtui.runtime.tuning import Tuning
from slmtui.tui.chat_words import rate
from slmtui.tui.jobs import Job
from slmtui.tui.screens.chat_base import ChatBase
from slmtui.tui.widgets.figures_panel import FiguresPanel
from slmtui.tui.widgets.parameter_panel import ParameterPanel


class ChatPanel(ChatBase):
    """In a narrow terminal the panel takes the place of the talk while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "panel", "Parameters", tooltip="Parameters, then figures; Esc goes back"),
        Binding("f12", "greedy", "Greedy", show=False, tooltip="Take the likeliest token each time, or not"),
        Binding(
            "shift+f8,f20",
            "tune",
            "Tune",
            show=False,
            tooltip="Measure which runtime options are fastest here",
        ),
    ]

    @property
    def _panel_open(self) -> bool:
        return self.query_one("#chat").has_class("-panel")

    def action_panel(self) -> None:
        """Go to the parameters; from there to the figures; from there back."""
        chat, parameters = self.query_one("#chat"), self.query_one(ParameterPanel)
        figures = self.query_one(FiguresPanel)
        if not self._panel_open:
            chat.add_class("-panel")
            parameters.query("Input").first().focus()
            self.call_after_refresh(parameters.scroll_visible, animate=False, top=True)
        elif parameters.has_focus_within:
            self.set_focus(None)
            figures.scroll_visible(animate=False, top=True)
            chat.add_class("-figures")
        else:
            self.close_panel()

    def close_panel(self) -> bool:
        """Back to the talk; False if the panel was not open."""
        was_open = self._panel_open
        self.query_one("#chat").remove_class("-panel", "-figures")
        if was_open:
            self.query_one("#question").focus()
            self.query_one("#side").scroll_home(animate=False)
        return was_open

    @on(ParameterPanel.Changed)
    def _parameters_changed(self, message: ParameterPanel.Changed) -> None:
        session = self.session
        session.conversation = dataclasses.replace(session.conversation, **message.changes)
        self.show_parameters()

    @on(ParameterPanel.Reset)
    def _parameters_reset(self) -> None:
        self._set(parameters=self.session.defaults)
        self.notify("The parameters are the model's own.", timeout=3)

    def _set(self, **changes: Any) -> None:
        self.session.conversation = dataclasses.replace(self.session.conversation, **changes)
        self.show_parameters()

    def action_greedy(self) -> None:
        """Take the likeliest token each time; once more: sample again."""
        if self.session.toggle_greedy():
            words = "Greedy: the next answers take the likeliest token each time."
        else:
            temperature = self.session.conversation.parameters.temperature
            words = f"The next answers are sampled, temperature {temperature:g}."
        self.show_parameters()
        self.notify(words, timeout=3)

    @on(ParameterPanel.Tune)
    def action_tune(self) -> None:
        """Measure which runtime options are fastest on this machine."""
        self._with_the_model(self.session.tune)

    @on(ParameterPanel.Untune)
    def _untune(self) -> None:
        words = "The runtime options are the model's own again."
        self._with_the_model(self.session.untune, lambda _: self.notify(words, timeout=4))

    def _with_the_model(
        self, service: Callable[[Cancel], Service[Any]], on_done: Callable[[Any], None] | None = None
    ) -> None:
        """Do something with the model that is loaded, unless it is at work."""
        job = self.slmtui.job(self.MODE)
        if job is not None and job.running:
            self.notify("Esc stops what runs first.", timeout=2)
        elif self.session.target is not None:
            self.slmtui.start_job(self.MODE, service, on_done)
            self.show_action()

    def tuned(self, job: Job[Any]) -> None:
        """A job has ended: if it was the tuning, say what it has found."""
        found = job.result
        if job.running or not isinstance(found, Tuning):
            return
        if found.changed:
            words = f"Tuned: {rate(found.after)} in place of {rate(found.before)}; kept for this model."
        else:
            words = f"Tuned: the model's own options are the fastest here, {rate(found.before)}."
        self.notify(words, timeout=8)
        job.result = None
        self.slmtui.start_job(self.MODE, self.session.load)
