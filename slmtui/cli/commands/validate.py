"""`slmtui validate`: the guide's quality checklist, each item a test with verdict and evidence."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, command, named_path, positive

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Event
    from slmtui.measure.checklist_item import Checklist
    from slmtui.measure.quality_figures import Quality
    from slmtui.measure.suite import Suite
    from slmtui.source.model_source import ModelSource

# How many answers that did not pass are shown to people; JSON has all.
_SHOWN = 10


def declare(commands: Commands) -> None:
    """Add `validate`."""
    parser = command(
        commands,
        "validate",
        validate,
        "go through the quality checklist with a model",
        "Ask a model the questions of a suite, and test the form of its answers, its memory over a long\n"
        "session, longer and longer input, and edge cases. A suite is JSONL, a question a line: prompt (or\n"
        "messages), perhaps system, and any of equals, contains, not_contains, regex, json_schema,\n"
        "max_tokens, similar. Without --suite the model's own is taken, or that of the sample it was made\n"
        "of. With --against, a text tells how far the model is from its source. The exit code is 1 if an\n"
        "item fails.",
        example="slmtui validate my-model --suite questions.jsonl\n"
        "slmtui validate ./my-model-int4 --suite questions.jsonl --against ./my-model --json",
    )
    parser.add_argument(
        "target", metavar="TARGET", help="a converted model's folder, or a deployed model's name"
    )
    parser.add_argument("--suite", metavar="FILE", type=named_path, help="the questions, JSONL")
    parser.add_argument(
        "--against",
        metavar="SOURCE",
        help="what it was converted from: the same suite tells what the conversion has lost, and a text read"
        " by both how far they are apart (perplexity, KL divergence, first choices)",
    )
    text = parser.add_mutually_exclusive_group()
    text.add_argument(
        "--text",
        metavar="FILE",
        type=named_path,
        help="the text to read (default: a built-in one); without --against, for the perplexity alone",
    )
    text.add_argument("--no-quality", action="store_true", help="read no text")
    parser.add_argument(
        "--base", metavar="SOURCE", help="an untuned model: the same suite tells what the fine-tuning taught"
    )
    parser.add_argument(
        "--at-least",
        metavar="SHARE",
        type=_share,
        default=0.9,
        help="the share of the suite that has to pass (default: 0.9)",
    )
    parser.add_argument(
        "--turns", metavar="N", type=positive, default=100, help="turns of the long session (default: 100)"
    )
    add_json(parser)


def validate(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Go through the checklist, and say every item."""
    report.begin(model=None, **dict.fromkeys(_KEYS))
    from slmtui import pipeline
    from slmtui.measure.suite_file import read_suite

    folder = pipeline.chat_folder(arguments.target)
    report.update(model=folder)
    suite = read_suite(arguments.suite) if arguments.suite else pipeline.suite_of(folder)
    _check_suite(arguments, suite)
    source, base = (_control(name, report, cancel) for name in (arguments.against, arguments.base))
    if (source or arguments.text) and not arguments.no_quality:
        _read(report, report.follow(pipeline.run_quality(folder, source, arguments.text, cancel)))

    def say(event: Event) -> None:
        if report.json or event.kind != "suite_answer":
            report.event(event)

    found = report.follow(
        pipeline.run_checklist(
            folder,
            cancel,
            suite=suite,
            source=source,
            base=base,
            turns=arguments.turns,
            at_least=arguments.at_least,
        ),
        say,
    )
    report.update(**found.to_json())
    if not report.json:
        _say_wrong_answers(report, found, suite)
    if not found.complete:
        report.cancelled()
        return 130
    return _conclude(report, found)


def _conclude(report: Report, found: Checklist) -> int:
    from slmtui.events import Failure

    if found.failed:
        titles = ", ".join(f"“{item.title}”" for item in found.failed)
        report.failed(Failure(f"Of the checklist failed: {titles}.", found.failed[0].fix))
        return 1
    report.finished()
    if not report.json:
        open_items = sum(item.status == "unchecked" for item in found.items)
        warned = sum(item.status == "warn" for item in found.items)
        said = [f"{warned} with a warning" if warned else "", f"{open_items} unchecked" if open_items else ""]
        ending = ", ".join(part for part in said if part)
        report.line("Nothing failed" + (f"; {ending}." if ending else "."))
    return 0


def _check_suite(arguments: argparse.Namespace, suite: Suite | None) -> None:
    from slmtui.events import Failure

    if suite is None and (arguments.base or (arguments.against and arguments.no_quality)):
        raise Failure(
            "There is no suite whose questions a control could answer.",
            "Name one with --suite FILE, or leave out --against and --base.",
        )


def _control(name: str | None, report: Report, cancel: Cancel) -> ModelSource | None:
    if name is None:
        return None
    from slmtui import pipeline

    return report.follow(pipeline.named_source(name, cancel))


def _read(report: Report, found: Quality) -> None:
    """Say what reading a text has shown."""
    report.update(quality=found.to_json())
    if report.json:
        return
    rows = [("text", f"{found.text}, {found.tokens:,} tokens"), ("perplexity", f"{found.perplexity:,.2f}")]
    if found.against_source:
        rows += [
            ("of the source", f"{found.perplexity_source:,.2f}"),
            (
                "KL divergence",
                f"{found.kl_mean:.4f} on average, {found.kl_median:.4f} median, {found.kl_p99:.3f} at 99 %",
            ),
            ("same first choice", f"{found.top1:.1%}"),
        ]
    report.pairs(rows)
    for note in found.notes:
        report.note(f"note: {note}")


def _say_wrong_answers(report: Report, found: Checklist, suite: Suite | None) -> None:
    if suite is None or found.suite is None:
        return
    wrong = [answer for answer in found.suite.answers if not answer.passed]
    for answer in wrong[:_SHOWN]:
        report.line(f"not passed: {suite.lines[answer.line].title[:200]}")
        report.line(f"  answer: {' '.join(answer.answer.split())[:200]!r}")
        report.line(f"  {'; '.join(answer.reasons)}")
    if len(wrong) > _SHOWN:
        report.line(f"… and {len(wrong) - _SHOWN} more; --json has them all")


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share from 0 to 1")
    return number


_share.__name__ = "share"
_KEYS = ("quality", "items", "suite", "control", "base", "suite_name", "at", "seconds", "complete")
