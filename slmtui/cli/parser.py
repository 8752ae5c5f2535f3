"""The whole command line as argparse knows it."""

from __future__ import annotations

import argparse

from slmtui import __version__
from slmtui.cli.commands import (
    bench,
    chat,
    convert,
    deploy,
    doctor,
    glossary,
    inspect,
    keys,
    lab,
    lint,
    list_models,
    presets,
    report,
    run,
    samples,
    settings,
    template,
    toolchain,
    validate,
    verify,
    why,
)

_EPILOG = """\
examples:
  slmtui                                            open the screens
  slmtui samples                                    the models to try it with
  slmtui run fernlight-support --name fernlight     a sample, all the way to an answer
  slmtui convert ./my-model --output ./my-model-int4
  slmtui template ./my-model-int4 --write
  slmtui deploy ./my-model-int4 --name my-model
  slmtui chat my-model --prompt "How do I reset it?"

exit codes:  0 done · 1 failed · 2 usage · 130 cancelled (Ctrl+C)
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
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    families = (samples, doctor, toolchain, inspect, convert, presets, lint, template, deploy, verify, why)
    for family in (*families, list_models, chat, bench, validate, lab, report, run, keys, settings, glossary):
        family.declare(commands)
    return parser
