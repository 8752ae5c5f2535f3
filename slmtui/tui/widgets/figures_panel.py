"""The figures: of the model's process as it runs, of the last answer, and over the session."""

from __future__ import annotations

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Sparkline, Static

from slmtui.runtime.client import ModelHost
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.figures import over
from slmtui.runtime.watching import Cores
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.chat_words import answer_rows, cores, memory, parameter_rows, session_rows
from slmtui.tui.from_thread import tell
from slmtui.tui.widgets.facts import Facts
from slmtui.units import duration


class FiguresPanel(Vertical):
    """`show` brings the answers up to date, `sample` the process; call that once a second."""

    DEFAULT_CSS = """
    FiguresPanel {
        height: auto;
        Sparkline { height: 1; margin: 0; width: 1fr; display: none; }
        .plot-name { color: $text-muted; height: 1; display: none; text-wrap: nowrap; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._cores = Cores()
        self._looking = False

    def compose(self) -> ComposeResult:
        yield Static("Model", classes="section")
        yield Facts(id="model-facts")
        yield from _plot("memory", "memory over time")
        yield from _plot("cpu", "CPU over time")
        yield Static("Last answer", classes="section", id="answer-title")
        yield Facts(id="answer-facts")
        yield Static("Session", classes="section", id="session-title")
        yield Facts(id="session-facts")
        yield from _plot("first", "first token, each answer")
        yield from _plot("speed", "tokens per second, each answer")
        yield Static("Parameters", classes="section", id="parameters-title")
        yield Facts(id="parameter-facts")

    def show(self, session: ChatSession) -> None:
        """Show the figures of the answers there are."""
        answers = session.conversation.answers
        broken = bool(answers) and session.turns[-1].answer is None and not session.answering
        self.query_one("#answer-title", Static).update("Last whole answer" if broken else "Last answer")
        self.query_one("#answer-facts", Facts).show(
            answer_rows(answers[-1]) if answers else [("", "none yet")]
        )
        title = self.query_one("#session-title", Static)
        title.display = len(answers) > 1
        title.update(f"All {len(answers)} answers")
        self.query_one("#session-facts", Facts).show(session_rows(over(answers)) if len(answers) > 1 else [])
        spoken = [answer for answer in answers if answer.completion_tokens]
        self._plot("first", [answer.ttft_seconds for answer in spoken])
        self._plot("speed", [answer.decode_tokens_per_second for answer in spoken])

    def show_parameters(self, conversation: Conversation) -> None:
        """Show how the next answer is made."""
        self.query_one("#parameter-facts", Facts).show(parameter_rows(conversation))

    def sample(self, session: ChatSession) -> None:
        """Take a sample of the process, in a thread: it reads a file of each process of the machine."""
        host = session.host
        if host is None or not host.alive:
            self.query_one("#model-facts", Facts).show([("", "not loaded")])
        elif not self._looking:
            self._looking = True
            self._look(session, host)

    @work(thread=True, group="sample")
    def _look(self, session: ChatSession, host: ModelHost) -> None:
        usage, busy = host.usage(), self._cores.percent()
        self._looking = False
        tell(self, self._show_process, session, host, usage, busy)

    def _show_process(
        self, session: ChatSession, host: ModelHost, usage: tuple[int, float], busy: tuple[float, ...]
    ) -> None:
        """The sample with those from before."""
        rss, cpu = usage
        session.usage.append((rss, cpu))
        # A copy: another thread that ends the host forgets them, at any moment.
        seen = list(session.usage) or [(rss, cpu)]
        self._cores = Cores()
        answers = session.conversation.answers
        seconds = session.loaded.seconds if session.loaded else answers[-1].load_seconds if answers else 0.0
        peak = max([*(used for used, _ in seen), *(a.peak_rss_bytes for a in answers[-1:])])
        self.query_one("#model-facts", Facts).show(
            [
                ("engine", host.title),
                ("loaded in", duration(seconds) if seconds else ""),
                ("memory", memory(rss, peak)),
                ("CPU", f"{cpu:.0f} %"),
                ("cores", cores(busy)),
            ]
        )
        self._plot("memory", [used for used, _ in seen])
        self._plot("cpu", [percent for _, percent in seen])

    def _plot(self, name: str, values: list[float] | list[int]) -> None:
        """A plot of one value would say nothing."""
        plot = self.query_one(f"#plot-{name}", Sparkline)
        plot.display = self.query_one(f"#plot-{name}-name").display = len(values) > 1
        if plot.display:
            plot.data = [0, *values]  # else the least of them would be drawn as nothing


def _plot(name: str, title: str) -> ComposeResult:
    yield Static(title, classes="plot-name", id=f"plot-{name}-name")
    yield Sparkline([], summary_function=max, id=f"plot-{name}")
