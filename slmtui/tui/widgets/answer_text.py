"""An answer as Markdown while it comes: its thinking folded, and nothing in it that a terminal would obey."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.widget import MountError
from textual.widgets import Collapsible, Static

from slmtui.runtime.neutral import Neutral
from slmtui.tui.answer_parts import Cutter
from slmtui.tui.thinking import Spoken, split
from slmtui.tui.two_steps import Grows
from slmtui.tui.widgets.answer_part import AnswerPart
from slmtui.tui.widgets.blank import Blank


class AnswerText(Blank, Grows, Vertical):
    """Shows a text that grows; only what is new of it is parsed and drawn."""

    DEFAULT_CSS = """
    AnswerText {
        height: auto;
        Collapsible { border: none; padding: 0 1; margin: 0; background: transparent; }
        Collapsible Contents { padding: 0 0 0 2; color: $text-muted; }
        CollapsibleTitle { padding: 0; color: $text-muted; }
        .thinking-text { height: auto; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._given = ("", True)  # the text, and whether it is all of it
        self._neutral = Neutral()
        self._clean = ""
        self._spoken = Spoken("", "")
        self._shown = ""
        self._cutter = Cutter()

    @property
    def parts(self) -> list[AnswerPart]:
        """What it is shown in, in order."""
        return [child for child in self.children if isinstance(child, AnswerPart)]

    async def show(self, text: str, done: bool = True) -> None:
        """Show `text`, which may have grown since; `done`: no more of it comes."""
        if (text, done) == self._given:
            return
        self._spoken = split(self._harmless(text, done), done)
        self._given = (text, done)
        try:
            await self._show_spoken()
        except MountError:
            if self.is_attached:  # else the app is about to end, or the turn is gone: nobody looks any more
                raise

    async def _show_spoken(self) -> None:
        await self._show_thinking()
        answer, shown = self._spoken.answer, self._shown
        self._shown = answer
        if not answer.startswith(shown):
            self._cutter = Cutter()
        await self._show_parts(answer)

    def _harmless(self, text: str, done: bool) -> str:
        """The text with nothing in it that a terminal would obey; only what is new of it is looked at."""
        before = self._given[0]
        if not text.startswith(before):
            before, self._clean, self._neutral = "", "", Neutral()
        self._clean += self._neutral.feed(text[len(before) :])
        if done:
            self._clean += self._neutral.rest()
        return self._clean

    async def _show_parts(self, answer: str) -> None:
        parts, views = self._cutter.cut(answer), self.parts
        for view in views[len(parts) :]:
            await view.remove()
        for index, part in enumerate(parts):
            if index == len(views):
                views.append(AnswerPart())
                await self.mount(views[-1])
            later = parts[index + 1 : index + 2]
            grows = not later and not self._given[1]
            views[index].show(part, goes_on=bool(later) and later[0].joins, grows=grows)

    async def _show_thinking(self) -> None:
        spoken = self._spoken
        folded = next((child for child in self.children if isinstance(child, Collapsible)), None)
        if not spoken.thinking and not spoken.thinks:
            if folded is not None:
                await folded.remove()
            return
        words = len(spoken.thinking.split())
        title = "Thinking …" if spoken.thinks else f"Thought, {words:,} words"
        if folded is None:
            folded = Collapsible(Static(classes="thinking-text", markup=False), title=title, collapsed=True)
            await self.mount(folded, before=0)
            folded.query_one("CollapsibleTitle").can_focus = False
        if folded.title != title:
            folded.title = title
        if not folded.collapsed or not spoken.thinks:
            self._fill(folded)

    def _fill(self, folded: Collapsible) -> None:
        folded.query_one(".thinking-text", Static).update(Content(self._spoken.thinking))

    def on_collapsible_expanded(self, event: Collapsible.Expanded) -> None:
        """What was folded is brought up to date when it is looked at."""
        self._fill(event.collapsible)

    @property
    def thinks(self) -> bool:
        """Whether there is thinking to unfold."""
        return bool(self._spoken.thinking)

    def fold(self) -> None:
        """Unfold the thinking, or fold it again."""
        for folded in self.query(Collapsible):
            folded.collapsed = not folded.collapsed

    @property
    def code_blocks(self) -> list[str]:
        """The code in its blocks, in order."""
        blocks: list[str] = []
        for part in self.parts:
            for number, code in enumerate(part.page.codes):
                if number == 0 and part.page.joins_code:
                    blocks[-1] += "\n" + code.text
                else:
                    blocks.append(code.text)
        return blocks
