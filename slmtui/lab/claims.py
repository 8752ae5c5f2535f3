"""What the guide claims of the four precisions; the lab measures beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """The guide's row for a precision: its size as a share of FP32's, and words for speed and quality."""

    size_share: float
    size: str
    speed: str
    quality: str


CLAIMS: dict[str, Claim] = {
    "fp32": Claim(1.0, "the baseline", "the baseline", "the baseline"),
    "fp16": Claim(0.5, "half", "fast", "best"),
    "int8": Claim(0.25, "a quarter", "very fast", "good"),
    "int4": Claim(0.125, "an eighth", "fastest", "acceptable"),
}


def claim(precision: str) -> Claim | None:
    """The guide's row for a precision; None if it has none."""
    return CLAIMS.get(precision)
