"""`slmtui verify` and `serve`: a deployed model asked again, and given to other programs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event


def declare(commands: Commands) -> None:
    """Add `verify` and `serve`."""
    parser = command(
        commands,
        "verify",
        verify,
        "ask again whether a deployed model is found, loads and answers",
        "Compare a deployed model's files with what the conversion recorded, and ask the Foundry Local SDK,\n"
        "its scanner's rules and the `foundry` command about it. What cannot be asked here is unchecked,\n"
        "never passed. The exit code is 1 if anything fails.",
        example="slmtui verify my-model\nslmtui verify my-model:2 --json",
    )
    parser.add_argument("name", metavar="NAME", help="a deployed model's name, or name:version")
    add_json(parser)

    parser = command(
        commands,
        "serve",
        serve,
        "serve a deployed model to other programs",
        "Let the Foundry Local SDK's web service answer for a deployed model, in OpenAI's protocol, until\n"
        "Ctrl+C. It listens on this machine's loopback address alone.",
        example="slmtui serve my-model\nslmtui serve my-model --port 8080",
    )
    parser.add_argument("name", metavar="NAME", help="a deployed model's name, or name:version")
    parser.add_argument("--port", metavar="N", type=_port, default=0, help="the port (default: a free one)")
    add_json(parser)


def verify(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Ask, and say every verdict with its evidence."""
    report.begin(name=arguments.name, model_id=None, folder=None, verdicts=None, seconds=None)
    from slmtui import pipeline
    from slmtui.events import Failure

    model = pipeline.find_deployed(arguments.name)
    if model is None:
        raise Failure(f"No model called {arguments.name} is deployed.", "`slmtui list` shows those that are.")
    report.update(model_id=model.model_id, folder=model.folder)
    verdicts = report.follow(pipeline.verify_named(model, cancel))
    report.update(verdicts=verdicts)
    for verdict in verdicts:
        if verdict.status == "fail":
            raise Failure(verdict.evidence, verdict.fix)
    if report.json:
        report.finished()
    else:
        unchecked = sum(verdict.status == "unchecked" for verdict in verdicts)
        some = f" {unchecked} could not be checked on this machine." if unchecked else ""
        report.line(f"{model.model_id}: nothing failed.{some}")
    return 0


def serve(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Serve until the user wants it to end, which is how it ends well."""
    report.begin(name=arguments.name, url=None, model=None, seconds=None)
    from slmtui import pipeline

    def say(event: Event) -> None:
        if isinstance(event, pipeline.Serving):
            report.update(url=event.url, model=event.model)
            if not report.json:
                report.pairs([("url", event.url), ("model", event.model)])
                if event.advice:
                    report.note(event.advice)
                report.note("Ctrl+C ends it.")
        report.event(event)

    report.follow(pipeline.serve(arguments.name, cancel, arguments.port), say)
    if report.json:
        report.finished()
    return 0


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return number


_port.__name__ = "port"
