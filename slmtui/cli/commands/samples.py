"""`slmtui samples`: the models to try slmtui with, and fetching one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command
from slmtui.units import size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `samples` and `samples get`."""
    parser = command(
        commands,
        "samples",
        list_samples,
        "list the sample models, or fetch one",
        "List the sample models: one ships with slmtui, others are fetched when you ask for them.",
        example="slmtui samples\nslmtui samples get smollm2-135m-instruct",
        cancellable=False,
    )
    add_json(parser)
    actions = parser.add_subparsers(metavar="get NAME")
    get = command(
        actions,
        "get",
        get_sample,
        "fetch a sample",
        "Fetch a sample into slmtui's cache folder, checked against its SHA-256. Prints its path.",
        example="slmtui samples get smollm2-135m-instruct",
    )
    get.add_argument("name", metavar="NAME", help="a sample's name, as `slmtui samples` lists it")
    # The parent's --json may stand before `get`; a default here would undo it.
    get.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON lines on standard output"
    )


def list_samples(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say which samples there are, and which of them are here."""
    from slmtui.source.samples import samples

    found = samples()
    if report.json:
        report.object({"samples": found})
        return 0
    report.table(
        ("name", "here", "size", "licence", "what it is"),
        [(s.name, "yes" if s.available else "no", size(s.bytes), s.licence, s.title) for s in found],
    )
    if missing := [s.name for s in found if not s.available]:
        report.note(f"\n`slmtui samples get {missing[0]}` fetches what is not here yet.")
    return 0


def get_sample(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Fetch a sample and say where it is."""
    from slmtui.source import samples

    report.begin(name=arguments.name, path=None, bytes=None, seconds=None)
    path = report.follow(samples.get(arguments.name, cancel))
    sample = samples.find(arguments.name)
    report.update(path=path, bytes=sample.bytes if sample else None)
    if report.json:
        report.finished()
    else:
        report.line(str(path))
    return 0
