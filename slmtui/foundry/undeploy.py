"""Taking a deployed model out again: unregistered, its folder deleted, the cache as it was before."""

from __future__ import annotations

import os
from dataclasses import replace

from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.foundry import ledger, placing
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.ledger import Entry
from slmtui.foundry.repair import finish_removing, unregister


def undeploy(model: DeployedModel, cancel: Cancel) -> Service[None]:
    """Undo a deployment; what it was made from stays, and so does whatever else is in the cache.

    Once begun it takes well under a second and is not cancelled half-way.

    Raises:
        Failure: a program has the model loaded, or the SDK refuses; the model is deployed as before then.
    """
    cancel.check()
    with placing.working_on(model.path):
        entry = ledger.read().at(model.path, "deployed") or Entry(
            model.name,
            model.version,
            model.path,
            model.cache_dir,
            model.model_dir,
            "deployed",
            method=model.method,
        )
        yield Progress("remove", f"Taking {model.model_id} out of {model.cache_dir}", 0.0)
        _out_of_sight(entry)
        finish_removing(entry)
    yield Progress("remove", f"{model.model_id} is gone", 1.0, 0.0)


def _out_of_sight(entry: Entry) -> None:
    """Rename the folder away and take back the registration: both or neither."""
    aside = None
    ledger.enter(replace(entry, state="removing", at=""))
    try:
        if entry.method != "register" and entry.path.exists():
            placing.mark_unfinished(entry.path)
            aside = placing.put_aside(entry.path, "removing")
        unregister(entry)
    except BaseException as error:
        if aside is not None:
            placing.move(aside, entry.path)
        if entry.method != "register":
            placing.mark_finished(entry.path)
        ledger.settle(entry.path, entry)
        if aside is None and isinstance(error, Failure) and not os.access(entry.cache_dir, os.W_OK):
            raise Failure(
                f"{entry.model_id} cannot be taken out: {error.cause}",
                f"Give yourself the right to write to {entry.cache_dir}, then undeploy it once more.",
            ) from error
        raise
