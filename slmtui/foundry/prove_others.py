"""Asking others than the SDK: the scanner's rules, and the `foundry` command: does it list it, and run it?

What cannot be asked on this machine is `unchecked`, never passed.
"""

from __future__ import annotations

from pathlib import Path

from slmtui.environment import foundry_command
from slmtui.environment.foundry_command import FoundryCommand
from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry.methods import FIRST_VERSION, Method
from slmtui.foundry.scanner import scan

_SHOWN_CHARACTERS = 120
_LISTS = "The foundry command lists it"
_RUNS = "The foundry command runs it"


def others_find(
    cache_dir: Path, folder: Path, model_id: str, method: Method, question: str | None, cancel: Cancel
) -> Service[tuple[Verdict, ...]]:
    """The verdicts `scanner`, `command` and `command-runs`, as they come.

    Without a `question` the command is not asked to run the model: that starts its service or server, which
    then stays, and nobody has asked for it.
    """
    scanner = only_registered(cache_dir, folder) if method == "register" else scanner_finds(cache_dir, folder)
    yield scanner
    lists = command_lists(cache_dir, model_id, cancel)
    yield lists
    if question is None and lists.status == "ok":
        runs = not_run(model_id)
    else:
        if lists.status == "ok":
            yield Progress("check", "The foundry command is asked to run it, which starts its service", None)
        runs = command_runs(cache_dir, model_id, question or "", lists, cancel)
    yield runs
    return scanner, lists, runs


def only_registered(cache_dir: Path, folder: Path) -> Verdict:
    """What to say of the scanner where nothing was put into the cache folder for it to find."""
    return Verdict(
        "scanner",
        "Foundry Local's scanner finds the folder",
        "warn",
        f"{folder} is only registered: it is not below {cache_dir}, so no scanner finds it there.",
        "Programs that use the SDK find it. For others, deploy it by copy or link.",
    )


def scanner_finds(cache_dir: Path, folder: Path) -> Verdict:
    """Whether Foundry Local's scanner, by its rules, takes `folder` for a model, and why not."""
    title = "Foundry Local's scanner finds the folder"
    seen = scan(cache_dir)
    if (listed := seen.at(folder)) is not None:
        version = " (a Name without a version counts as version 0)" if listed.model_id.endswith(":0") else ""
        evidence = f"By its rules, {folder} is the model {listed.model_id}{version}."
        return Verdict("scanner", title, "ok", evidence)
    if not folder.is_dir():
        return Verdict("scanner", title, "fail", f"There is no folder {folder}.", "Deploy it again.")
    why = seen.why_not(folder)
    evidence = f"{folder} is skipped: {why.reason}." if why else f"{folder} is not below {cache_dir}."
    return Verdict("scanner", title, "fail", evidence, why.fix if why else "")


def command_lists(cache_dir: Path, model_id: str, cancel: Cancel) -> Verdict:
    """Whether `foundry cache list` names this version of the model; unchecked where there is no command.

    A miss is a warning: newer commands list what is registered in a cache of their own catalog alone, while
    the SDK, whose word counts, lists the model.
    """
    title = _LISTS
    command, reason, fix = _command(cache_dir, cancel)
    if command is None:
        return Verdict("command", title, "unchecked", reason, fix)
    try:
        models = command.cached_models(cancel=cancel)
    except Failure as failure:
        return Verdict("command", title, "unchecked", failure.cause, failure.fix)
    ids = _ids(models, model_id)
    if ids:
        evidence = f"`foundry cache list` ({command.version}) shows {ids[0]}."
        return Verdict("command", title, "ok", evidence)
    count = "one model" if len(models) == 1 else f"{len(models) or 'no'} models"
    evidence = f"`foundry cache list` ({command.version}) shows {count}, but not {model_id}."
    fix = "Programs that use the Foundry Local SDK find it all the same."
    return Verdict("command", title, "warn", evidence, fix)


def not_run(model_id: str) -> Verdict:
    """The verdict where the command could be asked to run the model, and was not."""
    evidence = "It was not asked to: running a model starts its service, which then stays."
    return Verdict("command-runs", _RUNS, "unchecked", evidence, f"slmtui verify {model_id} asks it to run.")


def command_runs(cache_dir: Path, model_id: str, question: str, lists: Verdict, cancel: Cancel) -> Verdict:
    """Whether `foundry model run` (`foundry complete` or `run` from 0.10) gets an answer.

    `lists` says whether it knows the model. One that it does not list is not run: it
    would look for a model of that name in its catalog, and download.
    """
    if lists.status != "ok":
        why = lists.evidence if lists.status == "unchecked" else "It does not list it, so it was not run."
        return Verdict("command-runs", _RUNS, "unchecked", why, lists.fix)
    command, reason, fix = _command(cache_dir, cancel)
    if command is None:
        return Verdict("command-runs", _RUNS, "unchecked", reason, fix)
    try:
        ids = _ids(command.cached_models(cancel=cancel), model_id)
    except Failure as failure:
        return Verdict("command-runs", _RUNS, "unchecked", failure.cause, failure.fix)
    known = next(iter(ids), model_id)
    before = command.server_state(cancel=cancel)
    ran = command.run(known, question, cancel=cancel)
    said, problem = ran.text, ran.problem
    if cancel.is_set:  # the model is in its place by now: only the answer was not waited for
        return Verdict("command-runs", _RUNS, "unchecked", "It was cancelled before it had answered.", "")
    line = f"`foundry {' '.join(ran.words)}` ({command.version})"
    started = ""
    if before == "stopped" and command.server_state(cancel=cancel) == "running":
        noun = command.server_noun
        started = f" Its {noun} was started for that and runs on: `foundry {noun} stop` ends it."
    if problem:
        fix = f"Run `foundry {' '.join((*command.run_words, known))}` in a terminal to see what it says."
        return Verdict("command-runs", _RUNS, "warn", f"{line} {problem}.{started}", fix)
    shown = said if len(said) <= _SHOWN_CHARACTERS else said[:_SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
    return Verdict("command-runs", _RUNS, "ok", f"{line}: {question!r} → {shown!r}.{started}")


def _command(cache_dir: Path, cancel: Cancel) -> tuple[FoundryCommand | None, str, str]:
    """The command, if it can be asked about this cache folder; else None, the reason and the fix."""
    command = foundry_command.detect(cancel=cancel)
    if command is None:
        return None, "The `foundry` command is not installed, so it was not asked.", ""
    if command.problem:
        return None, f"`foundry` {command.problem}.", "See `slmtui doctor`."
    location = command.cache_location(cancel=cancel)
    if location is None or location.resolve() != cache_dir.resolve():
        reason = f"`foundry` {command.version} looks into {location or 'a folder it does not tell'}."
        return None, reason, "Deploy into that folder to use it from there."
    return command, "", ""


def _ids(models: list[str], model_id: str) -> list[str]:
    """Those of the listed ids that mean this version; the scanner calls a first one `name` or `name:0`."""
    name, _, version = model_id.lower().partition(":")
    meant = {model_id.lower()} | ({name, f"{name}:0"} if version == str(FIRST_VERSION) else set())
    return sorted(
        (m for m in models if m.lower() in meant), key=lambda model: model.lower() != model_id.lower()
    )
