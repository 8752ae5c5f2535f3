"""Asking again, at any later time, whether a deployed model is found, loads and answers.

The same questions as right after deploying, of the model in its place, and two more: every byte is read
anew, and the `foundry` command is asked to run the model, for which it starts its service or server. The
answers are kept in the ledger with the time. Nothing is changed in the cache.
"""

from __future__ import annotations

from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry import ledger, prove, prove_others
from slmtui.foundry.deployed import DeployedModel, find
from slmtui.foundry.integrity import unharmed

_READING_SHARE = 0.5


def verify(
    model: DeployedModel | str, cancel: Cancel, *, question: str = prove.PROBE
) -> Service[tuple[Verdict, ...]]:
    """Ask about a deployed model (or one's name, `name` or `name:2`); yields the verdicts as they come.

    They are `files`, `sdk-lists`, `sdk-loads`, `sdk-answers`, `scanner`, `command`, `command-runs`.

    Raises:
        Failure: no such model is deployed.
        Cancelled: what was kept before stays.
    """
    if isinstance(model, str):
        name, found = model, find(model)
        if found is None:
            raise Failure(f"No model called {name} is deployed.", "`slmtui list` shows those that are.")
        model = found
    verdicts: list[Verdict] = []
    yield Progress("files", "Looking at its files", 0.0)
    verdicts.append((yield from unharmed(model, cancel, _READING_SHARE)))
    yield Progress("load", "The Foundry Local SDK looks for it", _READING_SHARE)
    verdicts += yield from prove.listed_loads_and_answers(model, question, cancel)
    yield Progress("check", "Asking who else finds it", 0.8)
    verdicts += yield from prove_others.others_find(
        model.cache_dir, model.folder, model.model_id, model.method, question, cancel
    )
    cancel.check()
    ledger.note_verdicts(model.path, verdicts)
    yield Progress("check", f"{model.model_id} was looked at", 1.0, 0.0)
    return tuple(verdicts)
