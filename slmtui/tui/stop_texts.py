"""Stop strings as one line to type in: `a | b`, and what no keyboard has as an escape (`\\n`, `\\x1b`).

Only a bar with spaces around it stands between two texts: `<|im_end|>` is one.
"""

from __future__ import annotations

import re

from slmtui.runtime.neutral import DANGEROUS

_BETWEEN = re.compile(r"(?:^| )\|(?= |$)")
_ESCAPE = re.compile(r"\\(?:([nt|\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_LETTERS = {"n": "\n", "t": "\t"}


def shown(texts: tuple[str, ...]) -> str:
    """The line that stands for `texts`; `read` gives them back."""
    return " | ".join(_typed(text) for text in texts)


def read(line: str) -> tuple[str, ...]:
    """The texts of a line; what is empty is none."""
    parts = (part.strip(" ") for part in _BETWEEN.split(line))
    return tuple(_ESCAPE.sub(_meant, part) for part in parts if part)


def _typed(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    text = DANGEROUS.sub(lambda found: _code(found[0]), text)
    if _BETWEEN.search(text):
        text = text.replace("|", "\\|")
    inner = text.strip(" ")
    if not inner:
        return "\\x20" * len(text)
    begin, end = text.index(inner), len(text) - len(text.rstrip(" "))
    return "\\x20" * begin + inner + "\\x20" * end


def _code(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _meant(found: re.Match[str]) -> str:
    if found[1]:
        return _LETTERS.get(found[1], found[1])
    code = int(found[2] or found[3] or found[4], 16)
    return chr(code) if code <= 0x10FFFF else found[0]
