"""The source station: what the user brought becomes a saved deployment."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from slmtui import deployment as deployments
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Service
from slmtui.foundry.deployed import deployed as deployed_models
from slmtui.source import samples
from slmtui.source.inspect import inspect, refuse_useless_base
from slmtui.source.model_source import ModelSource
from slmtui.source.obtain import obtain
from slmtui.source.options import NOTHING_SAID, SourceOptions
from slmtui.source.questions import Answer, check_answered


def fetch(
    source: str, cancel: Cancel, options: SourceOptions = NOTHING_SAID
) -> Service[tuple[Path, SourceOptions]]:
    """The path of `source`, and `options` with the base's path; a sample or a hub id is fetched."""
    if samples.find(source) is not None:
        return (yield from samples.get(source, cancel)), options
    return (yield from obtain(source, options, cancel))


def named_source(name: str, cancel: Cancel) -> Service[ModelSource]:
    """What `name` is (a path, a sample's name or a hub id); a sample or a hub id is fetched.

    Raises:
        Failure: there is nothing of that name, or it is no model.
    """
    path, options = yield from fetch(name, cancel)
    return inspect(Path(path), options)


def begin(
    source: str,
    cancel: Cancel,
    name: str | None = None,
    options: SourceOptions = NOTHING_SAID,
    *,
    asked: Collection[Answer] = (),
) -> Service[Deployment]:
    """Inspect `source` (a path, a sample's name or a hub id) and save a new deployment of it.

    Without a `name`, a free one like the source's is taken. `asked` are the kinds of questions that somebody
    sits there to answer.

    Raises:
        Unanswered: there is such a question; nothing is saved.
    """
    if name is not None:
        deployments.check_name(name)
    path, options = yield from fetch(source, cancel, options)
    model = inspect(path, options)
    refuse_useless_base(model, options)
    check_answered(model.questions(), asked)
    sample = samples.find(source)
    wanted = sample.name if sample else model.name
    # A forgotten deployment leaves its model deployed, and nothing may be replaced without a question.
    new = Deployment.new(name or deployments.free_name(wanted, (one.name for one in deployed_models())), path)
    return record_source(new, model, sample.name if sample else None, options)


def record_source(
    deployment: Deployment,
    model: ModelSource,
    sample: str | None = None,
    options: SourceOptions = NOTHING_SAID,
) -> Deployment:
    """Save what the source is; one with an error is a failed station."""
    errors = [problem for problem in model.problems if problem.severity == "error"]
    if errors:
        return deployment.with_step(
            "source", "failed", cause=errors[0].cause, fix=errors[0].fix, sample=sample
        ).save()
    return deployment.with_step(
        "source",
        "verified",
        sample=sample,
        architecture=model.architecture,
        parameters=model.parameters,
        dtype=model.dtype,
        context_length=model.context_length,
        bytes=model.bytes,
        **options.as_record(),
    ).save()


def source_of(deployment: Deployment) -> ModelSource:
    """The deployment's source as it is now, with what the user has answered about it."""
    options = SourceOptions.from_record(deployment.step("source").record)
    return inspect(Path(deployment.source), options)
