"""A field whose value has no room says so, and shows it while it is edited."""

from __future__ import annotations

from textual.app import App, ComposeResult

from slmtui.tui.widgets.cut_input import CutInput


class Fields(App[None]):
    """Two fields of ten cells."""

    CSS = "CutInput { width: 10; }"
    AUTO_FOCUS = ""

    def compose(self) -> ComposeResult:
        yield CutInput("0123456789abc", id="long", compact=True, select_on_focus=False)
        yield CutInput("0123456789", id="whole", compact=True, select_on_focus=False)


async def test_an_ellipsis_stands_where_the_value_goes_on() -> None:
    app = Fields()
    async with app.run_test(size=(40, 5)) as pilot:
        long, whole = app.query_one("#long", CutInput), app.query_one("#whole", CutInput)
        long.cursor_position = whole.cursor_position = 0
        await pilot.pause()
        assert long.render_line(0).text == "012345678…"
        assert whole.render_line(0).text == "0123456789"
        long.focus()
        await pilot.press("end")
        await pilot.pause()
        assert long.render_line(0).text.startswith("456789abc")
        whole.focus()
        await pilot.pause()
        assert long.render_line(0).text.startswith("…56789abc")
