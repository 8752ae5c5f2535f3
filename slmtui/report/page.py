"""A report as one page that needs nothing else: no script, no network, its style and plots inside."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.report.blocks import Bar, Plot
from slmtui.report.change import Comparison
from slmtui.report.document import FORMAT, VERSION, Report
from slmtui.report.words import sections, tiles
from slmtui.runtime.neutral import neutral

MARK = f'<meta name="generator" content="{FORMAT} {VERSION}">'
_HERE = Path(__file__).parent
_SIGNS = {"ok": "✓", "warn": "!", "fail": "✗", "unchecked": "–", "plain": ""}
_TITLES = {"ok": "passes", "warn": "warning", "fail": "fails", "unchecked": "unchecked", "plain": ""}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A bar in per cent of the plot's width; None where there is nothing to draw."""

    bar: Bar
    width: float
    low: float | None
    high: float | None
    mark: float | None


def page(report: Report, comparison: Comparison | None = None) -> str:
    """The whole page. All texts are escaped, and what a terminal or browser would obey is shown as signs."""
    import jinja2  # only who makes a page pays for it
    from markupsafe import Markup

    def harmless(value: Any) -> Any:
        return neutral(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = jinja2.Environment(
        autoescape=True,
        finalize=harmless,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    template = environment.from_string((_HERE / "page.html.jinja").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        tiles=tiles(report, comparison),
        sections=sections(report, comparison),
        drawn=drawn,
        signs=_SIGNS,
        titles=_TITLES,
        # Our own two files; whatever comes from elsewhere is escaped.
        mark=Markup(MARK),  # noqa: S704
        style=Markup(style),  # noqa: S704
        policy=_policy(style),
    )


def drawn(plot: Plot) -> tuple[Drawn, ...]:
    """The bars of a plot, the longest of which takes the whole width."""
    ends = [end for bar in plot.bars for end in (bar.value, bar.high, bar.mark) if end is not None]
    most = max((end for end in ends if math.isfinite(end)), default=0.0)

    def part(value: float | None) -> float | None:
        if value is None or not math.isfinite(value):
            return None
        return round(100 * min(max(value, 0.0), most) / most, 2) if most > 0 else 0.0

    return tuple(
        Drawn(bar, part(bar.value) or 0.0, part(bar.low), part(bar.high), part(bar.mark)) for bar in plot.bars
    )


def _policy(style: str) -> str:
    """Nothing is loaded, sent or run, whatever a model has said; this one style is allowed."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
