"""Noticing that a model says the same over and over: small and damaged models do, and never stop."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

# As long a repeated piece as is looked for, in tokens: a paragraph.
LONGEST = 160
# It has to have come this often in a row, and the whole of it to be this long: lists, tables and "ha ha ha"
# repeat something, too.
TIMES, TOKENS = 4, 64
# How often to look, in tokens: one look compares `LONGEST` pairs, 10 µs.
EVERY = 16


def repeating(tokens: Sequence[Hashable]) -> int:
    """The length of the piece that the end of `tokens` repeats again and again; 0 if it does not."""
    length = len(tokens)
    for period in range(1, min(LONGEST, length // TIMES) + 1):
        if tokens[-1] != tokens[-1 - period]:
            continue
        wanted = max(TIMES * period, TOKENS)
        if wanted > length:
            continue
        if all(tokens[-1 - back] == tokens[-1 - back - period] for back in range(wanted - period)):
            return period
    return 0
