"""Converting: Olive in a staging folder beside the output, the gate, and one rename at the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from slmtui.config import toolchain
from slmtui.config.files import building, folder_bytes, put_in_place, write_atomic
from slmtui.config.locations import log_dir
from slmtui.conversion import gate, history, reuse
from slmtui.conversion.beginning import beginning
from slmtui.conversion.digests import Beside, describe, wait
from slmtui.conversion.manifest import Ingredients, ingredients, write_manifest
from slmtui.conversion.olive import MODEL, Made, run_olive
from slmtui.conversion.plan import ConversionPlan, refuse_existing
from slmtui.conversion.progress import Tracker
from slmtui.conversion.proof import UNVERIFIED, Proof, Prove
from slmtui.events import Cancel, Failure, LogLine, Progress, Service, Verdict
from slmtui.runtime.client import ModelHost

# slmtui writes over a chat template or search options that the user wants otherwise.
_OR_ORIGINAL = ", or the original that was kept of it,"


@dataclass(frozen=True, slots=True)
class ConversionResult:
    """A conversion that passed the gate: the folder, its bytes, how long it took in seconds (without the
    comparison, which has its own), the whole log, the most memory Olive's process held, the proofs, and what
    the comparison with the source found. `cached` if it was converted before, and found again."""

    output: Path
    bytes: int
    seconds: float
    log: Path
    peak_rss_bytes: int
    verdicts: tuple[Verdict, ...]
    parity: Mapping[str, Any]
    cached: bool = False


def again(plan: ConversionPlan, cancel: Cancel, *, compared: bool = True) -> Service[ConversionResult | None]:
    """The output of the same conversion, made before, put where `plan` wants it; None if there is none.

    With `compared`, one that was compared with its source counts; without, one that expressly was not.

    Raises:
        Failure: the source cannot be read, or the result cannot be put there.
        Cancelled: nothing is left.
    """
    started = time.monotonic()
    found = reuse.find(plan, toolchain.current().python, cancel, compared=compared)
    if found is None:
        return None
    log = _new_log()
    said = f"Converted before, with the same versions, on {found.manifest['made_at']}: {found.output}"
    write_atomic(log, f"{said}\nEvery file{_OR_ORIGINAL * found.rewritten} has the digest it had then.\n")
    yield LogLine(said)
    verdicts = tuple(Verdict(**each) for each in found.manifest["verdicts"])
    yield from verdicts
    try:
        reuse.put(found, plan, cancel)
    except OSError as error:
        raise _stopped(error, log) from error
    reuse.remember(plan, found.manifest["key"])
    yield Progress(
        "cached", f"Converted before: every file{_OR_ORIGINAL * found.rewritten} is as it was", 1.0, 0.0
    )
    return ConversionResult(
        output=plan.output,
        bytes=folder_bytes(plan.output),
        seconds=time.monotonic() - started,
        log=log,
        peak_rss_bytes=int(found.manifest["peak_rss_bytes"]),
        verdicts=verdicts,
        parity=found.manifest["parity"],
        cached=True,
    )


def convert(
    plan: ConversionPlan,
    cancel: Cancel,
    prove: Prove | None = None,
    python: Path | None = None,
    *,
    anew: bool = True,
) -> Service[ConversionResult]:
    """Do what `plan` says: the output appears whole, or nothing of it does.

    Yields `Progress`, `LogLine`, `Usage` and one `Verdict` for each check of the gate; then `prove` compares
    the result with its source. Without it, the result is marked as unverified.

    It runs with the tool chain in use, or with the interpreter `python`. Unless it is to be made `anew`, what
    an earlier conversion ended with is begun with, where the recipes have their first passes in common.

    Raises:
        Failure: Olive made no model, the gate refused it, or it is not what the source is.
        Cancelled: within a second; nothing is left.
    """
    started = time.monotonic()
    source, recipe = plan.source, plan.recipe
    log, python = _new_log(), python or toolchain.current().python
    tracker = Tracker(
        source.parameters,
        source.layers,
        passes=_passes(plan),
        unpacks=source.unpacks,
        compares=prove is not None,
        seconds=plan.seconds,
    )
    refuse_existing(plan.output, plan.replace)
    try:
        with building(plan.output) as staging, Beside() as beside:
            cancel.check()
            begun = None if anew else beginning(plan, python, cancel)
            if begun is not None:
                tracker.skip(begun.passes)
            looked = beside.begin(lambda cancel: ingredients(source, python, cancel))
            with ModelHost(staging / MODEL, log=log, python=python) as host:
                olive = run_olive(source, recipe, staging, tracker, log, cancel, plan.config, python, begun)
                made = yield from _starting(host, olive, looked)
                written = sorted(made.model.iterdir())
                described = beside.begin(lambda cancel: describe(written, cancel))
                yield tracker.enter("gate")
                verdicts: list[Verdict] = []
                for verdict in _gate(plan, made, host, cancel):
                    cancel.check()
                    verdicts.append(verdict)
                    yield verdict
                    if verdict.status == "fail":
                        raise Failure(verdict.evidence, verdict.fix, log)
            made_of, files = wait(looked, cancel), wait(described, cancel)
            seconds = time.monotonic() - started
            proof = yield from _prove(made, tracker, prove, log, cancel)
            compared = time.monotonic() - started - seconds
            verdicts += [proof.verdict] if proof else []
            record = proof.record if proof else UNVERIFIED
            took = {"seconds": round(seconds, 2), "peak_rss_bytes": made.peak_rss_bytes}
            key = reuse.key_of(plan, made_of)
            write_manifest(made.model, recipe, plan.config, made_of, files, record, verdicts, key, **took)
            cancel.check()
            # It may have appeared while Olive was at work.
            refuse_existing(plan.output, plan.replace)
            put_in_place(made.model, plan.output)
    except OSError as error:
        raise _stopped(error, log) from error
    seconds = time.monotonic() - started - compared
    if key is not None:
        reuse.remember(plan, key)
    if plan.config is None and begun is None:
        history.remember(source, recipe, seconds)
    yield Progress(tracker.stage, "Converted and proved", 1.0, 0.0)
    return ConversionResult(
        output=plan.output,
        bytes=folder_bytes(plan.output),
        seconds=seconds,
        log=log,
        peak_rss_bytes=made.peak_rss_bytes,
        verdicts=tuple(verdicts),
        parity=record,
    )


def _passes(plan: ConversionPlan) -> list[Mapping[str, Any]]:
    """What Olive will run, in order: by the user's own configuration where there is one."""
    brought = plan.config.config.get("passes") if plan.config else None
    passes = brought if isinstance(brought, Mapping) else plan.recipe.passes
    return [settings for settings in passes.values() if isinstance(settings, Mapping)]


def _prove(
    made: Made, tracker: Tracker, prove: Prove | None, log: Path, cancel: Cancel
) -> Service[Proof | None]:
    """Let `prove` compare; its progress is a stage of the whole.

    Raises:
        Failure: the result is not what the source is.
    """
    if prove is None:
        return None
    yield tracker.enter("parity")
    comparison = prove(made, log, cancel)
    while True:
        try:
            event = next(comparison)
        except StopIteration as end:
            proof: Proof = end.value
            break
        yield tracker.part("parity", event) if isinstance(event, Progress) else event
    yield proof.verdict
    if proof.verdict.status == "fail":
        raise Failure(proof.verdict.evidence, proof.verdict.fix, log)
    return proof


def _starting(host: ModelHost, olive: Service[Made], looked: Future[Ingredients]) -> Service[Made]:
    """What `olive` does; once it writes its result, `host` is started to wait for it.

    Raises:
        Failure: of `olive`, or of the look at the source meanwhile: its weights are damaged.
    """
    with contextlib.closing(olive):
        while True:
            if looked.done():
                looked.result()
            try:
                event = next(olive)
            except StopIteration as end:
                made: Made = end.value
                return made
            if isinstance(event, Progress) and event.stage in ("save", "finish"):
                host.start()
            yield event


def _gate(plan: ConversionPlan, made: Made, host: ModelHost, cancel: Cancel) -> Iterator[Verdict]:
    """The checks, quick ones first; the caller stops at the first that fails."""
    yield gate.weights(made.unloaded, plan.source.parameters)
    yield from gate.files(made.model, made.inventories, plan.source.chat_template)
    yield gate.loads(host, cancel)


def _stopped(error: OSError, log: Path) -> Failure:
    return Failure(
        f"The conversion had to stop: {error.strerror or error}"
        + (f" ({error.filename})." if error.filename else "."),
        "Check that the disk has room and that the folder may be written; then try again.",
        log,
    )


def _new_log() -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    return log_dir() / f"convert-{stamp}.log"
