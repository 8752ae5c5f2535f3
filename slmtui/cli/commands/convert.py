"""`slmtui convert`: from a checkpoint to a quantized ONNX model that the runtime loads."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, add_source, command, named_path, source_options
from slmtui.units import count, duration, size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.conversion.config_file import OlivePlan
    from slmtui.conversion.recipe import Recipe
    from slmtui.events import Cancel
    from slmtui.source.model_source import ModelSource


def declare(commands: Commands) -> None:
    """Add `convert`."""
    parser = command(
        commands,
        "convert",
        convert,
        "convert and quantize a model with Olive",
        "Convert a model with Olive, and prove that the runtime loads the result and that it is what its\n"
        "source is. The output folder appears whole or not at all; Ctrl+C leaves nothing behind.\n"
        "`slmtui presets` lists precisions, presets and options.",
        example="slmtui convert ./my-model --output ./my-model-int4\n"
        "slmtui convert ./my-model --output ./my-model-int4 --preset compact --option block_size=64\n"
        "slmtui convert ./my-model --output ./my-model-int4 --config my_olive_config.json --dry-run",
    )
    add_source(parser)
    parser.add_argument("--output", metavar="DIR", required=True, type=named_path, help="the folder to make")
    _declare_recipe(parser)
    parser.add_argument("--provider", metavar="NAME", help="the execution provider, as Olive calls it")
    parser.add_argument("--device", metavar="NAME", help="cpu, gpu or npu")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="convert nothing: say the command, the configuration, its lint and the forecast",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="go on although the plan says that it cannot work, and convert again what was converted before",
    )
    parser.add_argument("--replace", action="store_true", help="replace DIR if it exists")
    parser.add_argument(
        "--probe", metavar="FILE", type=named_path, help="a text of your own that source and result read"
    )
    parser.add_argument(
        "--no-parity",
        action="store_true",
        help="do not compare the result with its source: it stays unverified",
    )
    add_json(parser)


def _declare_recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--precision", help="the weights' precision: fp32, fp16, int8 or int4 (the default)")
    parser.add_argument("--preset", metavar="NAME", help="a preset of the precision")
    parser.add_argument(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        type=_option,
        help="an option of the precision; may be given several times",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=named_path,
        help="run this Olive configuration in place of a recipe, on SOURCE and into DIR",
    )


def _option(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key.strip(), value.strip()


def convert(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Convert and say what came out."""
    report.begin(
        output=None,
        bytes=None,
        seconds=None,
        log=None,
        parity=None,
        peak_rss_bytes=None,
        cached=None,
        config=None,
        dry_run=None,
    )
    from slmtui.conversion import warm

    probe = _probe(arguments.probe)
    chosen = _recipe(arguments)
    if not arguments.dry_run:
        warm.start()  # it imports while the source is looked at
    try:
        return _convert(arguments, chosen, probe, report, cancel)
    finally:
        warm.end()


def _convert(
    arguments: argparse.Namespace, chosen: Recipe, probe: str | None, report: Report, cancel: Cancel
) -> int:
    from slmtui import pipeline
    from slmtui.conversion.plan import plan
    from slmtui.source.inspect import inspect, refuse_useless_base
    from slmtui.source.obtain import obtain

    path, options = report.follow(obtain(arguments.source, source_options(arguments), cancel))
    source = inspect(path, options)
    refuse_useless_base(source, options)
    for problem in source.problems:
        if problem.severity == "warning":  # an error ends it below, in the same words
            report.note(f"warning: {problem.cause}\nfix: {problem.fix}")
    brought = _brought(arguments, source, report)
    if arguments.dry_run:
        from slmtui.cli.dry_run import tell

        return tell(arguments, source, chosen, brought, report)
    planned = plan(
        source,
        arguments.output.absolute(),
        recipe=chosen,
        replace=arguments.replace,
        config=brought,
        override=arguments.force,
    )
    report.update(output=planned.output)
    if not report.json:
        size_now = f"{count(source.parameters)} parameters, {size(source.bytes)}"
        report.note(f"Converting {source.name} ({size_now}) to {planned.recipe.title} on the CPU.")
    parity = not arguments.no_parity
    result = report.follow(
        pipeline.make_model(planned, cancel, parity=parity, probe=probe, anew=arguments.force)
    )
    report.update(
        output=result.output,
        bytes=result.bytes,
        seconds=round(result.seconds, 2),
        log=result.log,
        peak_rss_bytes=result.peak_rss_bytes,
        parity=dict(result.parity),
        cached=result.cached,
    )
    if report.json:
        report.finished()
        return 0
    comparing = result.parity.get("seconds")
    compared = f", and {duration(comparing)} to compare it" if comparing else ""
    took = "nothing: it was converted before, and every file is as it was"
    report.pairs(
        [
            ("output", str(result.output)),
            ("size", f"{size(result.bytes)}, from {size(source.bytes)}"),
            ("took", took if result.cached else duration(result.seconds) + compared),
            ("peak memory", size(result.peak_rss_bytes)),
            ("against its source", str(result.parity["verdict"])),
            ("log", str(result.log)),
        ]
    )
    return 0


def _recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe asked for, for the one target there is.

    Raises:
        Failure: it is none, or it cannot be made here.
    """
    from slmtui.conversion.recipe import recipe
    from slmtui.events import Failure

    _refuse_target(arguments.provider, arguments.device)
    if arguments.config and (arguments.precision or arguments.preset or arguments.option):
        raise Failure(
            "--config stands for --precision, --preset and --option.", "Leave the one away, or the others."
        )
    return recipe(arguments.precision or "int4", arguments.preset, dict(arguments.option))


def _refuse_target(provider: str | None, device: str | None) -> None:
    """Raise if models are not made for such a target here."""
    from slmtui.conversion.targets import offers
    from slmtui.events import Failure

    if provider is None and device in (None, "cpu"):
        return
    known = offers()
    fitting = [
        offer
        for offer in known
        if (provider is None or provider.lower() in (offer.target.provider.lower(), offer.target.name))
        and (device is None or device.lower() == offer.target.device)
    ]
    if any(offer.available for offer in fitting):
        return
    possible = ", ".join(f"{offer.target.provider} on the {offer.target.device}" for offer in known)
    asked = " on the ".join(name for name in (provider, device) if name)
    if not fitting:
        raise Failure(f"There is no target {asked}.", f"Known are: {possible}.")
    raise Failure(
        f"No model is made for {asked} here. {fitting[0].reason}", "Leave --provider and --device away."
    )


def _brought(arguments: argparse.Namespace, source: ModelSource, report: Report) -> OlivePlan | None:
    """The user's own configuration; what is wrong with it, and what is replaced in it, is said.

    A dry run says the former itself, with all else.

    Raises:
        Failure: it cannot be read.
    """
    file = arguments.config
    if file is None:
        return None
    from slmtui.conversion.config_file import load

    brought = load(file, model=source.path)
    replaced = brought.replaced(source.path)
    report.update(config={"file": file, "findings": brought.report.findings, "replaced": replaced})
    for finding in brought.report.findings:
        if finding.severity != "info" and not arguments.dry_run:
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
