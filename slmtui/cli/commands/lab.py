"""`slmtui lab`: a model in several precisions, made, measured, judged, and one of them recommended."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from slmtui.cli.declare import (
    Commands,
    add_json,
    add_source,
    command,
    lengths,
    named_path,
    positive,
    source_options,
)

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event
    from slmtui.lab.lab import Runner
    from slmtui.lab.plan import LabPlan
    from slmtui.lab.recommend import Recommendation
    from slmtui.source.model_source import ModelSource


def declare(commands: Commands) -> None:
    """Add `lab`."""
    parser = command(
        commands,
        "lab",
        lab,
        "compare the precisions of a model, and recommend one",
        "Convert a model in several precisions, prove each against its source, benchmark it, and ask it the\n"
        "questions of a suite; then one table, next to what the guide claims. SOURCE may be several, or a\n"
        "folder of models. What was measured is kept step by step: the same command goes on where it was\n"
        "stopped. The exit code is 1 if no variant keeps what --where asks.",
        example="slmtui lab fernlight-support\n"
        'slmtui lab ./my-model --variants int8 int4:compact --where "bytes<300e6" --where "suite>=95%"\n'
        'slmtui lab ./my-model --where "at least 20 tokens/s" --deploy my-model',
    )
    add_source(parser, several=True)
    parser.add_argument(
        "--variants",
        metavar="PRECISION[:PRESET]",
        nargs="+",
        help="what to compare (default: fp32 fp16 int8 int4 int4:compact); options follow:"
        " int4:guide,block_size=128",
    )
    parser.add_argument(
        "--where",
        metavar="CONSTRAINT",
        action="append",
        default=[],
        help='what a variant has to keep: "bytes<300e6", "under 300 MB", "suite>=95%%"; may be given several'
        " times",
    )
    parser.add_argument("--suite", metavar="FILE", type=named_path, help="the questions, JSONL")
    parser.add_argument("--text", metavar="FILE", type=named_path, help="a text of your own to read")
    parser.add_argument(
        "--output", metavar="DIR", type=named_path, help="where models and figures go (default: slmtui's own)"
    )
    parser.add_argument(
        "--prompt-tokens", metavar="N[,N…]", type=lengths, help="the benchmark's prompts (default: 32,512)"
    )
    parser.add_argument(
        "--output-tokens", metavar="N[,N…]", type=lengths, help="tokens to generate (default: 64)"
    )
    parser.add_argument(
        "--repetitions", metavar="N", type=positive, help="how often each is measured (default: 3)"
    )
    for step, what in (("bench", "time nothing"), ("quality", "read no text"), ("suite", "ask nothing")):
        parser.add_argument(f"--no-{step}", action="store_true", help=what)
    parser.add_argument("--dry-run", action="store_true", help="say what it would take, and do nothing")
    parser.add_argument(
        "--force",
        action="store_true",
        help="convert although there seems to be too little memory or room on the disk",
    )
    parser.add_argument("--deploy", metavar="NAME", help="deploy the recommended variant under this name")
    parser.add_argument(
        "--ray", metavar="ADDRESS", help='let a Ray cluster do it; "local" starts one on this machine'
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown tables only on standard output")
    add_json(form)


def lab(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Do it, and say the table and the recommendation."""
    if not arguments.dry_run:
        report.begin(**dict.fromkeys(_KEYS))
    from slmtui.cli.lab_table import tell_forecasts, tell_result, warn_of_shortage
    from slmtui.events import Cancelled
    from slmtui.lab.constraints import parse_constraints
    from slmtui.lab.lab import lab as run

    # All that can be wrong with what was typed comes before hours of work.
    constraints = parse_constraints(arguments.where)
    plan = _plan(arguments, report, cancel)
    runner = _runner(arguments.ray)
    _check_deploy(arguments.deploy, plan)
    for model in plan.models:
        if model.name != model.source.name:  # of a name that Foundry Local would not take, little may be left
            report.note(f"{model.source.name} is called {model.name} here.")
    if arguments.dry_run:
        return tell_forecasts(plan, report)
    report.update(output=plan.output)
    warn_of_shortage(plan, report)

    def say(event: Event) -> None:
        # Verdicts and answers of five models would bury the table; JSON has all but the tools' own logs.
        if event.kind == "progress" or (report.json and event.kind != "log"):
            report.event(event)

    try:
        found = report.follow(run(plan, cancel, runner), say)
    except Cancelled:
        report.note(f"What was measured is kept in {plan.output}; the same command goes on from there.")
        raise
    advice = {source: found.recommend(constraints, source) for source in found.sources}
    tell_result(found, advice, report, as_markdown=arguments.markdown)
    return _conclude(arguments, plan, advice, report, cancel)


def _conclude(
    arguments: argparse.Namespace,
    plan: LabPlan,
    advice: dict[str, Recommendation],
    report: Report,
    cancel: Cancel,
) -> int:
    """Deploy what is recommended, if that was asked for; the exit code."""
    from slmtui.events import Failure

    missing = [one.reason for one in advice.values() if one.row is None]
    if missing:
        fix = "Ease what --where asks, or give other --variants." if arguments.where else ""
        report.failed(Failure(missing[0], fix))
        return 1
    if arguments.deploy:
        from slmtui.lab.deploy import deploy_variant

        (model,) = plan.models
        # Whatever has no row was refused above.
        (row,) = (one.row for one in advice.values() if one.row is not None)
        deployed = report.follow(
            deploy_variant(row, model, arguments.deploy, cancel, source_options(arguments))
        )
        record = deployed.step("foundry").record
        report.update(deployed=record.get("model_id"))
        if not report.json:
            report.note(f"Deployed {row.variant.label} as {record.get('model_id')} in {record.get('target')}")
    report.finished()
    return 0


def _plan(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> LabPlan:
    from slmtui.lab.plan import Measures, plan_lab
    from slmtui.lab.variants import parse_variants
    from slmtui.measure.quality_text import read_text
    from slmtui.measure.suite_file import read_suite

    variants = parse_variants(arguments.variants) if arguments.variants else None
    if arguments.suite:
        read_suite(arguments.suite)
    if arguments.text:
        read_text(arguments.text)
    given: dict[str, Any] = {
        "prompt_tokens": arguments.prompt_tokens,
        "output_tokens": arguments.output_tokens,
        "repetitions": arguments.repetitions,
        "text": arguments.text.absolute() if arguments.text else None,
    }
    measures = Measures(
        bench=not arguments.no_bench,
        quality=not arguments.no_quality,
        suite=not arguments.no_suite,
        **{name: value for name, value in given.items() if value is not None},
    )
    return plan_lab(
        _sources(arguments, report, cancel),
        variants,
        output=arguments.output,
        measures=measures,
        suite=arguments.suite.absolute() if arguments.suite else None,
        override=arguments.force,
    )


def _sources(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> list[ModelSource]:
    from slmtui import pipeline
    from slmtui.lab.sources import find_sources

    found: list[ModelSource] = []
    for name in arguments.sources:
        path, options = report.follow(pipeline.fetch(name, cancel, source_options(arguments)))
        models, passed_over = find_sources([str(path)], options)
        found += models
        for failure in passed_over:
            report.note(f"left out: {failure.cause}")
    return found


def _runner(address: str | None) -> Runner | None:
    if address is None:
        return None
    from slmtui.lab.cluster import on_ray

    return on_ray(address)


def _check_deploy(name: str | None, plan: LabPlan) -> None:
    from slmtui.events import Failure
    from slmtui.lab.deploy import check_free

    if name is None:
        return
    if len(plan.models) > 1:
        raise Failure(
            "--deploy takes one name, and there are several models.", "Leave it away, or name one model."
        )
    check_free(name, plan.models[0])


_KEYS = ("output", "machine", "complete", "rows", "recommendations", "deployed", "seconds")
