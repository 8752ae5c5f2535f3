"""The straight line through a series, and how sure its slope is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Memory moves in steps that last for some turns, so neighbours are not independent: the interval is taken
# from the means of so many blocks of turns (batch means), with Student's t for 97.5 % at that many less 2.
BLOCKS = 10
_T = 2.306


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope in units of the values a step, and the half of its 95 % interval."""

    slope: float
    half_interval: float

    @property
    def low(self) -> float:
        """Its lower bound."""
        return self.slope - self.half_interval

    @property
    def high(self) -> float:
        """Its upper bound."""
        return self.slope + self.half_interval


def slope_of(values: Sequence[float]) -> Slope:
    """By least squares over the means of `BLOCKS` equal blocks; the first values that fill none are left out.

    Raises:
        ValueError: there are fewer values than blocks.
    """
    size = len(values) // BLOCKS
    if not size:
        raise ValueError(f"a slope needs {BLOCKS} values")
    used = values[len(values) - size * BLOCKS :]
    means = [sum(used[at : at + size]) / size for at in range(0, len(used), size)]
    middle, mean = (BLOCKS - 1) / 2, sum(means) / BLOCKS
    spread = sum((at - middle) ** 2 for at in range(BLOCKS))
    slope = sum((at - middle) * (value - mean) for at, value in enumerate(means)) / spread
    off = sum((value - mean - slope * (at - middle)) ** 2 for at, value in enumerate(means))
    error = math.sqrt(off / (BLOCKS - 2) / spread)
    return Slope(slope / size, _T * error / size)
