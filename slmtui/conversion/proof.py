"""The seam for a proof that compares the result with its source.

What can make it (`slmtui.measure`) is a sibling of this package and may not be imported here, so the caller
hands it in (`pipeline/` does).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from slmtui.conversion.olive import Made
from slmtui.events import Cancel, Service, Verdict


@dataclass(frozen=True, slots=True)
class Proof:
    """What the comparison came to: a verdict, of which `fail` ends the conversion, and the figures for the
    manifest, as JSON takes them."""

    verdict: Verdict
    record: Mapping[str, Any]


UNVERIFIED: Mapping[str, Any] = MappingProxyType(
    {
        "verdict": "unverified",
        "cosine": None,
        "top1": None,
        "kl_mean": None,
        "kl_p99": None,
        "tokens": 0,
        "seconds": 0.0,
        "reason": "It was not compared with its source.",
    }
)
"""The record of a result that was not compared."""

Prove: TypeAlias = Callable[[Made, Path, Cancel], Service[Proof]]
"""Compares what was made with its source; takes the log's path. It may make folders beside the model."""
