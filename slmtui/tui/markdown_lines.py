"""Blocks of Markdown as lines of a width; a line that is too long goes on below, whatever it is part of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from textual.content import Content

from slmtui.tui.markdown_blocks import Block, Code, Listed, Quote, Rule, Table, Words

# Narrower than this nothing can be read anyway.
_LEAST = 8
_BULLETS = ("•", "▪", "‣", "◦")
_BETWEEN, _CROSS = " │ ", "─┼─"
# Of a line without an end its beginning is shown: nobody reads the rest, and every piece would draw it anew.
LONGEST_LINE = 2_000

Colour = Callable[[Code], Content]


def lines_of(blocks: Sequence[Block], width: int, colour: Colour, depth: int = 0) -> list[Content]:
    """All blocks one below the other, in a list without a gap; `colour` highlights code."""
    shown: list[Content] = []
    for block in blocks:
        if shown and not depth:
            shown.append(Content(""))
        shown += block_lines(block, width, colour, depth)
    return shown


def block_lines(
    block: Block, width: int, colour: Colour, depth: int = 0, *, joins: bool = False, goes_on: bool = False
) -> list[Content]:
    """One block; code that `joins` the block above or `goes_on` in the one below has no edge there."""
    width = max(width, _LEAST)
    match block:
        case Words():
            return _words(block, width)
        case Code():
            return list(_code(block, width, colour, joins, goes_on))
        case Listed():
            return list(_listed(block, width, colour, depth))
        case Quote():
            inner = lines_of(block.blocks, width - 2, colour)
            return [Content.assemble(("▌ ", ".mark"), line) for line in inner]
        case Table():
            return list(_table(block, width))
        case Rule():
            return [Content.styled("─" * width, ".aside")]


def _words(block: Words, width: int) -> list[Content]:
    lines = block.text.wrap(width)
    if block.style == ".h1":
        lines = [_placed(line.pad_left((width - line.cell_length) // 2), width) for line in lines]
    return [line.stylize_before(block.style) for line in lines] if block.style else lines


def _code(block: Code, width: int, colour: Colour, joins: bool, goes_on: bool) -> Iterator[Content]:
    room = width - 3
    edge = Content.styled(" " * width, ".code")
    if not joins:
        yield edge
    for line in colour(block).split("\n", allow_blank=True):
        over = len(line) - LONGEST_LINE
        whole = (line[:LONGEST_LINE] if over > 0 else line).expand_tabs(4)
        pieces = whole.fold(room) if whole.cell_length > room else [whole]
        if over > 0:
            words = f"… {over:,} characters more on this line; c copies all"
            pieces += Content.styled(words, ".aside").wrap(room)
        for index, piece in enumerate(pieces):
            sign = Content.styled("↪ ", ".aside") if index else Content("  ")
            yield (sign + piece).truncate(width, pad=True).stylize_before(".code")
    if not goes_on:
        yield edge


def _listed(block: Listed, width: int, colour: Colour, depth: int) -> Iterator[Content]:
    bullet = _BULLETS[depth % len(_BULLETS)]
    marks = [number or bullet for number, _ in block.items]
    indent = max(map(len, marks), default=0) + 1
    for mark, (_, held) in zip(marks, block.items, strict=True):
        sign = Content.styled(mark.rjust(indent - 1) + " ", ".mark")
        lines = lines_of(held, width - indent, colour, depth + 1) or [Content("")]
        for index, line in enumerate(lines):
            yield (Content(" " * indent) if index else sign) + line


def _table(block: Table, width: int) -> Iterator[Content]:
    columns = max(map(len, block.rows), default=0)
    if not columns:
        return
    room = max(width - len(_BETWEEN) * (columns - 1), columns)
    widths = _shared([max(_widths(block.rows, column), default=1) for column in range(columns)], room)
    for number, row in enumerate(block.rows):
        cells = [cell.wrap(size) for cell, size in zip(row, widths, strict=False)]
        for line in range(max(map(len, cells), default=0)):
            found = [lines[line] if line < len(lines) else Content("") for lines in cells]
            found += [Content("")] * (columns - len(found))
            placed = [_placed(text, widths[at], at in block.right) for at, text in enumerate(found)]
            whole = Content.styled(_BETWEEN, ".aside").join(placed)
            yield whole.stylize_before(".head") if number == 0 else whole
        if number == 0:
            yield Content.styled(_CROSS.join("─" * size for size in widths), ".aside")


def _widths(rows: Iterable[Sequence[Content]], column: int) -> Iterator[int]:
    return (max(row[column].cell_length, 1) for row in rows if column < len(row))


def _shared(wanted: list[int], room: int) -> list[int]:
    """As wide as wanted where there is room; else the widest ones give way."""
    widths = [*wanted]
    while sum(widths) > room and max(widths) > 1:
        most = max(widths)
        next_one = max((width for width in widths if width < most), default=1)
        widest = [at for at, width in enumerate(widths) if width == most]
        less = max(next_one, most - -(-(sum(widths) - room) // len(widest)))
        for at in widest:
            widths[at] = max(less, 1)
    return widths


def _placed(text: Content, width: int, right: bool = False) -> Content:
    return (text.pad_left(width - text.cell_length) if right else text).truncate(width, pad=True)
