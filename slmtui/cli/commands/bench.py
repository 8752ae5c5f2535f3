"""`slmtui bench`: how fast a model is on this machine, in the layout of `llama-bench`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command, positive
from slmtui.units import duration, size

if TYPE_CHECKING:
    from pathlib import Path

    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event
    from slmtui.measure.bench_figures import BenchResult


def declare(commands: Commands) -> None:
    """Add `bench`."""
    parser = command(
        commands,
        "bench",
        bench,
        "measure how fast a model is, and what it takes",
        "Time a model on prompts of several lengths: pp512 is reading 512 tokens, tg128 @ d512 generating\n"
        "128 after them. Every length is warmed up once, then repeated in random order. Close other\n"
        "programs meanwhile; how quiet the machine was is measured and said. Ctrl+C keeps what was\n"
        "measured.",
        example="slmtui bench my-model\n"
        "slmtui bench ./my-model-int4 --prompt-tokens 64,1024 --markdown > speed.md",
    )
    parser.add_argument(
        "target", metavar="TARGET", help="a converted model's folder, or a deployed model's name"
    )
    parser.add_argument(
        "--prompt-tokens",
        metavar="N[,N…]",
        type=_lengths,
        help="lengths of the prompt (default: 32,512,2048, within the context)",
    )
    parser.add_argument(
        "--output-tokens", metavar="N[,N…]", type=_lengths, help="tokens to generate (default: 128)"
    )
    parser.add_argument(
        "--repetitions", metavar="N", type=positive, help="how often each length is measured (default: 5)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--markdown", action="store_true", help="print a Markdown table only on standard output"
    )
    add_json(form)


def bench(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Measure, and say what was found."""
    report.begin(model=None, **dict.fromkeys(_KEYS))
    from slmtui import pipeline
    from slmtui.measure.bench_figures import BenchPlan

    folder = pipeline.chat_folder(arguments.target)
    report.update(model=folder)
    asked = {name: getattr(arguments, name) for name in ("prompt_tokens", "output_tokens", "repetitions")}
    plan = BenchPlan(**{name: value for name, value in asked.items() if value is not None})

    def say(event: Event) -> None:
        if event.kind != "log":
            report.event(event)

    found = report.follow(pipeline.run_bench(folder, plan, cancel), say)
    report.update(**found.to_json())
    if arguments.markdown:
        _say_markdown(report, folder, found)
    elif not report.json:
        _say(report, folder, found)
    if not report.json:
        for note in found.notes:
            report.note(f"note: {note}")
    if not found.complete:
        report.cancelled()
        return 130
    report.finished()
    return 0


def _say_markdown(report: Report, folder: Path, found: BenchResult) -> None:
    from slmtui.config.files import folder_bytes
    from slmtui.measure.bench_table import markdown
    from slmtui.runtime.session import session_of

    report.write(markdown(folder.name, folder_bytes(folder), session_of(folder), found))


def _say(report: Report, folder: Path, found: BenchResult) -> None:
    from slmtui.config.files import folder_bytes
    from slmtui.measure.bench_table import HEADINGS, rows
    from slmtui.runtime.session import session_of

    session = session_of(folder)
    threads = f"{session.threads} threads" if session.threads else "threads as the runtime chooses"
    report.pairs(
        [
            ("model", f"{folder.name}, {size(folder_bytes(folder))}"),
            ("runs on", f"{session.backend or 'unknown'}, {threads}; {found.machine}"),
            ("loading", f"{found.load_seconds:.2f} s"),
            ("took", f"{duration(found.seconds)}; noise {found.noise:.1%}"),
        ]
    )
    report.line()
    report.table(HEADINGS, rows(found))


def _lengths(text: str) -> tuple[int, ...]:
    from slmtui.events import Failure
    from slmtui.measure.bench_runs import parse_lengths

    try:
        return parse_lengths(text)
    except Failure as failure:
        raise argparse.ArgumentTypeError(f"{failure.cause} {failure.fix}") from failure


_KEYS = ("rows", "load_seconds", "noise", "notes", "complete", "at", "seconds", "machine")
