"""Keys as they are called, and in texts: a hint names a command's usual key, unless the user gave it another.

Hints, notices and help are written with the usual keys; `keyed` puts those of the user's key map in their
place, when they are shown. The way out and Enter on the main button are no commands, and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from textual.app import App
from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

Text = TypeVar("Text", str, Content)

_KEY_NAMES = {
    "question_mark": "?",
    "escape": "Esc",
    "enter": "Enter",
    "slash": "/",
    "comma": ",",
    "colon": ":",
    "ctrl+underscore": "Ctrl+/",  # what terminals send for it; newer ones have a name for the key itself
    "ctrl+slash": "Ctrl+/",
    "ctrl+backslash": "Ctrl+\\",
    "pagedown": "PgDn",
    "pageup": "PgUp",
}
# A key that is also a letter or a word is one only where it is marked, or begins what says what it does.
_UNMISTAKABLE = re.compile(r"(?:.+\+.+|F\d+)")
_BEGINS = r"(?:^|(?<=[.;,:] )|(?<=  ))"


def key_name(key: str) -> str:
    """A key as it stands on the keyboard; a letter alone as it is typed, for Shift makes it another key."""
    if len(key) == 1:
        return key
    return _KEY_NAMES.get(key, "+".join(part.capitalize() for part in key.split("+")))


def keyed(node: DOMNode, text: Text) -> Text:
    """`text` with the keys the user gave to the commands that can be reached from `node`."""
    given: Mapping[str, str] = getattr(node.app, "keys_given", {})
    changed = _changed(node, given) if given else {}
    if not changed:
        return text
    found = list(_named(changed).finditer(text if isinstance(text, str) else text.plain))
    if isinstance(text, str):
        for match in reversed(found):
            text = text[: match.start()] + changed[match[0]] + text[match.end() :]
        return text
    for match in reversed(found):
        name = Content(changed[match[0]])
        for span in text[match.start() : match.start() + 1].spans:  # it looks as the old one began
            name = name.stylize(span.style)
        text = Content.assemble(text[: match.start()], name, text[match.end() :])
    return text


def _changed(node: DOMNode, given: Mapping[str, str]) -> dict[str, str]:
    """The usual keys' names and the new ones', of what is nearest to `node` for each."""
    names: dict[str, str] = {}
    for owner in _owners(node):
        for kind in owner.__mro__:
            for binding in kind.__dict__.get("BINDINGS", ()):
                if not isinstance(binding, Binding) or not binding.id:
                    continue
                for key in binding.key.split(","):
                    usual = key.strip()
                    new = given.get(binding.id, usual).split(",")[0]
                    names.setdefault(key_name(usual), key_name(new))
    return {usual: new for usual, new in names.items() if usual != new}


def _owners(node: DOMNode) -> Iterator[type[DOMNode]]:
    """What may have bindings: from `node` outwards, then the screens, and all that is on them."""
    around = [each for each in node.ancestors_with_self if not isinstance(each, App)]
    screens: list[Screen[Any]] = list(reversed(node.app.screen_stack))
    inside = (each for screen in screens for each in screen.walk_children())
    yield from dict.fromkeys(type(each) for each in (*around, *screens, node.app, *inside))


def _named(changed: Mapping[str, str]) -> re.Pattern[str]:
    """Where a text names one of these keys."""
    ways = []
    for usual in sorted(changed, key=len, reverse=True):
        name = re.escape(usual)
        if _UNMISTAKABLE.fullmatch(usual):
            ways.append(rf"(?<![\w+]){name}(?![\w+])")
        else:
            ways += [rf"(?<=`){name}(?=`)", rf"(?<=\*\*){name}(?=\*\*)"]
            if usual != "a":  # where it is not marked it is the article
                ways.append(rf"{_BEGINS}{name}(?= [a-z]+s\b)")
    return re.compile("|".join(ways), re.MULTILINE)
