"""Lines kept from one picture to the next look as Textual would draw them anew."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.geometry import Region
from textual.widget import Widget

from slmtui.tui.answer_parts import Part
from slmtui.tui.widgets.answer_part import AnswerPart

TEXT = """## A ring

It is **amber** when `fill` is low, see [this](http://x).

| ring | 漢字 |
|---|---|
| amber | low |

1. one
2. two

> said

```
code
```
"""


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"])
async def test_each_step_of_a_growing_text_is_as_textual_draws_it(theme: str) -> None:
    app: App[None] = App()
    async with app.run_test(size=(50, 60)) as pilot:
        part = AnswerPart()
        await app.screen.mount(part)
        app.theme = theme
        for end in range(1, len(TEXT) + 1, 7):
            part.show(Part(TEXT[:end]), grows=True)
            await pilot.pause()
            whole = part.size.region
            for crop in (whole, Region(3, 0, 20, whole.height)):
                drawn, anew = part.render_lines(crop), Widget.render_lines(part, crop)
                assert [[*strip.simplify()] for strip in drawn] == [[*strip.simplify()] for strip in anew]
