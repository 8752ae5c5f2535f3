"""`slmtui template`: Foundry Local's `inference_model.json` for a converted model."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slmtui.cli.declare import Commands, add_json, command
from slmtui.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel, Verdict
    from slmtui.foundry.deployed import DeployedModel
    from slmtui.prompt.inference_model import InferenceModel
    from slmtui.prompt.station import TemplatePlan

_NOTHING = "nothing to undo: slmtui has written nothing there"


def declare(commands: Commands) -> None:
    """Add `template`."""
    parser = command(
        commands,
        "template",
        template,
        "derive the prompt template, check it, print or write inference_model.json",
        "Derive Foundry Local's inference_model.json from the model's own chat template and print it.\n"
        "With --write it is put into the model's folder; another one that is there is replaced only\n"
        "after a look at the difference and a yes, or with --replace. --check looks at the one that is\n"
        "there, and holds it token by token against the tokenizer in transformers and in the runtime;\n"
        "--json does so too. Exits with 1 if it is not valid, or if a check fails.",
        example="slmtui template ./my-model-int4\n"
        "slmtui template ./my-model-int4 --set ModelConfig.temperature=0.2 --write\n"
        "slmtui template ./my-model-int4 --check",
    )
    parser.add_argument("model_dir", metavar="MODEL_DIR", type=Path, help="a converted model's folder")
    parser.add_argument(
        "--name", metavar="NAME", help="the model's name in it (default: the one it has, else the folder's)"
    )
    parser.add_argument(
        "--family",
        metavar="NAME",
        default="auto",
        help="take the strings of a family (chatml, llama3, gemma…) instead of the model's own",
    )
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help=r"change a value, such as top_p=0.8 or PromptTemplate.user='<u>{Content}\n'",
    )
    parser.add_argument(
        "--check", action="store_true", help="look at the inference_model.json that is there, not a new one"
    )
    parser.add_argument("--write", action="store_true", help="write it to MODEL_DIR/inference_model.json")
    parser.add_argument(
        "--replace", action="store_true", help="with --write: replace one that says something else"
    )
    parser.add_argument(
        "--sync-chat-template",
        action="store_true",
        help="also write the chat_template.jinja that renders what PromptTemplate says (of the file that is"
        " there, unless --family is given); the original is kept beside it",
    )
    parser.add_argument("--undo-chat-template", action="store_true", help="put the original back")
    parser.add_argument(
        "--search-options",
        action="store_true",
        help="also write ModelConfig into genai_config.json's search options; the original is kept",
    )
    parser.add_argument("--undo-search-options", action="store_true", help="put the original back")
    add_json(parser)


def template(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what the template is, do with it what was asked for, and how it went."""
    from slmtui.events import Failure
    from slmtui.prompt import station, truth_report

    folder = arguments.model_dir.absolute()
    undone = _undo(arguments, folder)
    for line in () if report.json else undone:
        report.note(line)
    plan = station.plan(folder, arguments.name or _name(folder), arguments.family)
    text = _changed(_subject(arguments, plan), arguments.set)
    model, issues = plan.check(text)
    if arguments.check and not arguments.write and text == plan.existing:  # its bytes, so its encoding, too
        issues = plan.existing_issues
        model = None if any(issue.severity == "error" for issue in issues) else model
    cancel.check()
    if model is not None and not _may(arguments, plan, text, model, report, cancel):
        return ExitCode.USAGE
    verdicts, written = _write(arguments, plan, text, model)
    behind = _behind(folder, told=bool(undone or written))
    agreement = None
    if model is not None and (arguments.check or arguments.json) and _converted(folder):
        agreement = truth_report.agreement(folder, model.prompt_template, cancel)
        verdicts += agreement.verdicts
    if report.json:
        report.object(
            _facts(plan, text)
            | {
                "agreement": agreement.as_json() if agreement else None,
                "problems": issues,
                "verdicts": verdicts,
                "written": plan.target if arguments.write else None,
                "deployed_before": [one.model_id for one in behind],
            }
        )
    else:
        _tell(report, plan, text, verdicts)
        for issue in issues:
            where = f"line {issue.line}: " + (f"{issue.where}: " if issue.where else "")
            report.note(f"{issue.severity}: {where}{issue.cause} {issue.fix}")
        for line in written:
            report.note(line)
        for one in behind:
            report.note(f"{one.model_id} is deployed with the old files. Deploy it again: {one.again}")
    if bad := [verdict for verdict in verdicts if verdict.status == "fail"]:
        raise Failure(bad[0].evidence, bad[0].fix)
    return 1 if model is None else 0


def _undo(arguments: argparse.Namespace, folder: Path) -> list[str]:
    """Put originals back; says which."""
    from slmtui.prompt import search_options, sync

    done: list[str] = []
    if arguments.undo_chat_template:
        undone = sync.unsync(folder)
        done.append("undone: the chat template is the model's own again" if undone else _NOTHING)
    if arguments.undo_search_options:
        undone = search_options.undo_search(folder)
        done.append("undone: the search options are the model's own again" if undone else _NOTHING)
    return done


def _may(
    arguments: argparse.Namespace,
    plan: TemplatePlan,
    text: str,
    model: InferenceModel,
    report: Report,
    cancel: Cancel,
) -> bool:
    """Nothing that is there is overwritten before somebody has seen the difference; False: nobody can."""
    from slmtui.cli.ask import can_ask, confirm
    from slmtui.events import Failure
    from slmtui.prompt.inference_model import parse

    there = parse(plan.existing)[0] if plan.existing is not None else None
    if not arguments.write:
        apart = there is not None and there.prompt_template != model.prompt_template
        if arguments.sync_chat_template and apart:
            raise Failure(
                f"{plan.target} says something else than the chat template would.",
                "Add --write, so that older and newer runtimes read the same.",
            )
        return True
    if plan.existing is None or arguments.replace or not (diff := plan.diff(text)):
        return True
    if not report.json:
        report.note(diff.rstrip("\n"))
    left = Failure(
        f"{plan.target} is there already and says something else; it was left as it is.",
        "Replace it with --replace, or look at it with --check.",
    )
    if not can_ask(report):
        report.failed(left)
        return False
    if not confirm(f"Replace {plan.target}?", report, cancel):
        raise left
    return True


def _behind(folder: Path, *, told: bool) -> tuple[DeployedModel, ...]:
    """The deployed copies that lack what was written; `told` says whether anything was."""
    from slmtui import pipeline

    return pipeline.model_changed(folder) if told else pipeline.behind(folder)


def _write(
    arguments: argparse.Namespace, plan: TemplatePlan, text: str, model: InferenceModel | None
) -> tuple[list[Verdict], list[str]]:
    """Write what was asked for; the verdicts and what to say. With an error in `text` nothing is written."""
    from slmtui.prompt import search_options, station, sync

    verdicts: list[Verdict] = []
    lines: list[str] = []
    if arguments.write:
        verdicts += station.write(plan, text)
        lines.append(f"written: {plan.target}")
    if model is not None and arguments.sync_chat_template:
        wish = sync.sync_plan(plan.model_dir, model.prompt_template)
        sync.sync(wish)
        lines += [wish.diff.rstrip("\n"), f"written: {wish.target}; back with --undo-chat-template"]
    if model is not None and arguments.search_options:
        options = search_options.search_plan(plan.model_dir, model.model_config)
        search_options.write_search(options)
        lines += [options.diff.rstrip("\n"), f"written: {options.target}; back with --undo-search-options"]
    return verdicts, lines


def _facts(plan: TemplatePlan, text: str) -> dict[str, Any]:
    """What can be said without loading anything."""
    from slmtui.prompt import search_options, sync
    from slmtui.prompt.agreement import agrees

    derivation = plan.derivation
    model, _ = plan.check(text)
    return {
        "family": derivation.family,
        "confidence": derivation.confidence,
        "why": derivation.why,
        "inference_model": _document(text),
        "notes": derivation.notes,
        "agrees": model is not None and agrees(plan.comparisons(model.prompt_template)),
        "diff": plan.diff(text),
        "chat_template_synced": sync.is_synced(plan.model_dir),
        "search_options_written": search_options.has_search(plan.model_dir),
    }


def _subject(arguments: argparse.Namespace, plan: TemplatePlan) -> str:
    """The file that is there where it is asked for, else what was derived."""
    from slmtui.environment.installed import command_line
    from slmtui.events import Failure

    if arguments.check and plan.existing is None:
        write = command_line("slmtui", "template", str(plan.model_dir), "--write")
        raise Failure(f"There is no {plan.target}.", f"Write one: {write}")
    wanted = arguments.check or (
        arguments.family == "auto" and (arguments.sync_chat_template or arguments.search_options)
    )
    return plan.existing if wanted and plan.existing is not None else plan.inference_model.to_json()


def _changed(text: str, changes: list[str]) -> str:
    """`text` with every KEY=VALUE put in."""
    from slmtui.config.json_text import set_field
    from slmtui.events import Failure

    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key.strip():
            raise Failure(f"{change!r} is no KEY=VALUE.", "Write for example --set ModelConfig.top_p=0.8")
        key = _whole(key.strip())
        text = set_field(text, key, _value(key, value))
    return text


def _whole(key: str) -> str:
    """`temperature` means `ModelConfig.temperature`: no two sections share a name."""
    from slmtui.prompt import schema

    sections = (name for name in ("ModelConfig", "PromptTemplate") if key in schema.known(name))
    return next((f"{name}.{key}" for name in sections), key)


def _value(key: str, text: str) -> Any:
    r"""A number or list for ModelConfig, a text with JSON's escapes (`\n`) for everything else."""
    try:
        if key.startswith("ModelConfig."):
            return json.loads(text)
        return json.loads('"' + text.replace('\\"', '"').replace('"', '\\"') + '"', strict=False)
    except ValueError:
        return text  # as it is; the check names what is wrong with it


def _tell(report: Report, plan: TemplatePlan, text: str, verdicts: list[Verdict]) -> None:
    """The file on standard output, what there is to say about it beside it."""
    derivation = plan.derivation
    report.write(text if text.endswith("\n") else text + "\n")
    report.note(f"family: {derivation.family} ({derivation.confidence:.0%} sure: {derivation.why})")
    for note in derivation.notes:
        report.note(f"note: {note}")
    for verdict in verdicts:
        report.event(verdict)


def _document(text: str) -> Any:
    """The file's content, None if it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _converted(folder: Path) -> bool:
    return (folder / "genai_config.json").is_file()


def _name(folder: Path) -> str:
    """The name that the model has in its file already, else one like its folder's."""
    from slmtui.deployment import usable_name
    from slmtui.prompt.inference_model import parse
    from slmtui.prompt.station import FILE_NAME

    file = folder / FILE_NAME
    existing = parse(file.read_bytes())[0] if file.is_file() else None
    return usable_name(existing.name.partition(":")[0] if existing else folder.name)
