"""From the figures of a comparison to a word: verified, degraded or wrong, by `thresholds.toml`."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

Word: TypeAlias = Literal["verified", "degraded", "wrong", "unverified"]

_FILE = Path(__file__).with_name("thresholds.toml")
# A recipe of one's own may have no precision of the table: it is judged as the coarsest is.
_COARSEST = "int4"
_DAMAGED = (
    "The source's weights are damaged, or its training came to nothing: fetch it again, or take an earlier"
    " checkpoint of the training."
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the comparison found, as in `Parity`.

    `source_finite` and `result_finite`: whether all logits were finite numbers; `source_damaged`: whether
    some of the source's were NaN or +∞, which no masking of tokens makes (that is -∞); `vocabularies`: how
    many logits source and result have at each position, if not equally many; `other_tokens`: texts that the
    two tokenizers split differently.
    """

    cosine: float = math.nan
    top1: float = math.nan
    kl_mean: float = math.nan
    kl_p99: float = math.nan
    tokens: int = 0
    source_finite: bool = True
    result_finite: bool = True
    source_damaged: bool = False
    vocabularies: tuple[int, int] | None = None
    other_tokens: tuple[str, ...] = ()

    @classmethod
    def of(cls, reply: Mapping[str, Any]) -> Figures:
        """From the last reply of the result's worker."""
        if reply["event"] == "other_vocabulary":
            return cls(vocabularies=(int(reply["source"]), int(reply["result"])))
        return cls(
            cosine=reply.get("cosine", math.nan),
            top1=reply.get("top1", math.nan),
            kl_mean=reply.get("kl_mean", math.nan),
            kl_p99=reply.get("kl_p99", math.nan),
            tokens=int(reply["tokens"]),
            source_finite=bool(reply["finite"]["source"]),
            result_finite=bool(reply["finite"]["result"]),
            source_damaged=bool(reply["finite"].get("source_damaged", False)),
            other_tokens=tuple(reply["other_tokens"]),
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """The word, and why, for people; a `fix` only where it is not that of every such word."""

    verdict: Word
    reason: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far from the source a model may be: `cosine` at least, the divergences at most."""

    cosine: float
    kl_mean: float
    kl_p99: float

    def broken_by(self, figures: Figures) -> str:
        """The first bound that does not hold, in words; "" if all do."""
        if not figures.cosine >= self.cosine:
            return f"the cosine of the logits is {figures.cosine:.4f}, under {self.cosine:g}"
        if not figures.kl_mean <= self.kl_mean:
            return f"the mean KL divergence is {figures.kl_mean:.3g}, over {self.kl_mean:g}"
        if not figures.kl_p99 <= self.kl_p99:
            worst = f"{figures.kl_p99:.3g}, over {self.kl_p99:g}"
            return f"the KL divergence of the worst hundredth of the positions is {worst}"
        return ""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """For one precision: within `verified` all is as it should be, beyond `degraded` it is wrong."""

    verified: Bounds
    degraded: Bounds


@functools.cache
def thresholds() -> Mapping[str, Thresholds]:
    """The thresholds by precision, as the data file has them."""
    with _FILE.open("rb") as file:
        data = tomllib.load(file)
    return {
        precision: Thresholds(Bounds(**entry["verified"]), Bounds(**entry["degraded"]))
        for precision, entry in data.items()
    }


def judge(figures: Figures, precision: str) -> Judgement:
    """What the figures say of a model of this precision."""
    if figures.vocabularies is not None:
        source, result = figures.vocabularies
        return Judgement("wrong", f"The source tells {source:,} tokens apart, the result {result:,}.")
    if figures.source_damaged:
        return Judgement("wrong", "The source itself answers with what is not a number.", _DAMAGED)
    if not figures.source_finite:
        return Judgement("unverified", "The source itself answers with what is not a number.", _DAMAGED)
    if not figures.result_finite:
        return Judgement("wrong", "The model answers with what is not a number.")
    by_precision = thresholds()
    bounds = by_precision.get(precision, by_precision[_COARSEST])
    if figures.cosine == 0 and figures.kl_mean == 0:
        return Judgement("wrong", "Source and result answer alike to everything: all logits are 0.", _DAMAGED)
    if broken := bounds.degraded.broken_by(figures):
        return Judgement("wrong", f"It does not say what its source says: {broken}.")
    if figures.other_tokens:
        return Judgement(
            "degraded",
            f"The runtime splits text into other tokens than the source: {figures.other_tokens[0]!r}.",
        )
    if broken := bounds.verified.broken_by(figures):
        return Judgement("degraded", f"It says less well what its source says: {broken}.")
    return Judgement("verified", f"It says what its source says, as far as {precision.upper()} can.")
