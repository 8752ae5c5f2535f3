"""What can be done with the turns of a conversation: again, go on, edit, delete, judge, copy, take back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from slmtui import pipeline
from slmtui.events import Failure
from slmtui.runtime import conversation as change
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.neutral import neutral
from slmtui.tui.screens.chat_base import ChatBase
from slmtui.tui.screens.judge import Judged, JudgeScreen
from slmtui.tui.widgets.answer_text import AnswerText
from slmtui.tui.widgets.prompt_area import PromptArea
from slmtui.tui.widgets.transcript import Transcript
from slmtui.tui.widgets.turn_view import TurnView


class ChatDeeds(ChatBase):
    """The deeds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "regenerate", "Again", tooltip="Answer the last question once more"),
        Binding("ctrl+g", "go_on", "Go on", tooltip="Go on with an answer that broke off"),
        Binding("ctrl+y", "copy_answer", "Copy", show=False, priority=True, tooltip="Copy the last answer"),
        Binding("ctrl+b", "copy_code", "Copy code", show=False, tooltip="Copy the last code block"),
        Binding("ctrl+z", "undo", "Undo", show=False, tooltip="Take back the last change of turns"),
    ]
    _copied = -1

    @on(TurnView.Wanted)
    def _wanted(self, message: TurnView.Wanted) -> None:
        deeds: dict[str, Callable[[int], None]] = {
            "edit": self._edit,
            "regenerate": self._answer_again,
            "delete": self._delete,
            "copy": lambda index: self._copy(self.session.turns[index].text, "The answer is copied."),
            "copy_code": self._copy_code,
            "right": lambda index: self._judge(index, None if self.session.turns[index].right else True),
            "expected": self._ask_expected,
            "suite": self._to_suite,
            "above": lambda index: self._walk(index - 1),
            "below": lambda index: self._walk(index + 1),
            "undo": lambda _: self.action_undo(),
            "leave": lambda _: self._walk(len(self.session.turns)),
        }
        deeds[message.deed](message.index)

    def _walk(self, index: int) -> None:
        """Go to a turn; below the last one is the question, above the first there is nothing."""
        view = self.query_one(Transcript).view(index) if index >= 0 else None
        if view is not None:
            view.focus()
        elif index >= len(self.session.turns):
            self.query_one("#question").focus()

    # Again, on, and another question

    def action_regenerate(self) -> None:
        """Answer the last question once more."""
        if self.session.turns:
            self._answer_again(len(self.session.turns) - 1)

    def _answer_again(self, index: int) -> None:
        if self.idle():
            self.send(change.regenerate(self.session.conversation, index))

    def action_go_on(self) -> None:
        """Go on with the last answer where it broke off."""
        if self.idle() and self.can_go_on:
            self.send(change.go_on(self.session.conversation))

    @property
    def can_go_on(self) -> bool:
        """Whether there is an answer that broke off, and an engine that can go on with it."""
        session = self.session
        continues = session.conversation.engine == "genai"
        return bool(session.turns) and session.turns[-1].can_continue and continues

    def _edit(self, index: int) -> None:
        """Put an earlier question into the field; sending it asks again from there."""
        if self.idle():
            self._editing = index
            question = self.query_one("#question", PromptArea)
            question.put(self.session.turns[index].question)
            question.focus()
            self.show_action()

    def _delete(self, index: int) -> None:
        if self.idle():
            self.session.change(change.delete(self.session.conversation, index))
            self.changed()
            self.notify("The turn is deleted; u brings it back.", timeout=4)
            transcript = self.query_one(Transcript)
            self.call_after_refresh(lambda: (transcript.view(index) or self.query_one("#question")).focus())

    def action_undo(self) -> None:
        """Take back the last change of turns."""
        if self.idle():
            if self.session.undo():
                self.changed()
                self.notify("The turns are as they were.", timeout=3)
            else:
                self.notify("No turn was changed.", timeout=2)

    # Right or wrong

    def _judge(self, index: int, right: bool | None, expected: str = "") -> None:
        if self.idle():
            self.session.conversation = change.judge(self.session.conversation, index, right, expected)
            self.changed()
            if right is not None:
                self.notify("Noted; s adds it to the model's suite, Ctrl+S writes a file.", timeout=4)

    def _ask_expected(self, index: int) -> None:
        turn = self.session.turns[index]

        def answered(judged: Judged | None) -> None:
            if judged is not None:
                self._judge(index, False, judged.expected)
                if judged.to_suite:
                    self._to_suite(index)

        if self.idle():
            self.app.push_screen(JudgeScreen(turn.question, turn.expected or turn.text), answered)

    def _to_suite(self, index: int) -> None:
        """Add an answer to the model's suite as it was judged; one that was not is right."""
        if not self.idle():
            return
        if self.session.turns[index].right is None:
            self._judge(index, True)
        if self.session.target is not None:
            self._grow_suite(self.session.target, self.session.conversation, index)

    @work(thread=True, group="suite")
    def _grow_suite(self, model_dir: Path, conversation: Conversation, index: int) -> None:
        try:
            suite, more = pipeline.grow_suite(model_dir, conversation, index)
        except Failure as failure:
            self.notify(f"{failure.cause} {failure.fix}", severity="warning", markup=False, timeout=8)
            return
        count = f"{len(suite.lines):,} question{'s' if len(suite.lines) != 1 else ''}"
        words = "Added to the suite" if more else "The suite had that question; it has the new answer"
        self.notify(f"{words}: {count}. Validate asks them.", timeout=5)

    # Copying

    def _copy(self, text: str, words: str) -> None:
        # As it is on the screen: what a shell would obey when it is pasted there is a sign of itself.
        self.app.copy_to_clipboard(neutral(text))
        self.notify(words, timeout=3)

    def action_copy_answer(self) -> None:
        """Copy the last answer."""
        texts = [turn.text for turn in self.session.turns if turn.text]
        if texts:
            self._copy(texts[-1], "The answer is copied.")

    def action_copy_code(self) -> None:
        """Copy the last code block; once more: the one before it."""
        views = [v for v in self.query_one(Transcript).views if v.query_one(AnswerText).code_blocks]
        if views:
            self._copy_code(views[-1].index)
        else:
            self.notify("No answer has a code block.", timeout=2)

    def _copy_code(self, index: int) -> None:
        view = self.query_one(Transcript).view(index)
        blocks = view.query_one(AnswerText).code_blocks if view else []
        if blocks:
            self._copied = (self._copied + 1) % len(blocks)
            which = f"Code block {self._copied + 1} of {len(blocks)}" if len(blocks) > 1 else "The code"
            self._copy(blocks[self._copied], f"{which} is copied.")
