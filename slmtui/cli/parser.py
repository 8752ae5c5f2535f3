"""The whole command line as argparse knows it."""

from __future__ import annotations

import argparse

from slmtui import __version__
from slmtui.cli.commands import (
    bench,
    chat,
    completion,
    convert,
    deploy,
    doctor,
    glossary,
    inspect,
    keys,
    lab,
    lint,
    list_models,
    locate,
    presets,
    report,
    run,
    samples,
    schema,
    settings,
    template,
    toolchain,
    validate,
    verify,
    why,
)
from slmtui.cli.exit_codes import table
from slmtui.cli.serving import DEFAULT, address

_EPILOG = f"""\
examples:
  slmtui                                            open the screens
  slmtui samples                                    the models to try it with
  slmtui run fernlight-support --name fernlight     a sample, all the way to an answer
  slmtui convert ./my-model --output ./my-model-int4
  slmtui template ./my-model-int4 --write
  slmtui deploy ./my-model-int4 --name my-model
  slmtui chat my-model --prompt "How do I reset it?"

exit codes:
{table()}

SLMTUI_HOME moves all of slmtui's own files under one folder.
"""


def build() -> argparse.ArgumentParser:
    """The parser; `run` of what it parses is the command's function, or None for the screens."""
    parser = argparse.ArgumentParser(
        prog="slmtui",
        description=(
            "From a fine-tuned small language model to a verified local deployment.\n"
            "Without a command, slmtui opens its screens."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"slmtui {__version__}")
    parser.add_argument(
        "--serve",
        metavar="HOST:PORT",
        nargs="?",
        type=address,
        const=address(DEFAULT),
        help=f"open the screens in a browser (default: {DEFAULT}, for this machine alone); needs slmtui[web]",
    )
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    families = (samples, doctor, toolchain, inspect, convert, presets, lint, template, deploy, verify, why)
    others = (list_models, chat, bench, validate, lab, report, run, keys, settings, glossary)
    for family in (*families, *others, locate, schema, completion):
        family.declare(commands)
    return parser
