"""One row of the lab's table in full: what was measured beside what the guide claims, or why it failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from slmtui.events import Failure
from slmtui.lab.claims import claim
from slmtui.lab.metrics import metric
from slmtui.tui.format import short
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.verdicts import FailurePanel

if TYPE_CHECKING:
    from slmtui.lab.recommend import Recommendation
    from slmtui.lab.result import LabResult
    from slmtui.lab.row import VariantResult


class LabDetail(VerticalScroll):
    """Facts on the highlighted row."""

    DEFAULT_CSS = """
    LabDetail {
        height: auto;
        background: $surface;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 5%; }
        FailurePanel { margin: 0; padding: 0; background: $surface; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="lab-detail")

    def compose(self) -> ComposeResult:
        yield FailurePanel(id="row-failure")
        yield Facts(id="row-facts")

    def show(self, row: VariantResult | None, result: LabResult | None, said: Recommendation | None) -> None:
        """Show `row` of `result`; `said` is what is recommended."""
        self.display = row is not None
        if row is None or result is None:
            return
        self.query_one(FailurePanel).show(Failure(row.failure, row.fix) if row.failure else None)
        self.query_one(Facts).show(_rows(row, result, said))


def _rows(row: VariantResult, result: LabResult, said: Recommendation | None) -> Iterator[tuple[str, str]]:
    against = dict(said.against) if said else {}
    yield row.variant.label, "" if row.failure else against.get(row.variant.label, "")
    guide = claim(row.variant.precision)
    yield "size", _beside(_size(row, result), guide.size if guide else "")
    yield "speed", _beside(_speed(row, result), guide.speed if guide else "")
    yield "quality", _beside(_quality(row), guide.quality if guide else "")
    yield "memory", _figure(row, "peak_rss_bytes")
    if row.bytes is not None and row.output is not None:
        yield "folder", short(row.output)


def _beside(measured: str, claimed: str) -> str:
    return f"{measured}; the guide says: {claimed}" if measured and claimed else measured


def _size(row: VariantResult, result: LabResult) -> str:
    share = result.share_of_fp32(row)
    return _joined(_figure(row, "bytes"), _of_fp32(row, share))


def _speed(row: VariantResult, result: LabResult) -> str:
    rate = _figure(row, "tokens_per_second")
    first = _figure(row, "ttft_ms")
    share = result.share_of_fp32(row, "tokens_per_second")
    times = f"{share:.1f} × FP32" if share is not None and row.variant.precision != "fp32" else ""
    return _joined(f"{rate} tokens/s" if rate else "", times, f"first token after {first}" if first else "")


def _quality(row: VariantResult) -> str:
    named = (("KL ", "kl_mean"), ("99 % ", "kl_p99"), ("top-1 ", "top1"), ("perplexity ", "perplexity"))
    suite = _figure(row, "suite")
    return _joined(
        *(name + _figure(row, key) if _figure(row, key) else "" for name, key in named),
        f"suite {suite}" if suite else "",
    )


def _of_fp32(row: VariantResult, share: float | None) -> str:
    return f"{share:.0%} of FP32" if share is not None and row.variant.precision != "fp32" else ""


def _figure(row: VariantResult, name: str) -> str:
    known = metric(name)
    value = row.figures.get(name)
    return known.show(value) if known is not None and value is not None else ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
