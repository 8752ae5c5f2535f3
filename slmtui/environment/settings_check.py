"""The settings file, where something in it does not hold: the defaults then do, and nobody would know."""

from __future__ import annotations

from collections.abc import Iterator

from slmtui.config import settings
from slmtui.environment.check import Check


def settings_file() -> Iterator[Check]:
    """What is wrong with the settings; no check where nothing is."""
    problem = settings.load()[1]
    if problem is not None:
        found = "something in them does not hold"
        yield Check("settings", "Settings", "warn", found, "readable", problem.cause, problem.fix)
