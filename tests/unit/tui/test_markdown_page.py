"""Markdown as lines: what grows is laid out as if it had been there at once, and no line is too wide."""

from __future__ import annotations

import pytest

from slmtui.tui.answer_parts import Part
from slmtui.tui.code_colours import prepare, prepared
from slmtui.tui.markdown_lines import LONGEST_LINE
from slmtui.tui.markdown_page import MarkdownPage

EVERY = """# First

## Second

Some *em*, **strong**, ~~gone~~ and `code`, a [link](https://example.org/a), <b>no tag</b> and https://bare.example.

1. one
2. two, which is so long that it goes on below itself and not below its number
   - nested **item**

     ```sh
     ls -l
     ```
10. ten

> a quote

```python
def fill(lamp):
\treturn "a string that is far too long for a line of forty cells"
```

| ring | means | litres |
|:--|---|--:|
| amber | water is low, and has been low for a long while | 1 |
| 青い | it is cold | 20 |

---

End.
"""


def page(text: str, *, grows: bool = False, joins: bool = False, goes_on: bool = False) -> MarkdownPage:
    made = MarkdownPage()
    made.take(Part(text, joins), goes_on=goes_on, grows=grows)
    return made


def shown(made: MarkdownPage, width: int = 40) -> list[str]:
    return [line.plain.rstrip() for line in made.lines(width)]


@pytest.mark.parametrize("step", [1, 7, 23, 60, 300])
def test_a_text_that_grows_is_shown_as_if_it_had_been_whole(step: int) -> None:
    growing = MarkdownPage()
    for at in range(0, len(EVERY) + step, step):
        growing.take(Part(EVERY[:at]), goes_on=False, grows=at < len(EVERY))
        so_far = shown(growing)
        assert so_far == shown(page(EVERY[:at])), EVERY[:at]
    assert [code.text for code in growing.codes] == [code.text for code in page(EVERY).codes]


@pytest.mark.parametrize("width", [8, 13, 40, 79, 200])
def test_no_line_is_wider_than_it_may_be(width: int) -> None:
    lines = page(EVERY).lines(width)
    assert max(line.cell_length for line in lines) <= width
    assert not [line for line in lines if "\n" in line.plain or "\t" in line.plain]


def test_lists_tables_quotes_and_links() -> None:
    lines = shown(page(EVERY))
    assert " 2. two, which is so long that it goes" in lines
    assert "    on below itself and not below its" in lines
    assert "    ▪ nested item" in lines
    assert "10. ten" in lines
    assert "▌ a quote" in lines
    row = next(line for line in lines if line.startswith("amber"))
    assert row.split("│")[2].endswith("1")
    assert [line for line in lines if line.startswith("青い ")]
    text = " ".join(" ".join(lines).split())
    assert "link (https://example.org/a)" in text
    assert "<b>no tag</b> and https://bare.example." in text


def test_code_in_lists_is_code_too_and_a_long_line_of_it_is_seen_to_go_on() -> None:
    made = page(EVERY)
    assert [(code.language, code.text.split()[0]) for code in made.codes] == [("sh", "ls"), ("python", "def")]
    lines = shown(made)
    start = next(at for at, line in enumerate(lines) if "return" in line)
    assert lines[start + 1].startswith("↪ ")


def test_code_that_joins_has_no_edges() -> None:
    code = "```sh\nls\n```\n"
    assert shown(page(code)) == ["", "  ls", ""]
    assert shown(page(code, joins=True)) == ["  ls", ""]
    assert shown(page(code, goes_on=True)) == ["", "  ls"]
    assert page(code, joins=True).joins_code
    assert not page("- a\n", joins=True).joins_code


def test_a_line_without_an_end_is_cut_and_says_so() -> None:
    lines = shown(page("```\n" + "x" * 16_000 + "\n```\n"), 80)
    assert sum(line.count("x") for line in lines) == LONGEST_LINE
    assert "… 14,000 characters more on this line; c copies all" in " ".join(lines)


def test_code_is_highlighted_once_its_language_is_prepared() -> None:
    made = page('```json\n{"lamp": 1}\n```\n')
    if not prepared("json"):
        assert made.unprepared == {"json"}
        assert len({span.style for line in made.lines(40) for span in line.spans}) == 1
    prepare("json")
    made.forget_colours()
    assert not made.unprepared
    assert len({span.style for line in made.lines(40) for span in line.spans}) > 2
    prepare("no such language")
    assert prepared("no such language")
