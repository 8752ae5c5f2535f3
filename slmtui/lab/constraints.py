"""Constraints: what a variant has to keep, as typed: `bytes<300e6`, `suite >= 95 %`, `under 300 MB`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from slmtui.events import Failure
from slmtui.lab.metrics import METRICS, Metric, Unit, metric

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SPELLED = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_WORDS = {
    "under": "<",
    "below": "<",
    "less than": "<",
    "over": ">",
    "above": ">",
    "more than": ">",
    "at most": "<=",
    "up to": "<=",
    "at least": ">=",
}
# What a unit multiplies by, and which kind of figure it can stand behind.
_UNITS: Mapping[str, tuple[float, Unit]] = {
    "b": (1, "bytes"),
    "kb": (1e3, "bytes"),
    "mb": (1e6, "bytes"),
    "gb": (1e9, "bytes"),
    "kib": (2**10, "bytes"),
    "mib": (2**20, "bytes"),
    "gib": (2**30, "bytes"),
    "%": (0.01, "share"),
    "ms": (1, "ms"),
    "s": (1e3, "ms"),
    "tokens/s": (1, "per_second"),
    "tok/s": (1, "per_second"),
    "t/s": (1, "per_second"),
    "nats": (1, "nats"),
}
_NUMBER = r"(?P<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)"
_COMPARED = re.compile(
    rf"(?P<metric>[a-z][a-z0-9_/ -]*?)?\s*(?P<op><=|>=|=<|=>|<|>|≤|≥)\s*{_NUMBER}\s*(?P<unit>[a-z%/]*)"
)
_WORDED = re.compile(
    rf"(?P<metric>[a-z][a-z0-9_/ -]*?)?\s*\b(?P<op>{'|'.join(_WORDS)})\s+{_NUMBER}\s*(?P<unit>[a-z%/]*)"
)
_EXAMPLES = "bytes<300e6, tokens_per_second>=20, suite>=95%, or: under 300 MB"


@dataclass(frozen=True, slots=True)
class Constraint:
    """`metric` compared with `limit` by `operator`; `text` is what was typed."""

    metric: Metric
    operator: str
    limit: float
    text: str

    def holds(self, figures: Mapping[str, float]) -> bool | None:
        """Whether `figures` keep it; None where the figure was not measured."""
        value = figures.get(self.metric.id)
        return None if value is None else _OPERATORS[self.operator](value, self.limit)

    def __str__(self) -> str:
        return f"{self.metric.title} {self.operator} {self.metric.show(self.limit)}"


def parse_constraint(text: str) -> Constraint:
    """The constraint that a person types.

    Raises:
        Failure: it cannot be read, with the part that is wrong.
    """
    lowered = " ".join(text.lower().split())
    found = _COMPARED.fullmatch(lowered) or _WORDED.fullmatch(lowered)
    if found is None:
        raise Failure(f"The constraint {text!r} cannot be read.", f"Write for example {_EXAMPLES}.")
    sign = _SPELLED.get(found["op"], _WORDS.get(found["op"], found["op"]))
    unit = found["unit"]
    if unit and unit not in _UNITS:
        raise Failure(
            f"The constraint {text!r} has the unit {unit!r}, which is none.",
            f"Take one of: {', '.join(sorted(_UNITS))}; or write the plain number.",
        )
    meant = _meant(text, found["metric"], unit)
    factor, kind = _UNITS.get(unit, (1.0, meant.unit))
    if kind == "ms" and meant.unit == "seconds":
        factor, kind = factor / 1e3, "seconds"
    if kind != meant.unit:
        raise Failure(
            f"The constraint {text!r} gives {meant.title} in {unit}, which is no unit of it.",
            "Leave the unit away, or name another figure.",
        )
    limit = float(f"{float(found['number']) * factor:.12g}")  # 95 × 0.01 is a little more than 0.95
    return Constraint(meant, sign, limit, text.strip())


def parse_constraints(texts: str | Iterable[str]) -> tuple[Constraint, ...]:
    """All constraints of several texts; commas, semicolons and "and" divide several in one.

    Raises:
        Failure: one cannot be read.
    """
    given = [texts] if isinstance(texts, str) else list(texts)
    parts = [part for text in given for part in re.split(r"[,;\n]|\band\b", text) if part.strip()]
    return tuple(map(parse_constraint, parts))


def _meant(text: str, name: str | None, unit: str) -> Metric:
    """The metric that is named; without a name, the first that has such a unit."""
    if name:
        found = metric(name)
        if found is not None:
            return found
        known = ", ".join(each.id for each in METRICS)
        raise Failure(
            f"The constraint {text!r} names {name!r}, which is not measured.", f"Take one of: {known}."
        )
    kind = _UNITS[unit][1] if unit else None
    # A bare share could be of anything.
    if kind is None or kind == "share":
        raise Failure(
            f"The constraint {text!r} does not say of which figure.", f"Write for example {_EXAMPLES}."
        )
    return next(each for each in METRICS if each.unit == kind)
