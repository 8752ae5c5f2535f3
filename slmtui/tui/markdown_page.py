"""A piece of Markdown that grows, as lines: only its last block is read and laid out again."""

from __future__ import annotations

from textual.content import Content

from slmtui.tui.answer_parts import Part
from slmtui.tui.code_colours import coloured, prepared
from slmtui.tui.markdown_blocks import Block, Code, codes, read
from slmtui.tui.markdown_lines import block_lines

# So many characters of a block of code that grows are plain until they are highlighted.
_PLAIN = 160
# So many of the last blocks may still become something else.
_OPEN = 2
_NO_CODE = (Code(""), Content(""))


class MarkdownPage:
    """One `Part` of an answer; `goes_on`: the next part joins it; `grows`: more of it comes."""

    def __init__(self) -> None:
        self.part = Part("")
        self._goes_on = self._grows = False
        self._done: list[Block] = []  # they do not change any more
        self._open: list[Block] = []
        self._at = 0  # where in the text the open ones begin
        self._coloured = _NO_CODE
        self._width = 0
        self._done_lines: list[Content] = []  # of the first blocks of `_done`, at that width
        self._laid_out = 0  # how many of these there are
        self._lines: list[Content] | None = None  # all of them

    def take(self, part: Part, *, goes_on: bool, grows: bool) -> bool:
        """Take what there is now; returns whether it is something else."""
        if (part, goes_on, grows) == (self.part, self._goes_on, self._grows):
            return False
        if not part.text.startswith(self.part.text) or goes_on != self._goes_on:
            self._done, self._at, self._width = [], 0, 0
        self.part, self._goes_on, self._grows, self._lines = part, goes_on, grows, None
        rest = part.text[self._at :]
        blocks, lines = read(rest)
        # A "10" that follows a list is a paragraph until the "." comes: then it belongs to the list.
        self._done += blocks[:-_OPEN]
        self._open = blocks[-_OPEN:]
        if blocks[:-_OPEN]:
            self._at += sum(len(one) + 1 for one in rest.split("\n")[: lines[-_OPEN]])
        return True

    @property
    def codes(self) -> list[Code]:
        """Its blocks of code, in order."""
        return list(codes([*self._done, *self._open]))

    @property
    def joins_code(self) -> bool:
        """Whether it begins in the middle of a block of code."""
        return self.part.joins and isinstance(next(iter([*self._done, *self._open]), None), Code)

    @property
    def unprepared(self) -> set[str]:
        """Languages of its code that cannot be highlighted yet."""
        return {code.language for code in self.codes if not prepared(code.language)}

    def forget_colours(self) -> None:
        """Lay it out anew: more can be highlighted now."""
        self._width, self._coloured = 0, _NO_CODE

    def lines(self, width: int) -> list[Content]:
        """Its lines, none of them wider than `width`."""
        if width != self._width:
            self._width, self._done_lines, self._laid_out, self._lines = width, [], 0, None
        if self._lines is None:
            for block in self._done[self._laid_out :]:
                self._done_lines += self._block(block, first=not self._laid_out, last=False)
                self._laid_out += 1
            self._lines = [*self._done_lines]
            for number, block in enumerate(self._open, self._laid_out + 1):
                last = number == self._laid_out + len(self._open)
                self._lines += self._block(block, first=number == 1, last=last)
        return self._lines

    def _block(self, block: Block, *, first: bool, last: bool) -> list[Content]:
        lines = block_lines(
            block,
            self._width,
            self._colour_open if last and self._grows else coloured,
            joins=first and self.part.joins,
            goes_on=last and self._goes_on,
        )
        lines = [line if line.cell_length <= self._width else line.truncate(self._width) for line in lines]
        return lines if first else [Content(""), *lines]

    def _colour_open(self, code: Code) -> Content:
        """Highlighted up to a line that came lately: to do it for every piece would take half of the time."""
        done, shown = self._coloured
        fits = code.language == done.language and code.text.startswith(done.text)
        if not fits or len(code.text) - len(done.text) > _PLAIN:
            done = Code(code.text[: max(code.text.rfind("\n"), 0)], code.language)
            shown = coloured(done)
            self._coloured = done, shown
        return shown + code.text[len(done.text) :]
