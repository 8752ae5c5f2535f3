"""An answer as Markdown while it comes: its thinking folded, and nothing in it that a terminal would obey."""

from __future__ import annotations

from markdown_it import MarkdownIt
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Collapsible, Markdown, Static
from textual.widgets.markdown import MarkdownFence

from slmtui.runtime.neutral import neutral
from slmtui.tui.thinking import Spoken, split


def parser() -> MarkdownIt:
    """GitHub's Markdown, in which HTML is text: Textual would leave out whatever looks like a tag."""
    return MarkdownIt("gfm-like", {"html": False})


class AnswerText(Vertical):
    """Shows a text that grows; only what is new of it is parsed and drawn."""

    DEFAULT_CSS = """
    AnswerText {
        height: auto;
        Markdown { margin: 0; padding: 0 1; height: auto; }
        Collapsible { border: none; padding: 0 1; margin: 0; background: transparent; }
        Collapsible Contents { padding: 0 0 0 2; color: $text-muted; }
        CollapsibleTitle { padding: 0; color: $text-muted; }
        .thinking-text { height: auto; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._given = ("", True)
        self._spoken = Spoken("", "")
        self._shown = ""

    def compose(self):  # type: ignore[no-untyped-def]
        yield Markdown(open_links=False, parser_factory=parser)

    async def show(self, text: str, done: bool = True) -> None:
        """Show `text`, which may have grown since; `done`: no more of it comes."""
        if (text, done) == self._given:
            return
        self._given = (text, done)
        self._spoken = split(neutral(text), done)
        await self._show_thinking()
        answer, shown = self._spoken.answer, self._shown
        markdown = self.query_one(Markdown)
        self._shown = answer
        if not answer.startswith(shown) or not shown:
            await markdown.update(answer)
        elif len(answer) > len(shown):
            await markdown.append(answer[len(shown) :])

    async def _show_thinking(self) -> None:
        spoken = self._spoken
        folded = next(iter(self.query(Collapsible)), None)
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
        return [fence.code.rstrip("\n") for fence in self.query(MarkdownFence)]
