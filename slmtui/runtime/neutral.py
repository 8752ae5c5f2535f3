"""What a model says, made harmless for a terminal, and what was made harmless left to be seen.

Every dangerous character is replaced by a sign of its own, one by one: so it does not matter how a sequence
is cut into pieces, and nothing disappears: `\\x1b[31m` becomes `␛[31m`. Line ends and tabs
stay. What replaces:

- control characters (C0) and DEL: their pictures, U+2400 and following;
- C1 controls, which some terminals obey as `ESC` and a letter: `⟦U+009B⟧`;
- bidirectional embeddings, overrides and isolates, which show text in another order than it is in (the
  "Trojan Source" paper, CVE-2021-42574), line and paragraph separators, invisible tags, interlinear marks,
  the zero width space and the byte order mark: `⟦U+202E⟧`;
- halves of characters (surrogates): U+FFFD.

The joiners that emoji and several scripts need stay, and so do the marks of direction that Arabic
and Hebrew use: they turn no text around.
"""

from __future__ import annotations

import re

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"} | {0x7F: "␡"}
_NAMED = [
    *range(0x80, 0xA0),
    0x200B,
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
]
_SIGNS = _PICTURES | {code: f"⟦U+{code:04X}⟧" for code in _NAMED}
_SIGNS |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
DANGEROUS = re.compile("[" + "".join(re.escape(chr(code)) for code in _SIGNS) + "]")


def neutral(text: str) -> str:
    """`text` with a sign in the place of everything that a terminal would obey; `\\r\\n` is a line end."""
    return _marked(text.replace("\r\n", "\n"))


def _marked(text: str) -> str:
    return DANGEROUS.sub(lambda found: _SIGNS[ord(found.group())], text)


class Neutral:
    """The same for text that comes in pieces: a line end may be cut in two."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The next piece, harmless."""
        text = self._held + piece
        self._held = "\r" if text.endswith("\r") else ""
        return neutral(text[: len(text) - len(self._held)])

    def rest(self) -> str:
        """What was held back."""
        rest, self._held = self._held, ""
        return neutral(rest)
