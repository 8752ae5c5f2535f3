"""A conversion in a few lines: what would be made, and what was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textual.content import Content

from slmtui.conversion.plan import ConversionPlan
from slmtui.source.model_source import ModelSource
from slmtui.tui.format import MUTED, icon, safe, short
from slmtui.units import count, duration, size

_COMPARE = "Again makes it once more; with Proof on “compare with the source” it is compared."
Row = tuple[str, str | Content]
_STATES = {"verified": "verified", "degraded": "warn", "wrong": "failed", "unverified": "unchecked"}


def plan_rows(source: ModelSource | None, plan: ConversionPlan | None) -> Iterator[Row]:
    """The source, and what is free where the model goes."""
    if source is not None:
        yield "source", short(source.path)
        yield "model", f"{source.architecture}, {count(source.parameters)} parameters, {source.dtype}"
    if plan is not None:
        yield (
            "makes",
            plan.recipe.title if plan.config is None or plan.config.recipe else "your configuration",
        )
        yield "free", f"{size(plan.free_memory_bytes)} of memory, {size(plan.free_bytes)} on the disk"


def done_rows(record: Mapping[str, Any], source_bytes: int) -> Iterator[Row]:
    """What a deployment has recorded of its conversion."""
    share = f", {int(record['bytes']) / source_bytes:.2f} of the source" if source_bytes else ""
    yield "output", short(record["output"])
    yield "made", str(record.get("recipe") or str(record.get("precision", "")).upper())
    yield "size", f"{size(record['bytes'])}{share}"
    took = f"{duration(record['seconds'])}, {size(record['peak_rss_bytes'])} at the peak"
    yield "took", "nothing: an earlier result is used again" if record.get("cached") else took
    yield from _parity(record.get("parity") or {}, _fix(record))
    yield "log", short(record["log"]) if record["log"] else ""


def _fix(record: Mapping[str, Any]) -> str:
    """What the comparison says is to be done; without one there is only to make it."""
    verdicts: list[Mapping[str, Any]] = record.get("verdicts", [])
    verdict = next((each for each in verdicts if each.get("id") == "parity"), {})
    return str(verdict.get("fix", "")) or _COMPARE


def _parity(parity: Mapping[str, Any], fix: str) -> Iterator[Row]:
    """The verdict of the comparison with the source, its figures, and what to do without any."""
    word = str(parity.get("verdict", ""))
    if not word:
        return
    yield "parity", Content.assemble(icon(_STATES.get(word, "unchecked")), " ", (safe(word), "bold"))
    if parity.get("kl_mean") is not None:
        yield (
            "",
            Content.assemble(
                ("KL divergence ", MUTED),
                f"{parity['kl_mean']:.3g} mean, {parity.get('kl_p99', 0):.3g} at 99 %",
            ),
        )
        yield (
            "",
            Content.assemble(
                ("same first choice ", MUTED),
                f"{parity.get('top1', 0):.1%}",
                ("   cosine ", MUTED),
                f"{parity.get('cosine', 0):.4f}",
            ),
        )
        yield (
            "",
            Content.styled(
                f"over {parity.get('tokens', 0):,} tokens, in {duration(parity.get('seconds', 0))}", MUTED
            ),
        )
    if word != "verified" and parity.get("reason"):
        yield "", safe(str(parity["reason"]))
    if word == "unverified":
        yield "", Content.assemble(("→ ", "$text-accent"), safe(fix))
