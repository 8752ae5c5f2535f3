"""`slmtui lint`: what is wrong with an Olive configuration, and how to mend it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.conversion.lint import Finding, LintReport
    from slmtui.events import Cancel


def declare(commands: Commands) -> None:
    """Add `lint`."""
    parser = command(
        commands,
        "lint",
        lint,
        "find what Olive would ignore or refuse in a configuration",
        "Read an Olive configuration, or an `olive auto-opt` command, without running it: settings that\n"
        "Olive would ignore, wrong values, precisions it drops without a word, paths that are not there.\n"
        "Exits with 1 if there is an error. --fix mends the file, and leaves its formatting as it is.",
        example="slmtui lint finetuned_conversion_config.json\nslmtui lint config.json --fix",
        cancellable=False,
    )
    parser.add_argument("file", metavar="FILE", help="a configuration; - reads standard input")
    parser.add_argument("--model", metavar="PATH", type=Path, help="the model that it is meant for")
    parser.add_argument("--fix", action="store_true", help="mend errors and warnings in FILE")
    add_json(parser)


def lint(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what is wrong, and mend it if asked to."""
    from slmtui.config.files import write_atomic
    from slmtui.conversion.config_file import read_text
    from slmtui.conversion.lint import lint as look
    from slmtui.environment.installed import command_line
    from slmtui.events import Failure

    given = arguments.file
    if given == "-" and arguments.fix:
        raise Failure("Standard input cannot be mended.", "Name a file, or leave --fix away.")
    text = sys.stdin.buffer.read().decode("utf-8", "replace") if given == "-" else read_text(Path(given))
    model = arguments.model.absolute() if arguments.model else None
    found = look(text, folder=Path.cwd(), model=model)
    before = len(found.findings)
    fixed = arguments.fix and found.corrected is not None
    if fixed:
        text = found.corrected or text
        write_atomic(Path(given), text)
        found = look(text, folder=Path.cwd(), model=model)
    if report.json:
        report.object(_as_json(found, given, fixed, text))
    else:
        _say(found, given, report)
        if fixed:
            report.note(f"mended: {given} ({before} findings before, {len(found.findings)} now)")
        elif found.corrected is not None and given != "-":
            report.note(f"\n`{command_line('slmtui', 'lint', given, '--fix')}` mends what can be mended.")
    return 0 if found.ok else 1


def _as_json(found: LintReport, file: str, fixed: bool, text: str) -> dict[str, object]:
    return {
        "file": file,
        "ok": found.ok,
        "findings": found.findings,
        "corrected": found.corrected,
        "fixed": fixed,
        "recipe": _recipe(text),
    }


def _recipe(text: str) -> dict[str, object] | None:
    """What the form would call the configuration; None if it has no words for it."""
    from slmtui.conversion.recognise import as_recipe

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    one = as_recipe(value) if isinstance(value, dict) else None
    if one is None:
        return None
    return {
        "precision": one.precision,
        "preset": one.preset,
        "options": dict(one.options),
        "title": one.title,
    }


def _say(found: LintReport, file: str, report: Report) -> None:
    for finding in found.findings:
        _say_one(finding, file, report)
    counts = [
        f"{number} {word}{'s' if number != 1 and word != 'info' else ''}"
        for word in ("error", "warning", "info")
        if (number := sum(finding.severity == word for finding in found.findings))
    ]
    report.line(", ".join(counts) or "Nothing to say: Olive reads all of it.")


def _say_one(finding: Finding, file: str, report: Report) -> None:
    where = f" {finding.path}:" if finding.path else ""
    report.line(f"{file}:{finding.line}:{finding.column}: {finding.severity}:{where} {finding.cause}")
    report.line(f"  fix: {finding.fix}")
