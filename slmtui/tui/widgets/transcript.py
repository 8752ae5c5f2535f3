"""The turns of a conversation, the last ones of a long one, held at the end until one scrolls up."""

from __future__ import annotations

import asyncio

from textual import events
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from slmtui.runtime.conversation import Conversation
from slmtui.tui.at_once import Jumps
from slmtui.tui.chat_session import ChatSession
from slmtui.tui.key_words import keyed
from slmtui.tui.two_steps import Grows
from slmtui.tui.widgets.blank import Blank
from slmtui.tui.widgets.turn_view import TurnView

# A long conversation shows its last turns, so that its widgets do not become more and more.
_MOST, _STEP = 40, 20


class Transcript(Blank, Grows, Jumps, VerticalScroll, can_focus=False):
    """Shows what the session has; what did not change is left as it is."""

    DEFAULT_CSS = """
    Transcript {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;  /* nothing is laid out and drawn anew when the bar comes */
        .earlier { height: auto; text-align: center; color: $text-muted; margin-bottom: 1; display: none; }
    }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._first = 0
        self._most = _MOST
        self._conversation = ""
        self._width = 0
        self._earlier = Static(classes="earlier")  # at hand: it is gone when the app is about to end
        self._gone: list[Widget] = []
        self._showing = asyncio.Lock()  # while turns come and go nobody else changes them

    def compose(self):  # type: ignore[no-untyped-def]
        yield self._earlier

    @property
    def views(self) -> list[TurnView]:
        """The turns that are shown, in order."""
        # Not a query: that would look at every block of every answer.
        return [child for child in self.children if isinstance(child, TurnView)]

    def view(self, index: int) -> TurnView | None:
        """The view of a turn, if it is shown; -1 is the last one."""
        views = self.views
        if index < 0:
            return views[-1] if views else None
        return next((view for view in views if view.index == index), None)

    async def show(self, session: ChatSession) -> None:
        """Bring all turns up to date."""
        async with self._showing:
            await self._show(session)

    async def _show(self, session: ChatSession) -> None:
        # Whatever is waited for below, the session may have another conversation by then: what is shown here
        # is this one, and whoever has changed it asks for the other to be shown.
        conversation = session.conversation
        count = len(conversation.turns)
        if conversation.id != self._conversation or count <= self._first:
            self._conversation, self._first, self._most = conversation.id, max(0, count - _STEP), _MOST
            await self._take_away(self.views)
        if count - self._first > self._most:
            self._first = count - _STEP
        self._show_earlier()
        await self._mount_missing(conversation)
        for view in self.views:
            turn = conversation.turns[view.index]
            last = view.index == count - 1 and session.turns is conversation.turns
            text = session.growing if last else turn.text
            growing = last and session.answering
            await view.show(turn, text, growing=growing, loop=session.loop if last else 0)
            view.show_forgotten(conversation.forgotten)
        self.call_after_refresh(self._settle)

    async def grow(self, session: ChatSession) -> None:
        """More of the last answer has come.

        The screen's handler calls this, and turns that are mounted or removed meanwhile need that handler
        themselves: it must not wait for them. The next piece, or the end, shows this one too.
        """
        if self._showing.locked():
            return
        async with self._showing:
            view = self.view(len(session.turns) - 1) if session.turns else None
            if view is not None:
                growing = session.answering
                await view.show(session.turns[-1], session.growing, growing=growing, loop=session.loop)

    async def _mount_missing(self, conversation: Conversation) -> None:
        turns = conversation.turns
        wanted = range(self._first, len(turns))
        await self._take_away([view for view in self.views if view.index not in wanted])
        there = {view.index for view in self.views}
        missing = [TurnView(index, turns[index]) for index in wanted if index not in there]
        if missing and self.is_attached:
            # Those above the shown ones come when one asks for earlier turns.
            above = [view for view in missing if there and view.index < min(there)]
            await self.mount_all(above, after=0)
            await self.mount_all([view for view in missing if view not in above])

    async def _take_away(self, views: list[TurnView]) -> None:
        """Remove turns with all they have drawn."""
        self._gone += [widget for view in views for widget in view.walk_children(Widget, with_self=True)]
        await self.remove_children(views)

    def _forget(self) -> None:
        """Let turns that are gone forget what they have drawn.

        Textual's cache of styles remembers 1,024 widgets, also those that are gone, with their lines, 40 KB
        a turn; widgets that are told to draw anew forget theirs. Not while they are a part of the picture: a
        widget that belongs to no screen any more cannot be drawn anew, and the screen would try to.
        """
        if not self._gone or not self.is_attached:
            return
        pictured = self.screen._compositor.visible_widgets
        for widget in self._gone:
            if widget not in pictured:
                widget.refresh()
        self._gone = [widget for widget in self._gone if widget in pictured]

    def _settle(self) -> None:
        """Turns that are more than a page out of sight rest, but for the last one, which may grow."""
        self._forget()
        # All is as it was placed last: to ask for a region would place all widgets of the screen anew.
        size = self.container_size
        top, bottom = self.scroll_y - size.height, self.scroll_y + 2 * size.height
        last = self.view(-1)
        for place in self.arrange(size - self.scrollbar_gutter.totals).placements:
            view = place.widget
            if isinstance(view, TurnView) and view is not last and place.region.height:
                view.rest(place.region.bottom < top or place.region.y > bottom)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if abs(new_value - old_value) > self.container_size.height:
            self._settle()
        elif round(old_value) != round(new_value):
            self.call_after_refresh(self._settle)  # what comes into sight is awake already: it is shown first

    def on_resize(self, event: events.Resize) -> None:
        """At another width every turn has another height."""
        if event.size.width != self._width:
            self._width = event.size.width
            for view in self.views:
                view.wake()
            self.call_after_refresh(self._settle)

    def page(self, pages: int) -> None:
        """Scroll by a page: away from the end it holds still, back at the end it follows again."""
        if pages < 0:
            self.release_anchor()
            self.scroll_page_up(animate=False)
        elif self.scroll_y + self.size.height >= self.max_scroll_y:
            self.anchor()
        else:
            self.scroll_page_down(animate=False)

    async def show_earlier(self, session: ChatSession) -> None:
        """Show 20 turns more of a long conversation."""
        if self._first:
            self._first = max(0, self._first - _STEP)
            self._most += _STEP
            await self.show(session)

    def _show_earlier(self) -> None:
        self._earlier.display = self._first > 0
        if self._first:
            words = f"{self._first} earlier turns; Ctrl+Home shows more of them"
            self._earlier.update(keyed(self, words))
