"""The guide's checklist for a model: which suite is meant, what the controls are, where a suite is kept."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from slmtui import deployment as deployments
from slmtui.config.locations import data_dir
from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Service
from slmtui.foundry.deployed import deployed
from slmtui.measure.checklist import AT_LEAST, TURNS, checklist
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.suite import Suite
from slmtui.measure.suite_file import read_suite
from slmtui.pipeline.measurements import keep_whole
from slmtui.pipeline.plain_source import plain_source
from slmtui.source import samples
from slmtui.source.model_source import ModelSource
from slmtui.source.samples import Sample

SUITE = "suite.jsonl"


def run_checklist(
    model_dir: Path,
    cancel: Cancel,
    *,
    suite: Suite | None = None,
    source: ModelSource | None = None,
    base: ModelSource | None = None,
    turns: int = TURNS,
    at_least: float = AT_LEAST,
) -> Service[Checklist]:
    """`measure.checklist.checklist` with controls of any kind: an adapter is merged, a GGUF file unpacked.

    What it has found is kept with the model's other figures; one that was stopped takes no whole one's place.

    Raises:
        Failure: as `checklist`, or a control cannot be made.
        Cancelled: while one was made.
    """
    with tempfile.TemporaryDirectory(prefix="slmtui-", ignore_cleanup_errors=True) as folder:
        if suite is not None and source is not None:
            source = yield from plain_source(source, Path(folder) / "source", cancel)
        if suite is not None and base is not None:
            base = yield from plain_source(base, Path(folder) / "base", cancel)
        found = yield from checklist(
            model_dir,
            suite=suite,
            source=source,
            base=base,
            cancel=cancel,
            turns=turns,
            at_least=at_least,
        )
    keep_whole(model_dir, found, suite)
    return found


def suite_path(model_dir: Path) -> Path:
    """Where the suite of a model is kept: with the name of its deployment, or of its folder without one."""
    owner = _deployment_with(model_dir)
    name = owner.name if owner else deployments.usable_name(model_dir.name)
    return data_dir() / "suites" / f"{name}.jsonl"


def suite_of(model_dir: Path) -> Suite | None:
    """The model's own suite, or that of the sample it was made of; None if there is neither.

    Raises:
        Failure: it cannot be read; the cause names the line.
    """
    own = suite_path(model_dir)
    if own.is_file():
        return read_suite(own)
    owner = _deployment_with(model_dir)
    if owner is not None:
        sample = samples.find(str(owner.step("source").record.get("sample", "")))
    else:
        sample = _sample_behind(model_dir)
    shipped = sample.path.parent / SUITE if sample and sample.path else None
    return read_suite(shipped) if shipped and shipped.is_file() else None


def _sample_behind(model_dir: Path) -> Sample | None:
    """The sample that was converted into this folder, or into the one that it is a deployed copy of."""
    copied = (one.model_dir for one in deployed() if model_dir in (one.folder, one.path))
    made = next(copied, model_dir)
    try:
        path = json.loads((made / MANIFEST).read_text(encoding="utf-8"))["source"]["path"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return next((one for one in samples.samples() if one.path and str(one.path) == path), None)


def _deployment_with(model_dir: Path) -> Deployment | None:
    """The deployment that the folder is the converted or the deployed model of."""
    folder = str(Path(model_dir).absolute())
    for saved in deployments.saved()[0]:
        made = (saved.step("conversion").record.get("output"), saved.step("foundry").record.get("target"))
        if folder in (str(each) for each in made if each):
            return saved
    return None
