"""What is drawn: at once after a key, only what has changed, and all of it together is the whole screen."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import get_character_cell_size
from rich.control import ControlType
from rich.segment import Segment
from rich.text import Text
from textual.app import App
from textual.pilot import Pilot

from slmtui.tui.app import SlmtuiApp
from slmtui.tui.sparing import Sparing
from slmtui.tui.widgets.log_lines import LogLines
from slmtui.tui.widgets.log_view import LogView
from slmtui.tui.widgets.source_list import SourceList
from slmtui.tui.widgets.transcript import Transcript
from tests.tui.chat_bench import deploy, open_chat
from tests.tui.test_transcript import _answered
from tests.tui.walking import hold_cursors, settled, until

SIZE = (120, 40)
_TEXT = """The lamp has a **ring**, 指輪 and e\u0301tude:

- amber: fill it
- blue: wait

```python
lamp.fill(2)
```
"""


class Picture:
    """What a terminal shows after all that the app has sent to it: a sign and its style for each cell."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cells: dict[tuple[int, int], tuple[str, object]] = {}
        self.updates = 0
        shown = App._display

        def display(app: Any, screen: Any, update: Any) -> None:
            shown(app, screen, update)
            if update is not None and app.screen is screen:
                self.updates += 1
                self._take(update.__rich_console__(app.console, app.console.options))

        monkeypatch.setattr(App, "_display", display)

    def _take(self, segments: Iterable[Segment]) -> None:
        x = y = 0
        for segment in segments:
            if segment.control is not None:
                for code in segment.control:
                    assert code[0] == ControlType.CURSOR_MOVE_TO
                    x, y = int(code[1]), int(code[2])
            elif segment.text == "\n":
                x, y = 0, y + 1
            else:
                drawn = list(_cells(segment))
                self.cells.update({(x + number, y): cell for number, cell in enumerate(drawn)})
                x += len(drawn)


def _cells(segment: Segment) -> Iterator[tuple[str, object]]:
    style = segment.style and segment.style.without_color, segment.style and segment.style.color
    for sign in segment.text:
        for part in range(get_character_cell_size(sign)):
            yield (sign if part == 0 else ""), (style, segment.style and segment.style.bgcolor)


def _drawn_anew(app: SlmtuiApp) -> dict[tuple[int, int], tuple[str, object]]:
    strips = app.screen._compositor.render_strips()
    return {
        (x, y): cell
        for y, strip in enumerate(strips)
        for x, cell in enumerate(cell for segment in strip for cell in _cells(segment))
    }


async def _walk(pilot: Pilot[int], app: SlmtuiApp, picture: Picture, keys: list[str], times: int) -> None:
    """Keys in any order: what they have drawn piece by piece is what is there when all is drawn anew."""
    for step in range(times):
        await pilot.press(keys[step * step % len(keys)])
        hold_cursors(app)
        if step % 4 == 3:
            await settled(pilot)
            whole = _drawn_anew(app)
            differ = [place for place in whole if whole[place] != picture.cells.get(place)]
            assert not differ, (step, differ[:9], [(whole[d], picture.cells.get(d)) for d in differ[:3]])


async def test_what_is_drawn_piece_by_piece_is_the_whole_chat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slmtui_home: Path
) -> None:
    (tmp_path / "genai_config.json").write_text("{}", encoding="utf-8")
    deploy(tmp_path, tmp_path)
    picture = Picture(monkeypatch)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await open_chat(pilot, app, loaded=False)
        assert isinstance(app.screen._compositor, Sparing)
        conversation = _answered(app.chat.conversation, *(f"question {number}?" for number in range(12)))
        turns = tuple(replace(turn, text=_TEXT) for turn in conversation.turns)
        app.chat.conversation = replace(conversation, turns=turns)
        app.screen.changed(kept=False)
        await until(pilot, lambda: len(app.screen.query_one(Transcript).views) == 12)
        keys = ["pageup", "pageup", "pagedown", "shift+tab", "tab", *"kkkjjei", "escape", "ctrl+p", "f8"]
        await _walk(pilot, app, picture, keys, 80)
        await app.action_quit()


async def test_what_is_drawn_piece_by_piece_is_the_whole_start(
    monkeypatch: pytest.MonkeyPatch, slmtui_home: Path
) -> None:
    picture = Picture(monkeypatch)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query(SourceList))
        await _walk(pilot, app, picture, ["down", "up", "slash", "~", "x", "tab", "escape", "f1"], 60)
        await app.action_quit()


async def test_a_key_does_not_wait_for_the_next_frame(
    slmtui_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = Picture(monkeypatch)
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query(SourceList))
        await settled(pilot)
        monkeypatch.setattr(app.screen._update_timer, "resume", lambda: None)  # there is none
        before = picture.updates
        await pilot.press("down")
        await until(pilot, lambda: picture.updates > before)
        await app.action_quit()


async def test_a_log_is_scrolled_at_once_and_its_lines_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class LogApp(App[int]):
        def compose(self) -> Iterator[LogView]:
            yield LogView()

    made: list[str] = []
    mark = LogLines._mark

    def marked(lines: LogLines, text: Text) -> Text:
        made.append(text.plain)
        return mark(lines, text)

    monkeypatch.setattr(LogLines, "_mark", marked)
    app = LogApp()
    async with app.run_test(size=SIZE) as pilot:
        view = app.query_one(LogView)
        log = view._log
        view.start(f"line {number} is read" for number in range(500))
        log.focus()
        while not log.has_focus:
            await pilot.pause(0.05)
        await pilot.pause()
        made.clear()
        log.mark("")  # all that was made before, with the focus and without, is forgotten
        await pilot.pause()
        end = log.scroll_y
        await pilot.press("pageup")
        await pilot.pause()
        assert log.scroll_y == log.scroll_target_y < end
        assert not app.animator.is_being_animated(log, "scroll_y")
        there = list(made)
        await pilot.press("pagedown", "pageup")
        await pilot.pause()
        assert set(there) <= set(made)
        assert len(made) == len(set(made))

        view.search()
        await pilot.press(*"line 49")  # another mark makes them anew
        await pilot.pause()
        assert len(made) > len(set(made))


async def test_the_collector_waits_for_a_quiet_moment(
    slmtui_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = gc.get_threshold()
    collected: list[int] = []
    app = SlmtuiApp()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.screen.query(SourceList))
        assert gc.get_threshold()[2] > before[2]
        monkeypatch.setattr("slmtui.tui.job_app.gc.collect", lambda: collected.append(1))
        monkeypatch.setattr("slmtui.tui.job_app.gc.get_count", lambda: (0, 0, 99))
        await pilot.press("down")
        app._collect()
        assert not collected
        app.typed_at -= 60
        app._collect()
        assert collected
        await app.action_quit()
    assert gc.get_threshold() == before
