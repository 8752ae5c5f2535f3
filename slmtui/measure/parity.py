"""Parity: whether a converted model still says what its source says.

Both read the same probe, one after the other, each in a process of its own that ends before the next begins:
two large models need not fit into memory together. In between, the source's logits lie in a file.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.events import Cancel, Failure, Progress, Service, Status, Verdict
from slmtui.measure.judge import Figures, Judgement, Word, judge
from slmtui.measure.probe import Probe, probe
from slmtui.measure.source_reading import read_source
from slmtui.measure.workers import Part, offline
from slmtui.measure.workers import work as work_with
from slmtui.source.model_source import ModelSource

RESULT_WORKER = "slmtui.measure.result_worker"
STAGE = "parity"
# Shares of the whole: starting a worker and loading its model, then reading. Measured with SmolLM2-135M.
_PARTS = {
    "source": Part(STAGE, "Comparing", "source", 0.0, 0.5, 0.7),
    "result": Part(STAGE, "Comparing", "result", 0.7, 0.8, 1.0),
}

_STATUS: Mapping[Word, Status] = {
    "verified": "ok",
    "degraded": "warn",
    "wrong": "fail",
    "unverified": "unchecked",
}
_FIXES: Mapping[Word, str] = {
    "verified": "",
    "degraded": "If its answers are not good enough, take a finer preset: smaller blocks, INT8, or FP16.",
    "wrong": "Take a finer precision; where FP32 is wrong too, a model of another architecture.",
    "unverified": "Free what was short and convert again, or try the answers yourself.",
}


@dataclass(frozen=True, slots=True)
class Parity:
    """How far a converted model is from its source.

    The means of the logits' `cosine`, of `top1` agreement (0 to 1) and of the KL divergence of the result's
    next-token distribution from the source's (in nats; `kl_p99` is its 99th percentile) over all `tokens`
    positions of the probe; not a number where they could not be measured. `seconds` is what measuring took,
    `reason` why the verdict is what it is, for people, and `fix` what to do where the word alone does not
    say it.
    """

    verdict: Word
    cosine: float
    top1: float
    kl_mean: float
    kl_p99: float
    tokens: int
    seconds: float
    reason: str
    fix: str = ""

    def as_verdict(self) -> Verdict:
        """For people: the figures, and what to do about them."""
        status: Status = _STATUS[self.verdict]
        measured = (
            f" KL divergence {self.kl_mean:.3g} on average, {self.kl_p99:.3g} at 99 %; the same first choice"
            f" at {self.top1:.1%} of {self.tokens:,} tokens; cosine {self.cosine:.4f}."
        )
        evidence = f"{self.verdict}: {self.reason}" + (measured if math.isfinite(self.kl_mean) else "")
        fix = self.fix or _FIXES[self.verdict]
        return Verdict(STAGE, "It says what its source says", status, evidence, fix)

    def as_record(self) -> dict[str, Any]:
        """For JSON: what is not a number is None; always the same keys."""
        figures = {name: getattr(self, name) for name in ("cosine", "top1", "kl_mean", "kl_p99")}
        rounded = {name: round(each, 6) if math.isfinite(each) else None for name, each in figures.items()}
        return {
            "verdict": self.verdict,
            **rounded,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 2),
            "reason": self.reason,
        }


def unverified(reason: str, seconds: float = 0.0) -> Parity:
    """The parity of a model that was not measured."""
    return Parity("unverified", math.nan, math.nan, math.nan, math.nan, 0, seconds, reason)


def parity(
    source: ModelSource,
    model: Path,
    precision: str,
    cancel: Cancel,
    *,
    text: str | None = None,
    checkpoint: Path | None = None,
    log: Path,
    work: Path,
    keep: bool = False,
) -> Service[Parity]:
    """Compare the converted `model` with `source`; yields `Progress`, `LogLine` and `Usage`.

    Args:
        source: what was converted.
        model: the folder of the result.
        precision: of the result; it decides how much damage is to be expected.
        cancel: ends it within a second.
        text: the user's own probe text in place of the built-in one.
        checkpoint: the Hugging Face folder that was really converted (a GGUF file unpacked, an adapter
            merged), where that is not the source itself.
        log: the file that receives what the workers print.
        work: a folder that need not exist, for the source's logits; it is gone afterwards.
        keep: leave it: the source is not read again for the next result that is compared with it.

    A comparison that cannot be made (too little memory, a full disk) is `unverified`, with the reason: it
    says nothing against the model.

    Raises:
        Cancelled: the workers are gone.
    """
    started = time.monotonic()
    try:
        work.mkdir(parents=True, exist_ok=True)
        runs_code = bool((source.base or source).code)
        asked = probe(text)
        figures = yield from _measure(checkpoint or source.path, runs_code, model, asked, cancel, log, work)
    except (Failure, OSError) as error:
        cancel.check()
        return unverified(f"The comparison could not be made: {error}", time.monotonic() - started)
    finally:
        if not keep:
            shutil.rmtree(work, ignore_errors=True)
    yield Progress(STAGE, "Compared with the source", 1.0)
    judgement = judge(figures, precision)
    return _parity(figures, judgement, time.monotonic() - started)


def _measure(
    checkpoint: Path, runs_code: bool, model: Path, asked: Probe, cancel: Cancel, log: Path, work: Path
) -> Service[Figures]:
    """What the two workers find, one after the other."""
    request = {
        "model": str(checkpoint),
        "runs_code": runs_code,
        "texts": list(asked.texts),
        "conversations": [list(messages) for messages in asked.conversations],
        "limit": asked.limit,
    }
    yield from read_source(_PARTS["source"], request, work, cancel, log)
    request = {"model": str(model), "folder": str(work)}
    reply = yield from work_with(RESULT_WORKER, _PARTS["result"], request, cancel, log, offline(work))
    return Figures.of(reply)


def _parity(figures: Figures, judgement: Judgement, seconds: float) -> Parity:
    return Parity(
        judgement.verdict,
        figures.cosine,
        figures.top1,
        figures.kl_mean,
        figures.kl_p99,
        figures.tokens,
        seconds,
        judgement.reason,
        judgement.fix,
    )
