"""How a command is declared: its help, its arguments, and the function that does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel
    from slmtui.source.options import SourceOptions

Run: TypeAlias = "Callable[[argparse.Namespace, Report, Cancel], int]"
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(
    commands: Commands,
    name: str,
    run: Run,
    summary: str,
    description: str,
    *,
    example: str = "",
    cancellable: bool = True,
) -> argparse.ArgumentParser:
    """Declare one command; the caller adds its own arguments.

    Args:
        commands: what `add_subparsers` returned.
        name: the command's name.
        run: does it and returns the exit code.
        summary: one line for the list of commands.
        description: what it does, in full.
        example: command lines worth copying, one a line.
        cancellable: `run` looks at its `Cancel`; one that does not is ended on the spot by Ctrl+C.
    """
    parser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog="example:\n" + "\n".join(f"  {line}" for line in example.splitlines()) if example else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, cancellable=cancellable)
    return parser


def add_json(parser: argparse._ActionsContainer) -> None:
    """Add `--json`, which every command has."""
    parser.add_argument("--json", action="store_true", help="print JSON only on standard output")


def add_source(parser: argparse.ArgumentParser, *, several: bool = False) -> None:
    """Add SOURCE (or `several`), and the answers to what it may ask."""
    parser.add_argument(
        "sources" if several else "source",
        metavar="SOURCE",
        nargs="+" if several else None,
        help="a folder of a model or a LoRA adapter, a GGUF file, a sample's name, or ORG/NAME[@REVISION]"
        " on the hub",
    )
    parser.add_argument("--base", metavar="MODEL", help="the base model of a LoRA adapter")
    parser.add_argument(
        "--allow-pickle", action="store_true", help="read pickled weights: only from people you trust"
    )
    parser.add_argument(
        "--allow-remote-code",
        metavar="FILE[,FILE…]",
        default="",
        help="run the model's own Python code: names every file of it, once you have read them",
    )


def source_options(arguments: argparse.Namespace) -> SourceOptions:
    """The answers given."""
    from slmtui.source.options import SourceOptions

    names = (name.strip() for name in arguments.allow_remote_code.split(","))
    return SourceOptions(arguments.base, arguments.allow_pickle, tuple(name for name in names if name))


def named_path(text: str) -> Path:
    """A path that is named, for argparse: nothing would mean the current folder, which nobody means."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it names no path")
    return Path(text)


def lengths(text: str) -> tuple[int, ...]:
    """A number of tokens, or several with commas between them."""
    from slmtui.events import Failure
    from slmtui.measure.bench_runs import parse_lengths

    try:
        return parse_lengths(text)
    except Failure as failure:
        raise argparse.ArgumentTypeError(f"{failure.cause} {failure.fix}") from failure


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def not_negative(text: str) -> float:
    """A finite number of at least 0, for argparse."""
    number = float(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return number


# argparse names a converter in its messages: "invalid whole number value: 'x'".
positive.__name__ = "whole number"
not_negative.__name__ = "number"
named_path.__name__ = "path"
