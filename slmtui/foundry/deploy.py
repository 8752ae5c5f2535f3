"""The foundry station: a converted model into a Foundry Local cache, proved with the Foundry Local SDK.

The order makes the deed all or nothing. The model is built in a hidden folder, and there the SDK loads it and
answers; only then it is renamed into its place and registered, which takes a moment. So

* a model that the SDK cannot load is never deployed, and one that was to be replaced stays as it was;
* a cancelled or killed deployment leaves the cache as it was (after a kill: the next time slmtui looks), but
  for a big copy, which stays beside its place, hidden, and goes on next time (`partial.py`);
* if the SDK cannot run on this machine at all, the folder is deployed without it, and its verdicts say
  `unchecked`: that is no fault of the model;
* a model that loads but has no answer is deployed with a failed verdict, so that one can look into it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from slmtui.config.files import write_atomic
from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry import ledger, placing, prove
from slmtui.foundry.copying import Copied, bring, pieces, sha256
from slmtui.foundry.integrity import judge, recorded
from slmtui.foundry.ledger import Entry
from slmtui.foundry.methods import written_name
from slmtui.foundry.model_folder import inference_model
from slmtui.foundry.planning import DeployPlan, plan, still_holds
from slmtui.foundry.prove_others import others_find
from slmtui.foundry.repair import repair_target, scratch_of
from slmtui.foundry.scanner import INFERENCE_MODEL, UNFINISHED
from slmtui.units import size

__all__ = ["DeployPlan", "DeployResult", "deploy", "plan"]

_COPYING_SHARE = 0.5
_SCRATCH = ".slmtui-proof"


@dataclass(frozen=True, slots=True)
class DeployResult:
    """Where the model is, the id it is registered under, and what was asked about it."""

    target: Path
    model_id: str
    cache_dir: Path
    verdicts: tuple[Verdict, ...]


def deploy(plan: DeployPlan, cancel: Cancel, *, question: str = prove.PROBE) -> Service[DeployResult]:
    """Carry out `plan`; the SDK asks the model `question` to see it answer.

    Yields `Progress` (stages copy, load, answer, register, check), the SDK's log lines and memory, and the
    verdicts as they come: `files`, `sdk-loads`, `sdk-answers`, `sdk-lists`, `scanner`, `command`,
    `command-runs`.

    Raises:
        Failure: it could not be copied, loaded or registered; nothing is left of it then.
        Cancelled: likewise. Once the model is in its place, a wish to cancel comes too late.
    """
    entry = Entry(
        plan.name, plan.version, plan.target, plan.cache.path, plan.model_dir, "placing", method=plan.method
    )
    with placing.working_on(plan.target):
        repair_target(plan.target)
        still_holds(plan)
        put = _registered_in_place if plan.method == "register" else _built_and_moved
        done = yield from put(plan, entry, question, cancel)
        yield Progress("check", "Asking who else finds it", 0.95)
        others = yield from others_find(
            plan.cache.path, plan.folder, plan.model_id, plan.method, None, cancel
        )
        verdicts = (*done, *others)
        ledger.note_verdicts(plan.target, verdicts)
    yield Progress("check", f"{plan.model_id} is deployed", 1.0, 0.0)
    return DeployResult(plan.folder, plan.model_id, plan.cache.path, verdicts)


def _built_and_moved(
    plan: DeployPlan, entry: Entry, question: str, cancel: Cancel
) -> Service[tuple[Verdict, ...]]:
    with placing.staging(entry) as staged:
        copied = yield from _fill(plan, staged, cancel)
        files = _files(plan, copied)
        yield files
        loads, answers = yield from prove.loads_and_answers(
            staged, staged / _SCRATCH, plan.model_id, question, plan.context_length, cancel
        )
        cancel.check()
        entry = replace(entry, digests=_pairs(copied.digests))
        lists = yield from _put_in_place(plan, entry, staged, sdk=loads.status == "ok")
    return files, loads, answers, lists


def _registered_in_place(
    plan: DeployPlan, entry: Entry, question: str, cancel: Cancel
) -> Service[tuple[Verdict, ...]]:
    """Nothing is copied, and nothing is written into the model's folder, not even for a moment."""
    with placing.registering(entry):
        yield Progress("copy", f"Reading {plan.model_dir}; nothing is copied", 0.0)
        found = pieces(plan.model_dir)
        digests = {piece.inside: sha256(piece.source, cancel) for piece in found}
        said = f"{len(found)} files, {size(plan.bytes)}, where they are: nothing was copied."
        files = judge(digests, recorded(plan.model_dir), said)
        yield files
        loads, answers = yield from prove.loads_and_answers(
            plan.model_dir, scratch_of(plan.target), plan.model_id, question, plan.context_length, cancel
        )
        if loads.status != "ok":
            raise Failure(f"Registering is all there is to do, and {loads.evidence}", loads.fix)
        cancel.check()
        entry = replace(entry, digests=_pairs(digests))
        lists = yield from _put_in_place(plan, entry, None, sdk=True)
    return files, loads, answers, lists


def _put_in_place(plan: DeployPlan, entry: Entry, staged: Path | None, *, sdk: bool) -> Service[Verdict]:
    """Rename and register, both or neither."""
    deed = "Registering it in" if staged is None else "Registering it, and putting it into"
    yield Progress("register", f"{deed} {plan.cache.path}", 0.9)
    with placing.in_place(staged, entry, replaces=plan.replaces):
        if sdk:
            verdict = prove.register(plan.cache.path, plan.model_id, plan.folder)
        else:
            verdict = prove.not_registered()
    yield verdict
    return verdict


def _fill(plan: DeployPlan, staged: Path, cancel: Cancel) -> Service[Copied]:
    text = inference_model(plan.model_dir, written_name(plan.name, plan.version), plan.context_length)
    wanted = [piece for piece in pieces(plan.model_dir) if piece.inside != INFERENCE_MODEL]
    _remove_others(staged, {piece.inside for piece in wanted})
    copied = yield from bring(wanted, staged, plan.method, cancel, _COPYING_SHARE)
    write_atomic(staged / INFERENCE_MODEL, text)
    content = text.encode()
    digests = {**copied.digests, INFERENCE_MODEL: hashlib.sha256(content).hexdigest()}
    return replace(copied, files=copied.files + 1, bytes=copied.bytes + len(content), digests=digests)


def _pairs(digests: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(digests.items()))


def _remove_others(staged: Path, wanted: set[str]) -> None:
    """Of a copy that goes on, remove what is no file of this model."""
    for path in staged.rglob("*"):
        inside = path.relative_to(staged).as_posix()
        if path.is_file() and inside not in wanted and inside != UNFINISHED:
            path.unlink(missing_ok=True)


def _files(plan: DeployPlan, copied: Copied) -> Verdict:
    """Every file is there with its whole size and reads back as it was: `bring` raises otherwise."""
    links = "symbolic" if plan.method == "symlink" else "hard"
    shared = f"; {size(copied.linked_bytes)} of it shared with {plan.model_dir} by {links} links"
    said = f"{copied.files} files, {size(copied.bytes)}{shared if copied.linked_bytes else ''}."
    # Its Name is written anew with every deployment, so the conversion's record says nothing of it.
    brought = {inside: sha for inside, sha in copied.digests.items() if inside != INFERENCE_MODEL}
    return judge(brought, recorded(plan.model_dir), said)
