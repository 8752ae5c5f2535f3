"""What the benchmarks measure beside what they aim at: one table at the end of a run, and no verdict on it.

Speed is measured and not asserted: a machine that is busy with something else is no mistake of the program.
What a benchmark asserts is that both sides did the same work.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field

import pytest


@dataclass(frozen=True)
class Figure:
    """One measured `value` and the `goal` it is to keep to, which is a most or a least of it."""

    name: str
    value: float
    goal: float
    least: bool
    unit: str

    def __str__(self) -> str:
        met = (operator.ge if self.least else operator.le)(self.value, self.goal)
        sign = "at least" if self.least else "at most"
        measured, goal = f"{self.value:.3g}{self.unit}", f"{sign} {self.goal:g}{self.unit}"
        return f"{self.name:<66} {measured:>10}   {goal:<18} {'met' if met else 'MISSED'}"


@dataclass
class Goals:
    """Collects the figures of a run."""

    figures: list[Figure] = field(default_factory=list)

    def at_most(self, name: str, value: float, goal: float, unit: str = "") -> None:
        """A figure that is better the smaller it is."""
        self.figures.append(Figure(name, value, goal, least=False, unit=unit))

    def at_least(self, name: str, value: float, goal: float, unit: str = "") -> None:
        """A figure that is better the greater it is."""
        self.figures.append(Figure(name, value, goal, least=True, unit=unit))


_GOALS = pytest.StashKey[Goals]()


def pytest_configure(config: pytest.Config) -> None:
    """One collection for the whole run."""
    config.stash[_GOALS] = Goals()


@pytest.fixture(scope="session")
def goals(pytestconfig: pytest.Config) -> Goals:
    """Takes what was measured, for the table at the end."""
    return pytestconfig.stash[_GOALS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    figures = config.stash[_GOALS].figures
    if figures:
        terminalreporter.section("measured, beside what is aimed at")
        for figure in figures:
            terminalreporter.line(str(figure))
