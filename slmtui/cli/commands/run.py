"""`slmtui run`: the whole path, unattended."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, add_source, command, source_options
from slmtui.units import duration

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event


def declare(commands: Commands) -> None:
    """Add `run`."""
    parser = command(
        commands,
        "run",
        run,
        "the whole path: inspect, convert, template, deploy, ask",
        "Take a model through all stations, from its checkpoint to an answer from its deployment. If a\n"
        "deployment of that name stopped on the way, it goes on where it stopped.",
        example="slmtui run fernlight-support --name fernlight",
    )
    add_source(parser)
    parser.add_argument("--name", metavar="NAME", required=True, help="the name to deploy it under")
    parser.add_argument(
        "--cache-dir", metavar="DIR", type=Path, help="the Foundry Local cache to use (default: its own)"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Go all the way and say what the model answered."""
    report.begin(
        name=arguments.name, model_id=None, target=None, seconds=None, question=None, answer=None,
        ttft_seconds=None, decode_tokens_per_second=None, peak_rss_bytes=None,
    )  # fmt: skip
    from slmtui import pipeline
    from slmtui.deployment import check_name

    check_name(arguments.name)  # before a sample is fetched for it

    def say(event: Event) -> None:
        if isinstance(event, pipeline.StationStarted) and not report.json:
            report.note(f"[{event.number}/{event.of}] {event.station}")
        else:
            report.event(event)

    cache_dir = arguments.cache_dir.absolute() if arguments.cache_dir else None
    service = pipeline.run(arguments.source, cancel, arguments.name, cache_dir, source_options(arguments))
    done = report.follow(service, say)
    deployed, answered = done.step("foundry").record, done.step("runtime").record
    report.update(
        model_id=deployed.get("model_id"),
        target=deployed.get("target"),
        question=answered.get("question"),
        answer=answered.get("answer"),
        ttft_seconds=answered.get("ttft_seconds"),
        decode_tokens_per_second=answered.get("decode_tokens_per_second"),
        peak_rss_bytes=answered.get("peak_rss_bytes"),
    )
    if report.json:
        report.finished()
        return 0
    report.pairs(
        [
            ("model", str(deployed.get("model_id", ""))),
            ("folder", str(deployed.get("target", ""))),
            ("question", str(answered.get("question", ""))),
            ("answer", str(answered.get("answer", ""))),
            ("took", duration(report.seconds)),
        ]
    )
    return 0
