"""What reading a text says of a model, beside its source: the figures, and their JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BUILT_IN = "built in"
_FIGURES = ("perplexity", "perplexity_source", "kl_mean", "kl_median", "kl_p99", "top1", "cosine")


@dataclass(frozen=True, slots=True)
class Quality:
    """A text, read by a model and by its source.

    Both read the same windows of at most 512 tokens (or half the context, where that is less); the windows do
    not overlap, and each begins as the source's tokenizer begins a text.

    Attributes:
        perplexity: of the model: exp of the mean of -ln p(token | the tokens before it in its window). Only
            models that split text into the same tokens can be compared by it.
        perplexity_source: of the source.
        kl_mean: KL(source || model) of the next-token distributions, in nats, over all positions.
        kl_median: its median.
        kl_p99: its 99th percentile.
        top1: the share of positions (0 to 1) where both put the same token first.
        cosine: the mean cosine of the two rows of logits.
        tokens: positions that were read.
        text: `BUILT_IN`, or the name of the file.
        seconds: what measuring took.
        notes: what has to be known to read the figures, in sentences.

    All but `perplexity` are not a number where there was no source to read with.
    """

    perplexity: float
    perplexity_source: float
    kl_mean: float
    kl_median: float
    kl_p99: float
    top1: float
    cosine: float
    tokens: int
    text: str
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def against_source(self) -> bool:
        """Whether a source was read beside the model."""
        return math.isfinite(self.kl_mean)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, always with the same keys; what is not a number is null."""
        found = dataclasses.asdict(self)
        for name in _FIGURES:
            found[name] = float(f"{found[name]:.6g}") if math.isfinite(found[name]) else None
        return found | {"seconds": round(self.seconds, 2), "notes": list(self.notes)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Quality:
        """What `to_json` wrote."""
        figures = {name: math.nan if value.get(name) is None else float(value[name]) for name in _FIGURES}
        return cls(
            **figures,
            tokens=int(value["tokens"]),
            text=str(value["text"]),
            seconds=float(value.get("seconds", 0.0)),
            notes=tuple(map(str, value.get("notes", ()))),
        )
