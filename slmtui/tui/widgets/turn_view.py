"""One question, its answer as it comes, and what it cost; with the focus it has keys of its own."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from slmtui.runtime.conversation import Turn
from slmtui.runtime.neutral import neutral
from slmtui.tui.chat_words import figures_line
from slmtui.tui.commands import Commands
from slmtui.tui.format import MUTED, icon
from slmtui.tui.two_steps import Grows
from slmtui.tui.widgets.answer_text import AnswerText
from slmtui.tui.widgets.blank import Blank

# Of a longer question its beginning is shown: nobody reads 100,000 pasted characters here.
QUESTION_SHOWN = 1_200
_LINES_SHOWN = 12


class _Body(Blank, Grows, Vertical):
    """What grows of it."""


class TurnView(Commands, Blank, Grows, Vertical, can_focus=True):
    """A turn; `j` and `k` go to the ones around it, letters do something with it."""

    DEFAULT_CSS = """
    TurnView {
        height: auto;
        margin-bottom: 1;
        .turn-body { height: auto; }
        .question { background: $boost; padding: 0 1; border-left: thick $primary; height: auto; }
        .figures, .turn-notes { padding: 0 1; height: auto; }
        .forgotten-line {
            height: auto;
            color: $text-warning;
            text-align: center;
            margin-bottom: 1;
            display: none;
        }
        &.-forgotten .question {
            background: $background;
            border-left: thick $border-blurred;
            color: $text-muted;
        }
        .question.-in-hand { border-left: thick $accent; background: $accent 20%; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "want('edit')", "Edit", tooltip="Change the question and go on from there"),
        Binding("r", "want('regenerate')", "Again", tooltip="Answer the question again; later turns go"),
        Binding("d,delete", "want('delete')", "Delete", tooltip="Delete the turn"),
        Binding("c", "want('copy')", "Copy", tooltip="Copy the answer"),
        Binding("b", "want('copy_code')", "Copy code", tooltip="Copy a code block, the next one each time"),
        Binding("t", "fold", "Thinking", tooltip="Unfold or fold the thinking"),
        Binding("y", "want('right')", "Right", tooltip="This answer is right, for a test suite"),
        Binding("x", "want('expected')", "Should be", tooltip="Say what the answer should have been"),
        Binding("s", "want('suite')", "To suite", tooltip="Add the answer, as judged, to the model's suite"),
        Binding("u", "want('undo')", "Undo", show=False, tooltip="Take back the last change of turns"),
        Binding("k,left_square_bracket", "want('above')", "Turn above", show=False),
        Binding("j,right_square_bracket", "want('below')", "Turn below", show=False),
        Binding("escape,i", "want('leave')", "Question", show=False, tooltip="Back to the question"),
    ]

    class Wanted(Message):
        """A key asks for something to be done with the turn."""

        def __init__(self, deed: str, index: int) -> None:
            super().__init__()
            self.deed = deed
            self.index = index

    def __init__(self, index: int, turn: Turn) -> None:
        super().__init__()
        self.index = index
        self.turn = turn
        self._question: str | None = None
        self._shown: tuple[object, ...] = ()
        self._rests = False
        # Kept at hand: a query would look at every block of the answer.
        self._body = _Body(classes="turn-body")
        self._forgotten = Static(classes="forgotten-line")
        self._asked = Static(classes="question", markup=False)
        self._answer = AnswerText()
        self._notes = Static(classes="turn-notes")
        self._figures = Static(classes="figures")

    def compose(self) -> ComposeResult:
        with self._body:
            yield self._forgotten
            yield self._asked
            yield self._answer
            yield self._notes
            yield self._figures

    async def show(self, turn: Turn, text: str, *, growing: bool = False, loop: int = 0) -> None:
        """Show the turn with `text` as its answer, which is `growing` while the model speaks."""
        shown = (turn, text, growing, loop)
        if shown == self._shown:
            return
        self.turn, self._shown = turn, shown
        self.rest(False)
        if turn.question != self._question:
            self._question = turn.question
            self._asked.update(question_shown(turn.question))
        await self._answer.show(text, not growing)
        self._set(self._notes, _notes(turn, growing, loop))
        self._set(self._figures, _ending(turn, growing))

    def watch_has_focus(self, has_focus: bool) -> None:
        """The question alone shows it; Textual would look up the styles of all that the turn consists of."""
        self._asked.set_class(has_focus, "-in-hand")

    def rest(self, rests: bool) -> None:
        """Out of sight it is an empty box of its height.

        Textual lays every widget out again when an answer grows, whether it can be seen or not, and a few
        turns of Markdown are hundreds of them.
        """
        if rests != self._rests:
            self._rests = rests
            self.styles.height = self.size.height if rests else "auto"
            self._body.display = not rests

    def wake(self) -> None:
        """At another width it has another height."""
        self.rest(False)

    def show_forgotten(self, index_of_first: int) -> None:
        """Whether the model still sees this turn; the first that it sees has the line above it."""
        self.set_class(self.index < index_of_first, "-forgotten")
        line = self._forgotten
        first = self.index == index_of_first > 0
        if line.display != first:
            self.rest(False)
            line.display = first
        if first:
            turns = "the turn" if index_of_first == 1 else f"the {index_of_first} turns"
            line.update(f"── the model no longer sees {turns} above ──")

    def _set(self, place: Static, content: Content | None) -> None:
        place.display = content is not None
        if content is not None and place.content != content:
            place.update(content)

    def action_want(self, deed: str) -> None:
        """A key was pressed."""
        self.post_message(self.Wanted(deed, self.index))

    def action_fold(self) -> None:
        """Unfold the thinking, or fold it again."""
        self._answer.fold()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key is offered that has nothing to do."""
        if not self._answer.is_attached:
            return False
        if action == "fold":
            return self._answer.thinks
        if parameters == ("copy_code",):
            return bool(self._answer.code_blocks)
        if parameters and parameters[0] in ("copy", "right", "expected", "suite"):
            return bool(self.turn.text)
        return True


def question_shown(question: str) -> Content:
    """A question as it stands above its answer: the beginning of a very long one."""
    lines = neutral(question).splitlines()
    shown = "\n".join(lines[:_LINES_SHOWN])[:QUESTION_SHOWN]
    if len(shown) == len("\n".join(lines)):
        return Content(shown)
    counted = f"{len(question):,} characters"
    counted += f" on {len(lines):,} lines" if len(lines) > 1 else ""
    return Content.assemble(shown, ("\n… " + counted + " in all", MUTED))


def _notes(turn: Turn, growing: bool, loop: int) -> Content | None:
    """Why it broke off, that it repeats itself, and what the user thinks of it."""
    parts: list[Content] = []
    if loop or (turn.answer is not None and turn.answer.finish_reason == "loop"):
        words = "It repeats itself; Esc stops it." if growing else "It repeats itself."
        parts.append(Content.assemble(icon("warn"), " ", words))
    problem = turn.problem
    if problem is not None and not growing:
        parts.append(Content.assemble(("✗ ", "$text-error bold"), (neutral(problem.cause), "bold")))
        if problem.fix:
            parts.append(Content.assemble(("→ ", "$text-accent"), neutral(problem.fix)))
        if problem.log:
            parts.append(Content.styled(f"log {neutral(problem.log)}", MUTED))
    if turn.right:
        parts.append(Content.assemble(icon("ok"), " right"))
    elif turn.right is False:
        expected = " ".join(neutral(turn.expected).split())
        parts.append(
            Content.assemble(icon("fail"), " should have been: ", (expected or "something else", MUTED))
        )
    return Content("\n").join(parts) if parts else None


def _ending(turn: Turn, growing: bool) -> Content | None:
    if growing or turn.answer is None:
        if not growing and turn.open:
            return Content.styled("not answered", MUTED)
        return None
    return figures_line(turn.answer)
