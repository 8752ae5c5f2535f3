"""The foundry station: a converted model into a Foundry Local cache, proved with the Foundry Local SDK.

The order makes the deed all or nothing. The model is built in a hidden folder, and there the SDK loads it and
answers; only then it is renamed into its place and registered, which takes a moment. So

* a model that the SDK cannot load is never deployed, and one that was to be replaced stays as it was;
* a cancelled or killed deployment leaves the cache as it was (after a kill: the next time slmtui looks);
* if the SDK cannot run on this machine at all, the folder is deployed without it, and its verdicts say
  `unchecked`: that is no fault of the model;
* a model that loads but has no answer is deployed with a failed verdict, so that one can look into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slmtui.config.files import write_atomic
from slmtui.events import Cancel, Progress, Service, Verdict
from slmtui.foundry import placing, prove
from slmtui.foundry.copying import Copied, bring, pieces
from slmtui.foundry.ledger import Entry
from slmtui.foundry.model_folder import inference_model
from slmtui.foundry.planning import DeployPlan, plan, still_holds
from slmtui.foundry.repair import repair_target
from slmtui.foundry.scanner import INFERENCE_MODEL
from slmtui.units import size

__all__ = ["DeployPlan", "DeployResult", "deploy", "plan"]

_COPYING_SHARE = 0.5


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
    verdicts as they come: `files`, `sdk-loads`, `sdk-answers`, `sdk-lists`, `scanner`, `command`.

    Raises:
        Failure: it could not be copied, loaded or registered; nothing is left of it then.
        Cancelled: likewise. Once the model is in its place, a wish to cancel comes too late.
    """
    entry = Entry(plan.name, plan.version, plan.target, plan.cache.path, plan.model_dir, "placing")
    with placing.working_on(plan.target):
        repair_target(plan.target)
        still_holds(plan)
        with placing.staging(entry) as staged:
            copied = yield from _fill(plan, staged, cancel)
            files = _files(plan, copied)
            yield files
            loads, answers = yield from prove.loads_and_answers(
                staged, plan.model_id, question, plan.context_length, cancel
            )
            cancel.check()
            lists = yield from _put_in_place(plan, entry, staged, sdk=loads.status == "ok")
    yield Progress("check", "Asking who else finds it", 0.95)
    scanner = prove.scanner_finds(plan.cache.path, plan.target)
    yield scanner
    command = prove.command_lists(plan.cache.path, plan.name, cancel)
    yield command
    yield Progress("check", f"{plan.model_id} is deployed", 1.0, 0.0)
    verdicts = (files, loads, answers, lists, scanner, command)
    return DeployResult(plan.target, plan.model_id, plan.cache.path, verdicts)


def _put_in_place(plan: DeployPlan, entry: Entry, staged: Path, *, sdk: bool) -> Service[Verdict]:
    """Rename and register, both or neither."""
    yield Progress("register", f"Putting it into {plan.cache.path} and registering it", 0.9)
    with placing.in_place(staged, entry, replaces=plan.replaces):
        if sdk:
            verdict = prove.register(plan.cache.path, plan.model_id, plan.target)
        else:
            verdict = prove.not_registered()
    yield verdict
    return verdict


def _fill(plan: DeployPlan, staged: Path, cancel: Cancel) -> Service[Copied]:
    text = inference_model(plan.model_dir, plan.name, plan.context_length)
    wanted = [piece for piece in pieces(plan.model_dir) if piece.inside != INFERENCE_MODEL]
    copied = yield from bring(wanted, staged, cancel, _COPYING_SHARE)
    write_atomic(staged / INFERENCE_MODEL, text)
    return Copied(copied.files + 1, copied.bytes + len(text.encode()), copied.linked_bytes)


def _files(plan: DeployPlan, copied: Copied) -> Verdict:
    """Every file is there with its whole size: `bring` raises otherwise."""
    shared = f"; {size(copied.linked_bytes)} of it shared with {plan.model_dir} by hard links"
    evidence = f"{copied.files} files, {size(copied.bytes)}{shared if copied.linked_bytes else ''}."
    return Verdict("files", "Its files are complete", "ok", evidence)
