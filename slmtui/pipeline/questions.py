"""A suite put to a model by itself: its score, without the rest of the checklist, and kept nowhere."""

from __future__ import annotations

from pathlib import Path

from slmtui.events import Cancel, Progress, Service
from slmtui.measure.suite import Suite, SuiteScore
from slmtui.measure.suite_run import run_suite
from slmtui.runtime.client import ModelHost


def ask_suite(model_dir: Path, suite: Suite, cancel: Cancel) -> Service[SuiteScore]:
    """The answers of the model, judged; a checklist that is kept of it stays as it is.

    Raises:
        Failure: the model cannot be loaded.
        Cancelled: between two tokens.
    """
    with ModelHost(model_dir) as host, cancel.calling(host.close):
        yield Progress("load", "Loading the model", 0.0)
        host.load(cancel)
        return (yield from run_suite(host, suite, cancel))
