"""Which variant to take: the frontier of those that nothing beats, and the best of those allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from slmtui.lab.constraints import Constraint
from slmtui.lab.metrics import Metric, metric
from slmtui.lab.row import VariantResult

# Suite scores this close are alike: a question or so of a suite of a hundred.
_ALIKE_SUITE = 0.01
# A KL divergence below this is not told from the source in use: INT8 of the table is closer, INT4 further.
_ALIKE_KL = 0.01


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The row to take (None if none keeps all constraints), why, and what is against each other one."""

    row: VariantResult | None
    reason: str
    against: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "source": self.row.source if self.row else None,
            "variant": self.row.variant.to_json() if self.row else None,
            "label": self.row.variant.label if self.row else None,
            "output": str(self.row.output) if self.row else None,
            "reason": self.reason,
            "against": [{"row": name, "reason": why} for name, why in self.against],
        }


def frontier(
    rows: Iterable[VariantResult], cost: str = "bytes", gain: str = "kl_mean"
) -> tuple[VariantResult, ...]:
    """The rows that no other of the same model beats in one figure without losing in the other.

    A row that lacks one of the figures is not on it.
    """
    one, other = _metric(cost), _metric(gain)
    known = [row for row in rows if {one.id, other.id} <= set(row.figures)]

    def point(row: VariantResult) -> tuple[float, float]:
        figures = row.figures  # lower is better in both, once the sign of a gain is turned
        return _turned(one, figures[one.id]), _turned(other, figures[other.id])

    points = {row.key: point(row) for row in known}

    def beaten(row: VariantResult) -> bool:
        mine = points[row.key]
        rivals = (points[each.key] for each in known if each.source == row.source)
        return any(
            all(a <= b for a, b in zip(theirs, mine, strict=True)) and theirs != mine for theirs in rivals
        )

    return tuple(row for row in known if not beaten(row))


def recommend(rows: Sequence[VariantResult], constraints: Sequence[Constraint] = ()) -> Recommendation:
    """The variant to take: of those that keep all constraints, none judged wrong, the one that answers best.

    Best is the highest suite score, then (scores within a hundredth are alike) the closest to its source,
    then the smallest. Without constraints the smallest is taken whose quality is hardly told from the best.
    """
    against: list[tuple[str, str]] = []
    fitting: list[VariantResult] = []
    for row in rows:
        why = _against(row, constraints)
        if why:
            against.append((_name(row, rows), why))
        else:
            fitting.append(row)
    if not fitting:
        return Recommendation(None, _none(rows, constraints, against), tuple(against))
    best_suite = max((row.figures.get("suite", 0.0) for row in fitting), default=0.0)
    as_good = [row for row in fitting if row.figures.get("suite", 0.0) >= best_suite - _ALIKE_SUITE]
    closest = min(_kl(row) for row in as_good)
    alike = [row for row in as_good if _kl(row) <= max(closest, _ALIKE_KL)]
    chosen = min(alike, key=lambda row: row.figures.get("bytes", float("inf")))
    for row in fitting:
        if row is not chosen:
            against.append((_name(row, rows), _lesser(row, chosen, best_suite, as_good, alike)))
    return Recommendation(chosen, _reason(chosen, constraints, fitting, alike), tuple(against))


def _against(row: VariantResult, constraints: Sequence[Constraint]) -> str:
    """Why a row cannot be taken; "" if it can."""
    if row.status == "failed":
        return f"it failed: {row.failure}"
    if "conversion" not in row.steps:
        return "it is not made yet"
    if row.steps["conversion"].get("parity", {}).get("verdict") == "wrong":
        return "it does not say what its source says"
    broken = []
    for each in constraints:
        value = row.figures.get(each.metric.id)
        if value is None:
            broken.append(f"{each.metric.title} was not measured")
        elif not each.holds(row.figures):
            broken.append(
                f"{each.metric.title} is {each.metric.show(value)}, asked is {each.operator}"
                f" {each.metric.show(each.limit)}"
            )
    return "; ".join(broken)


def _lesser(
    row: VariantResult,
    chosen: VariantResult,
    best_suite: float,
    as_good: Sequence[VariantResult],
    alike: Sequence[VariantResult],
) -> str:
    if row not in as_good:
        return f"its suite score is {row.figures.get('suite', 0.0):.1%}, the best is {best_suite:.1%}"
    if row not in alike:
        kl = _metric("kl_mean")
        mine, theirs = row.figures.get("kl_mean"), chosen.figures.get("kl_mean")
        return (
            f"it is further from its source: KL {kl.show(mine)}, {kl.show(theirs)} for {chosen.variant.label}"
        )
    shown = _metric("bytes").show
    mine, theirs = row.figures.get("bytes"), chosen.figures.get("bytes")
    return f"as good, and larger: {shown(mine)}, {shown(theirs)} for {chosen.variant.label}"


def _reason(
    chosen: VariantResult,
    constraints: Sequence[Constraint],
    fitting: Sequence[VariantResult],
    alike: Sequence[VariantResult],
) -> str:
    """One or two sentences for people."""
    figures = chosen.figures
    said = [
        f"{_metric(name).title} {_metric(name).show(figures[name])}"
        for name in ("suite", "kl_mean", "bytes", "tokens_per_second")
        if name in figures
    ]
    if len(fitting) == 1:
        why = "it alone keeps what is asked" if constraints else "it is the only one that was made"
    elif len(alike) > 1:
        why = "of those whose answers are hardly told apart, it is the smallest"
    else:
        why = "of those that keep what is asked, it answers best" if constraints else "it answers best"
    return f"{chosen.variant.label}: {why} ({', '.join(said)})."


def _none(
    rows: Sequence[VariantResult], constraints: Sequence[Constraint], against: Sequence[tuple[str, str]]
) -> str:
    if rows and all(row.status == "failed" for row in rows):
        return f"No variant could be made: {rows[0].failure}"
    if not any("conversion" in row.steps for row in rows):
        return "Nothing is measured yet."
    asked = ", ".join(map(str, constraints))
    if not asked:
        return "No variant can be taken: " + "; ".join(f"{name}: {why}" for name, why in against[:3]) + "."
    # The one thing that would have to give is worth more than the list of all.
    for each in constraints:
        others = [other for other in constraints if other is not each]
        eased = recommend(rows, others) if others else None
        if eased is not None and eased.row is not None:
            return f"No variant keeps {asked}. Without {each}, it would be {eased.reason}"
    return f"No variant keeps {asked}.{_closest(rows, constraints)}"


def _closest(rows: Sequence[VariantResult], constraints: Sequence[Constraint]) -> str:
    """How near the variants come to each constraint that none of them keeps; "" where nothing is measured."""
    said = []
    for each in constraints:
        known = [row for row in rows if each.metric.id in row.figures]
        if known and not any(each.holds(row.figures) for row in known):
            best = min(known, key=lambda row: _turned(each.metric, row.figures[each.metric.id]))
            value = each.metric.show(best.figures[each.metric.id])
            said.append(f"{_name(best, rows)} comes closest with {each.metric.title} {value}")
    return f" {'; '.join(said)}." if said else ""


def _name(row: VariantResult, rows: Sequence[VariantResult]) -> str:
    several = len({each.source for each in rows}) > 1
    return f"{row.source} {row.variant.label}" if several else row.variant.label


def _kl(row: VariantResult) -> float:
    return row.figures.get("kl_mean", float("inf"))


def _turned(of: Metric, value: float) -> float:
    return value if of.better == "low" else -value


def _metric(name: str) -> Metric:
    found = metric(name)
    if found is None:
        raise ValueError(f"there is no metric {name}")
    return found
