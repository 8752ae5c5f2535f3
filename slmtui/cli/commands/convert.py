"""`slmtui convert`: from a checkpoint to a quantized ONNX model that the runtime loads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, add_source, command, source_options
from slmtui.units import count, duration, size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.conversion.config_file import OlivePlan
    from slmtui.events import Cancel
    from slmtui.source.model_source import ModelSource


def declare(commands: Commands) -> None:
    """Add `convert`."""
    parser = command(
        commands,
        "convert",
        convert,
        "convert and quantize a model with Olive",
        "Convert a model with Olive and prove that the runtime loads the result. The output folder appears\n"
        "whole or not at all; Ctrl+C ends the conversion and leaves nothing behind.",
        example="slmtui convert ./my-model --output ./my-model-int4\n"
        "slmtui convert ./my-model --output ./my-model-int4 --config finetuned_conversion_config.json",
    )
    add_source(parser)
    parser.add_argument("--output", metavar="DIR", required=True, type=Path, help="the folder to make")
    parser.add_argument("--precision", default="int4", help="the weights' precision (default: %(default)s)")
    parser.add_argument("--preset", metavar="NAME", help="a preset of the precision (default: its first)")
    parser.add_argument(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="change one option of the preset; may be repeated, `slmtui presets` lists them",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="run this Olive configuration in place of --precision, on SOURCE and into DIR",
    )
    parser.add_argument(
        "--force", action="store_true", help="go on although the plan says that it cannot work"
    )
    parser.add_argument("--replace", action="store_true", help="replace DIR if it exists")
    parser.add_argument(
        "--probe", metavar="FILE", type=Path, help="a text of your own that source and result read"
    )
    parser.add_argument(
        "--no-parity",
        action="store_true",
        help="do not compare the result with its source: it stays unverified",
    )
    add_json(parser)


def convert(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Convert and say what came out."""
    report.begin(output=None, bytes=None, seconds=None, log=None, parity=None, config=None)
    from slmtui import pipeline
    from slmtui.conversion.plan import plan
    from slmtui.conversion.recipe import recipe
    from slmtui.source.inspect import inspect
    from slmtui.source.obtain import obtain

    path, options = report.follow(obtain(arguments.source, source_options(arguments), cancel))
    source = inspect(path, options)
    brought = _brought(arguments.config, source, report)
    planned = plan(
        source,
        arguments.output.absolute(),
        recipe=recipe(arguments.precision, arguments.preset, _options(arguments.option)),
        replace=arguments.replace,
        config=brought,
        override=arguments.force,
    )
    report.update(output=planned.output)
    if not report.json:
        size_now = f"{count(source.parameters)} parameters, {size(source.bytes)}"
        report.note(f"Converting {source.name} ({size_now}) to {planned.recipe.title} on the CPU.")
    result = report.follow(
        pipeline.make_model(planned, cancel, parity=not arguments.no_parity, probe=_probe(arguments.probe))
    )
    report.update(
        output=result.output,
        bytes=result.bytes,
        seconds=round(result.seconds, 2),
        log=result.log,
        peak_rss_bytes=result.peak_rss_bytes,
        parity=dict(result.parity),
    )
    if report.json:
        report.finished()
        return 0
    report.pairs(
        [
            ("output", str(result.output)),
            ("size", f"{size(result.bytes)}, from {size(source.bytes)}"),
            ("took", duration(result.seconds)),
            ("peak memory", size(result.peak_rss_bytes)),
            ("against its source", str(result.parity["verdict"])),
            ("log", str(result.log)),
        ]
    )
    return 0


def _options(given: list[str]) -> dict[str, str]:
    """`--option KEY=VALUE`, the last of a key.

    Raises:
        Failure: one has no "=".
    """
    from slmtui.events import Failure

    for one in given:
        if "=" not in one:
            raise Failure(f"--option {one} says no value.", "Write it as KEY=VALUE, like block_size=64.")
    return {key.strip(): value for key, _, value in (one.partition("=") for one in given)}


def _brought(file: Path | None, source: ModelSource, report: Report) -> OlivePlan | None:
    """The user's own configuration; what is wrong with it, and what is replaced in it, is said.

    Raises:
        Failure: it cannot be read.
    """
    if file is None:
        return None
    from slmtui.conversion.config_file import load

    brought = load(file, model=source.path)
    replaced = brought.replaced(source.path)
    report.update(config={"file": file, "findings": brought.report.findings, "replaced": replaced})
    for finding in brought.report.findings:
        if finding.severity != "info":
            report.note(f"{file}:{finding.line}: {finding.severity}: {finding.cause} {finding.fix}")
    for said in replaced:
        report.note(f"replaced: {said}")
    return brought


def _probe(file: Path | None) -> str | None:
    """The user's own probe text.

    Raises:
        Failure: it cannot be read.
    """
    if file is None:
        return None
    from slmtui.events import Failure

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise Failure(f"{file} cannot be read: {reason}.", "Name a text file.") from error
    if not text.strip():
        raise Failure(f"{file} is empty.", "Name a file with some paragraphs of text.")
    return text
