"""Ending an answer at a text, without ever showing a part of that text."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Looks for texts in what comes in pieces, and holds back what may become one of them.

    A piece's end is held back as long as it is the beginning of a stop string; so what was let through never
    has to be taken back.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [text for text in texts if text]
        self._held = ""
        self.found: str | None = None

    def feed(self, piece: str) -> str:
        """What of the text so far may be shown now; once one is `found`, what stood before it."""
        if self.found is not None:
            return ""
        text = self._held + piece
        # The earliest end counts: it is the first one that was complete.
        ends = [(text.find(stop) + len(stop), stop) for stop in self._texts if stop in text]
        if ends:
            _, self.found = min(ends)
            self._held = ""
            return text[: text.index(self.found)]
        keep = max((_overlap(text, stop) for stop in self._texts), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        """What was held back and did not become a stop string: the answer has ended otherwise."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, stop: str) -> int:
    """The longest end of `text` that is a beginning of `stop`, in characters."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
