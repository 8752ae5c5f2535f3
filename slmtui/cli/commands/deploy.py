"""`slmtui deploy` and `undeploy`: a converted model into a Foundry Local cache, and out of it again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command, positive
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel
    from slmtui.pipeline import DeployPlan

_METHODS = ("copy", "link", "symlink", "register")


def declare(commands: Commands) -> None:
    """Add `deploy` and `undeploy`."""
    parser = command(
        commands,
        "deploy",
        deploy,
        "put a converted model into Foundry Local",
        "Put a converted model into a Foundry Local cache, register it with the Foundry Local SDK, and ask\n"
        "the SDK to list and load it. Fails if the SDK does not. A copy that was interrupted goes on.\n\n"
        "copy      everything is copied\n"
        "link      the weights are hard-linked: no room, no time; copied where that is impossible (default)\n"
        "symlink   the weights are symbolic links; the model's own folder has to stay\n"
        "register  nothing is copied; only programs that use the SDK find it",
        example="slmtui deploy ./my-model-int4 --name my-model\n"
        "slmtui deploy ./my-model-int8 --name my-model --version 2 --dry-run",
    )
    parser.add_argument("model_dir", metavar="MODEL_DIR", type=Path, help="a converted model's folder")
    parser.add_argument("--name", metavar="NAME", required=True, help="the name to deploy it under")
    parser.add_argument(
        "--cache-dir", metavar="DIR", type=Path, help="the cache to use (default: Foundry Local's own)"
    )
    parser.add_argument("--method", choices=_METHODS, help="how (default: link where possible, else copy)")
    parser.add_argument(
        "--version", metavar="V", type=positive, default=1, help="the model's version (default: 1)"
    )
    parser.add_argument("--replace", action="store_true", help="replace a model of that name and version")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and what replacing would change"
    )
    add_json(parser)

    parser = command(
        commands,
        "undeploy",
        undeploy,
        "take a model out of Foundry Local again",
        "Unregister a deployed model and remove its copy from the cache. What it was made from stays.\n"
        "Of a model whose copying was interrupted, what was copied is thrown away.",
        example="slmtui undeploy my-model\nslmtui undeploy my-model:2",
    )
    parser.add_argument("name", metavar="NAME", help="a deployed model's name, or name:version")
    add_json(parser)


def deploy(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Deploy and say what Foundry Local makes of it."""
    if not arguments.dry_run:
        report.begin(
            name=arguments.name,
            model_id=None,
            target=None,
            cache_dir=None,
            method=None,
            bytes=None,
            seconds=None,
        )
    from slmtui import pipeline
    from slmtui.events import Cancelled, Failure

    plan = pipeline.folder_plan(
        arguments.model_dir.absolute(),
        arguments.name,
        arguments.cache_dir.absolute() if arguments.cache_dir else None,
        arguments.method,
        arguments.version,
        # Looking at what replacing would change is no replacing.
        replace=arguments.replace or arguments.dry_run,
    )
    if arguments.dry_run:
        return _tell(plan, report)
    if not report.json:
        deed = "Registering" if plan.method == "register" else f"Deploying {size(plan.bytes)} to"
        report.note(f"{deed} {plan.folder}")
    if plan.fallback:
        report.note(plan.fallback)
    try:
        result = report.follow(pipeline.deploy_folder(plan, cancel))
    except (Cancelled, Failure):
        _tell_kept(plan, report)
        raise
    report.update(
        model_id=result.model_id,
        target=result.target,
        cache_dir=result.cache_dir,
        method=plan.method,
        bytes=plan.bytes,
    )
    for verdict in result.verdicts:
        if verdict.status == "fail":
            report.note(
                f"{result.model_id} stays deployed, in {result.target}.\n"
                f"To take it out again: slmtui undeploy {result.model_id}"
            )
            raise Failure(verdict.evidence, verdict.fix)
    if report.json:
        report.finished()
        return 0
    report.pairs(
        [("model", result.model_id), ("folder", str(result.target)), ("cache", str(result.cache_dir))]
    )
    return 0


def _tell_kept(plan: DeployPlan, report: Report) -> None:
    """Say what was kept of a copy that did not come to its end."""
    from slmtui import pipeline

    kept = next((one for one in pipeline.unfinished() if one.path == plan.target), None)
    if kept is not None:
        report.note(
            f"{size(kept.bytes)} of {size(kept.total_bytes)} are copied and stay, hidden, in {kept.folder}.\n"
            "The same command goes on from there; to throw them away: slmtui undeploy"
            f" {kept.model_id}"
        )


def _tell(plan: DeployPlan, report: Report) -> int:
    """Say the plan; nothing was touched."""
    if report.json:
        report.object(
            {
                "model_id": plan.model_id,
                "folder": plan.folder,
                "cache_dir": plan.cache.path,
                "origin": plan.cache.origin,
                "method": plan.method,
                "fallback": plan.fallback,
                "files": [{"path": path, "bytes": count} for path, count in plan.files],
                "bytes": plan.bytes,
                "linked_bytes": plan.linked_bytes,
                "needed_bytes": plan.needed_bytes,
                "free_bytes": plan.free_bytes,
                "resumes_bytes": plan.resumes_bytes,
                "exists": plan.exists,
                "diff": plan.diff,
            }
        )
        return 0
    report.pairs(
        [
            ("model", plan.model_id),
            ("folder", str(plan.folder)),
            ("cache", f"{plan.cache.path} ({plan.cache.origin})"),
            ("method", f"{plan.method}. {plan.fallback}" if plan.fallback else plan.method),
            ("room", f"{size(plan.needed_bytes)} of {size(plan.free_bytes)} that are free"),
            ("goes on", f"from {size(plan.resumes_bytes)} copied before" if plan.resumes_bytes else ""),
        ]
    )
    report.line()
    report.table(("file", "size"), [(path, size(count)) for path, count in plan.files])
    if plan.diff is not None:
        _tell_diff(plan, report)
    return 0


def _tell_diff(plan: DeployPlan, report: Report) -> None:
    diff = plan.diff
    report.line()
    if diff is None or diff.nothing:
        report.line(f"{plan.model_id} is there already, byte for byte the same.")
        return
    report.line(f"{plan.model_id} is there already; replacing it (--replace) changes:")
    rows = [
        (change.change, change.inside, _size(change.bytes_before), _size(change.bytes_after))
        for change in diff.files
    ]
    report.table(("", "file", "now", "then"), rows)
    if diff.inference_model:
        report.line()
        report.line(diff.inference_model)


def _size(count: int | None) -> str:
    return "-" if count is None else size(count)


def undeploy(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Take a model out of its cache."""
    report.begin(name=arguments.name, model_id=None, target=None, seconds=None)
    from slmtui import pipeline
    from slmtui.events import Failure

    model = pipeline.find_deployed(arguments.name)
    if model is None and (kept := pipeline.find_unfinished(arguments.name)) is not None:
        report.update(model_id=kept.model_id, target=kept.folder)
        report.follow(pipeline.throw_away(kept, cancel))
        if report.json:
            report.finished()
        else:
            report.line(f"The interrupted copy of {kept.model_id} is thrown away; {kept.folder} is gone.")
        return 0
    if model is None:
        raise Failure(f"No model called {arguments.name} is deployed.", "`slmtui list` shows those that are.")
    report.update(model_id=model.model_id, target=model.folder)
    report.follow(pipeline.undeploy_named(model, cancel))
    if report.json:
        report.finished()
    elif model.method == "register":
        report.line(f"{model.model_id} is no longer registered; {model.folder} stays as it is.")
    else:
        report.line(f"{model.model_id} is no longer deployed; {model.path} is gone.")
    return 0
