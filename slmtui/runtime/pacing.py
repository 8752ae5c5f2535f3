"""How much of a prompt is read at a time, and how often text is sent: overhead against delay, twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

# A piece of the prompt should take about this long (seconds): the host cannot hear a stop meanwhile, because
# the runtime holds the GIL.
TARGET_SECONDS = 0.15
SMALLEST, FIRST, LARGEST = 16, 32, 512
# A question that takes no longer is read at once. Whoever stops it does not wait for that: the app goes on
# after `client.STOP_PATIENCE`, and the host is free again before another question is typed.
ALONE_SECONDS = 0.4

# Text is sent at most this often (seconds). A screen draws 30 times a second; a line of JSON for each token
# costs a model that makes 2,000 a second a quarter of its speed. On two cores that both compute, the app
# wakes at the cost of 0.1 ms: 1 % of the speed at 100 times a second, half a percent at 50.
SEND_EVERY = 0.02


class PromptPace:
    """Sizes of the pieces a prompt is read in, fitted to how fast the model turns out to be.

    Reading in pieces costs little and saves memory. A 135M model on two cores reads 1,024 tokens at 226 a
    second in pieces of 512, 238 in pieces of 64, 216 in pieces of 16 and 180 in pieces of 8; and the runtime
    computes logits for every token of a piece (1,024 × a vocabulary of 49,152 × 4 bytes = 201 MB).
    """

    def __init__(self) -> None:
        self.size = FIRST
        self._alone = 2 * FIRST  # what is less than this is read as one piece

    def took(self, tokens: int, seconds: float) -> None:
        """Learn from a piece that was read: half or double the next one towards `TARGET_SECONDS`."""
        if tokens >= SMALLEST and seconds > 0:
            self._alone = int(min(LARGEST, ALONE_SECONDS * tokens / seconds))
        if tokens < self.size:
            return  # the rest of a prompt says little about a whole piece
        seconds *= self.size / tokens
        if seconds > TARGET_SECONDS:
            self.size = max(SMALLEST, self.size // 2)
        elif seconds < TARGET_SECONDS / 2:
            self.size = min(LARGEST, self.size * 2)

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Bounds of the pieces of `range(start, end)`; each asks for the size that holds by then.

        What is less than two pieces, or is read within `ALONE_SECONDS`, is one: each piece has a price of its
        own, 10 ms for a 135M model.

        No piece but a lone one has a single token: for one token the runtime takes other kernels, whose sums
        differ in the last bits, and the same prompt would no longer give the same answer.
        """
        while start < end:
            stop = start + self.size
            if end - start <= min(max(2 * self.size, self._alone), LARGEST) or end - stop == 1:
                stop = end
            yield start, stop
            start = stop


class Speaker:
    """Joins the texts of tokens that come faster than `SEND_EVERY`; the first is sent at once.

    Args:
        send: takes the text, its number of tokens, and the time of the last of them.
    """

    def __init__(self, send: Callable[[str, int, float], None]) -> None:
        self._send = send
        self._texts: list[str] = []
        # For whoever speaks a thousand times a second: a text that comes before `due` may be put into `hold`
        # at once, and the time of the `latest` told before it is flushed.
        self.due = float("-inf")
        self.hold = self._texts.append
        self.latest = 0.0

    def say(self, text: str, now: float) -> bool:
        """Take one token's text, which came at `now` (seconds, any clock); says whether it was sent."""
        self.hold(text)
        self.latest = now
        if now < self.due:
            return False
        self.flush()
        return True

    def add(self, text: str) -> None:
        """Take text that belongs to a token which was counted already."""
        if self._texts:
            self._texts[-1] += text
        elif text:
            self._send(text, 0, self.latest)

    def flush(self) -> None:
        """Send what is held back."""
        if self._texts:
            self._send("".join(self._texts), len(self._texts), self.latest)
            self._texts.clear()
            self.due = self.latest + SEND_EVERY
