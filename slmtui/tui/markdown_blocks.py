"""Markdown read into blocks: paragraphs, code, lists, tables. GitHub's dialect, in which HTML is text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token
from textual.content import Content, Span

from slmtui.runtime.neutral import neutral

# The names of styles begin with a dot; whoever shows the text says how they look.
_MARKS = {"em_open": ".em", "strong_open": ".strong", "s_open": ".s", "link_open": ".link"}
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, or a heading of some `style`."""

    text: Content
    style: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code; `language` as it was named, if it was."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: for each item its number, "" in one that has none, and what it holds."""

    items: tuple[tuple[str, tuple[Block, ...]], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody else is said to have said."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the first of them the head; `right` has the columns that stand at the right."""

    rows: tuple[tuple[Content, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


Block: TypeAlias = Words | Code | Listed | Quote | Table | Rule


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("gfm-like", {"html": False})


def read(text: str) -> tuple[list[Block], list[int]]:
    """The blocks of `text`, and the line (from 0) that each of them begins in."""
    tokens = _parser().parse(text)
    lines = [token.map[0] for token in tokens if token.map and token.level == 0 and token.nesting >= 0]
    return list(_blocks(iter(tokens), "")), lines


def codes(blocks: list[Block]) -> Iterator[Code]:
    """Blocks of code, those in lists and quotes too, in order."""
    for block in blocks:
        match block:
            case Code():
                yield block
            case Quote():
                yield from codes([*block.blocks])
            case Listed():
                for _, held in block.items:
                    yield from codes([*held])


def _blocks(tokens: Iterator[Token], end: str) -> Iterator[Block]:
    """Blocks up to the token called `end`."""
    style = ""
    for token in tokens:
        match token.type:
            case kind if kind == end:
                return
            case "heading_open" | "paragraph_open":
                style = "" if token.tag == "p" else f".{token.tag}"
            case "inline":
                yield Words(_inline(token), style)
            case "fence" | "code_block":
                yield Code(token.content.rstrip("\n"), (token.info.split() or [""])[0])
            case "bullet_list_open" | "ordered_list_open":
                yield Listed(tuple(_items(tokens, token.type.replace("open", "close"))))
            case "blockquote_open":
                yield Quote(tuple(_blocks(tokens, "blockquote_close")))
            case "table_open":
                yield _table(tokens)
            case "hr":
                yield Rule()


def _items(tokens: Iterator[Token], end: str) -> Iterator[tuple[str, tuple[Block, ...]]]:
    for token in tokens:
        if token.type == end:
            return
        if token.type == "list_item_open":
            number = f"{token.info}{token.markup}" if token.info else ""
            yield number, tuple(_blocks(tokens, "list_item_close"))


def _table(tokens: Iterator[Token]) -> Table:
    rows: list[list[Content]] = []
    right: set[int] = set()
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open" and "right" in str(token.attrs.get("style", "")):
            right.add(len(rows[-1]))
        elif token.type == "inline":
            rows[-1].append(_inline(token))
    return Table(tuple(map(tuple, rows)), frozenset(right))


def _inline(token: Token) -> Content:
    text = _Text()
    for child in token.children or []:
        text.take(child)
    return Content("".join(text.pieces), text.spans)


class _Text:
    """Text with its marks; a link says where it leads, as nothing in an answer can be clicked."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self._opened: list[tuple[int, Token]] = []
        self._at = 0

    def take(self, token: Token) -> None:
        """The next piece of it."""
        match token.type:
            case "text":
                self._say(_SPACE.sub(" ", token.content))
            case "softbreak" | "hardbreak":
                self._say(" " if token.type == "softbreak" else "\n")
            case "code_inline":
                self._say(token.content, ".code_inline")
            case "image":
                self._say(f"🖼  {token.content}".rstrip())
                self._say(f" ({token.attrs.get('src', '')})", ".aside")
            case kind if kind in _MARKS:
                self._opened.append((self._at, token))
            case kind if kind.endswith("_close") and self._opened:
                self._close(*self._opened.pop())
            case _:
                self._say(token.content)

    def _say(self, text: str, style: str = "") -> None:
        text = neutral(text)  # a reference such as &#x202e; has become the character only here
        self.pieces.append(text)
        if style and text:
            self.spans.append(Span(self._at, self._at + len(text), style))
        self._at += len(text)

    def _close(self, start: int, opened: Token) -> None:
        self.spans.append(Span(start, self._at, _MARKS[opened.type]))
        href = str(opened.attrs.get("href", ""))
        if href and not href.endswith("".join(self.pieces)[start:]):
            self._say(f" ({href})", ".aside")
