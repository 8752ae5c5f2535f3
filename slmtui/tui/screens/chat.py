"""Chat: talk to the deployed model, and see what every answer cost."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static
from textual.widgets.markdown import MarkdownStream

from slmtui import pipeline
from slmtui.events import Cancel, Failure, Service
from slmtui.runtime.client import Answer, Token
from slmtui.tui.chat_session import ChatSession, Turn
from slmtui.tui.format import MUTED, safe
from slmtui.tui.jobs import Job, JobChanged
from slmtui.tui.station_screen import StationScreen
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.prompt_area import PromptArea
from slmtui.tui.widgets.verdicts import FailurePanel
from slmtui.units import duration, size

# Each kind of Markdown block brings a style sheet that Textual parses when the first one is shown: 0.1 s in
# the middle of an answer. A hidden text that has them all pays for that when the screen is opened.
_EVERY_BLOCK = "# h\n\ntext\n\n- a\n\n1. b\n\n> q\n\n```python\npass\n```\n\n| a |\n|---|\n| b |\n\n---\n"


class TurnView(Vertical):
    """One question, its answer as it comes, and the figures below it."""

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        self.turn = turn
        self._stream: MarkdownStream | None = None

    def compose(self) -> ComposeResult:
        yield Static(safe(self.turn.question), classes="question", markup=False)
        yield Markdown(safe(self.turn.text), classes="answer", open_links=False)
        yield FailurePanel()
        yield Static(classes="figures")

    def on_mount(self) -> None:
        self.show_end()

    async def add(self, text: str) -> None:
        """Append a piece of the answer."""
        if self._stream is None:
            self._stream = Markdown.get_stream(self.query_one(Markdown))
        await self._stream.write(safe(text))

    async def finish(self) -> None:
        """The answer is complete: show its figures."""
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None
        self.show_end()

    def show_end(self) -> None:
        """Figures or failure, whichever there is."""
        self.query_one(FailurePanel).show(self.turn.failure)
        answer = self.turn.answer
        self.query_one(".figures", Static).update(_figures(answer) if answer else "")


def _figures(answer: Answer) -> Content:
    """What an answer cost, on one line."""
    if not answer.completion_tokens:
        return Content.styled("stopped before the first token", MUTED)
    # How it ended comes first: at 80 columns the end of the line may not be seen.
    endings = {"stop": "", "stop_string": "", "cancelled": "stopped  "}
    ending = endings.get(answer.finish_reason, "reached the limit  ")
    return Content.styled(
        f"{ending}first token {seconds_short(answer.ttft_seconds)}  "
        f"{answer.decode_tokens_per_second:.0f} tok/s  {answer.completion_tokens} tokens  "
        f"{size(answer.peak_rss_bytes)}",
        MUTED,
    )


def seconds_short(value: float) -> str:
    """Milliseconds below a second, else seconds."""
    return f"{value * 1000:.0f} ms" if value < 1 else duration(value)


class ChatScreen(StationScreen):
    """The smoke test of the whole path."""

    MODE = "chat"
    HEADING = "Chat"
    CSS_PATH = "chat.tcss"
    SCROLLS = False
    HELP = """\
## Chat

Talks to the deployed model through ONNX Runtime GenAI, in a process of its own. Type a question and press
Enter. The whole conversation stays in the model's KV cache, so later turns start as fast as the first.

* **first token**: from the request to the first token of the answer (time to first token).
* **tok/s**: tokens per second after the first one.
* **memory**: resident memory of the model's process, now and at its peak.

Temperature, top-p and repetition penalty come from the model's `inference_model.json`.
"""
    BINDINGS = [
        Binding("ctrl+r", "regenerate", "Regenerate", tooltip="Answer the last question once more"),
        Binding("ctrl+y", "copy_answer", "Copy answer", tooltip="Copy the last answer"),
        Binding("ctrl+l", "clear", "New chat", tooltip="Start a new conversation with the same model"),
    ]

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="chat"):
            with Vertical(id="talk"):
                yield FailurePanel(id="chat-failure")
                yield VerticalScroll(id="turns")
                yield Markdown(_EVERY_BLOCK, id="warm")
                yield PromptArea(id="question")
            with Vertical(id="side"):
                yield Static("Model", classes="section")
                yield Facts(id="model-facts")
                yield Static("Last answer", classes="section")
                yield Facts(id="answer-facts")
                yield Static("Parameters", classes="section")
                yield Facts(id="parameter-facts")

    def body_ready(self) -> None:
        self.query_one("#turns", VerticalScroll).anchor()
        self.set_interval(1.0, self._show_usage)

    @property
    def session(self) -> ChatSession:
        """The app's conversation."""
        return self.slmtui.chat

    def show_state(self) -> None:
        super().show_state()
        self.query_one("#chat-failure", FailurePanel).show(None)
        deployment = self.slmtui.deployment
        question = self.query_one("#question", PromptArea)
        target, failure = None, None
        if deployment is not None:
            try:
                target = pipeline.chat_target(deployment)
            except Failure as problem:
                failure = problem
        question.disabled = target is None
        if target is None:
            self.query_one("#chat-failure", FailurePanel).show(failure)
            self.set_primary(
                "Choose a model" if deployment is None else "Go there",
                "There is no converted model to talk to yet.",
            )
            return
        self.session.prepare(target)
        self._show_turns()
        self._show_facts()
        if self.session.loaded is None and not self._busy():
            self.slmtui.start_job(self.MODE, self.session.load)
        assert deployment is not None
        if not self.session.turns and not question.text:
            question.text = pipeline.first_question(deployment)
            question.select_all()
        question.focus()
        self._show_action()

    def _busy(self) -> bool:
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    def _show_turns(self) -> None:
        """Show the conversation of this session, if another one is on the screen."""
        turns = self.query_one("#turns", VerticalScroll)
        if [view.turn for view in turns.query(TurnView)] != self.session.turns:
            turns.remove_children()
            turns.mount_all([TurnView(turn) for turn in self.session.turns])

    def _show_action(self) -> None:
        answering = self._busy() and bool(self.session.turns) and self.session.turns[-1].answer is None
        if self._busy() and not answering:
            self.set_primary("Send", "Loading the model; you can type already.", focus=False)
        elif answering:
            self.set_primary("Stop", "Esc stops the answer.", focus=False)
        else:
            self.set_primary("Send", "Enter sends, Ctrl+J makes a new line.", focus=False)

    def _show_facts(self) -> None:
        parameters = self.session.parameters
        self.query_one("#parameter-facts", Facts).show(
            [
                ("temperature", f"{parameters.temperature:g}"),
                ("top-p", f"{parameters.top_p:g}"),
                ("repetition", f"{parameters.repetition_penalty:g}"),
                ("max tokens", f"{parameters.max_tokens}"),
            ]
        )
        answers = [turn.answer for turn in self.session.turns if turn.answer is not None]
        self.query_one("#answer-facts", Facts).show(
            _answer_rows(answers[-1]) if answers else [("", "none yet")]
        )
        self._show_usage()

    def _show_usage(self) -> None:
        if not self.is_current or self.session.host is None or self.session.loaded is None:
            return
        rss, cpu = self.session.host.usage()
        loaded = self.session.loaded
        peak = max((turn.answer.peak_rss_bytes for turn in self.session.turns if turn.answer), default=rss)
        self.query_one("#model-facts", Facts).show(
            [
                ("loaded in", duration(loaded.seconds)),
                ("context", f"{loaded.context_length:,} tokens"),
                ("memory", f"{size(rss)}, peak {size(max(peak, rss))}"),
                ("CPU", f"{cpu:.0f} %"),
            ]
        )

    # Asking

    @on(PromptArea.Submitted)
    def _submitted(self, event: PromptArea.Submitted) -> None:
        self._ask(event.text)

    def proceed(self) -> None:
        question = self.query_one("#question", PromptArea)
        if question.disabled:
            self.go(self.slmtui.next_mode())
        elif self._busy() and self.session.turns and self.session.turns[-1].answer is None:
            self.action_leave()
        else:
            self._ask(question.text)

    def _ask(self, text: str) -> None:
        if not text.strip():
            return
        if self._busy():
            if self.session.turns and self.session.turns[-1].answer is None:
                self.app.bell()  # the line below says what to do: Esc stops the answer
                return
            self._after_loading(text)
            return
        self._send(Turn(text.strip()))

    def _after_loading(self, text: str) -> None:
        """The load is under way: ask as soon as it is done."""
        job = self.slmtui.job(self.MODE)
        assert job is not None

        def send(_: object) -> None:
            self.call_later(self._send, Turn(text.strip()))

        job.on_done = send

    def _send(self, turn: Turn) -> None:
        self.session.turns.append(turn)
        self.query_one("#question", PromptArea).text = ""
        turns = self.query_one("#turns", VerticalScroll)
        turns.mount(TurnView(turn))
        turns.anchor()
        session = self.session
        self.slmtui.start_job(self.MODE, _asking(session), lambda answer: self._answered(session, answer))
        self._show_action()

    def _answered(self, session: ChatSession, answer: Answer) -> None:
        """The app calls this when the answer is whole, whatever screen is shown."""
        turn = session.turns[-1]
        turn.answer = answer
        turn.text = answer.text
        deployment = self.slmtui.deployment
        if deployment is None or session is not self.slmtui.chat:
            return
        if deployment.next_station() == "runtime":
            self.slmtui.use(pipeline.record_answer(deployment, turn.question, answer))

    async def on_job(self, message: JobChanged) -> None:
        job = message.job
        if job is not self.slmtui.job(self.MODE):
            return
        view = self._last_view()
        text = "".join(event.text for event in message.events if isinstance(event, Token))
        if text and view is not None:
            await view.add(text)
        if not job.running:
            await self._ended(job, view)
        self._show_action()

    async def _ended(self, job: Job[Any], view: TurnView | None) -> None:
        turn = self.session.turns[-1] if self.session.turns else None
        waiting = turn is not None and turn.answer is None and turn.failure is None
        if job.failure is not None:
            self.session.close()
            if turn is not None and waiting:
                turn.failure = job.failure
            else:
                self.query_one("#chat-failure", FailurePanel).show(job.failure)
        if view is not None:
            await view.finish()
        self._show_facts()

    def _last_view(self) -> TurnView | None:
        views = self.query(TurnView)
        return views.last() if views else None

    # Keys

    def action_regenerate(self) -> None:
        """Answer the last question once more."""
        if self._busy():
            self.notify("Esc stops the answer first.", timeout=2)
        if self._busy() or not self.session.turns:
            return
        turn = self.session.turns.pop()
        view = self._last_view()
        if view is not None:
            view.remove()
        self._send(Turn(turn.question))

    def action_copy_answer(self) -> None:
        """Copy the last answer."""
        texts = [turn.text for turn in self.session.turns if turn.text]
        if texts:
            self.app.copy_to_clipboard(texts[-1])
            self.notify("The answer is copied.")

    def action_clear(self) -> None:
        """Start a new conversation."""
        if not self._busy():
            self.session.turns.clear()
            self.query_one("#turns").remove_children()
            self._show_facts()


def _asking(session: ChatSession) -> Any:
    def ask(cancel: Cancel) -> Service[Answer]:
        return session.ask(cancel)

    return ask


def _answer_rows(answer: Answer) -> list[tuple[str, str]]:
    return [
        ("first token", seconds_short(answer.ttft_seconds)),
        ("speed", f"{answer.decode_tokens_per_second:.1f} tok/s"),
        ("prompt", f"{answer.prompt_tokens} tokens, {answer.cached_tokens} cached"),
        ("answer", f"{answer.completion_tokens} tokens"),
        ("took", seconds_short(answer.seconds)),
    ]
