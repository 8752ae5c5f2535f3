"""Asking whether a deployment worked: the SDK, the scanner's rules, the `foundry` command.

Each verdict carries what was seen. What cannot be asked on this machine is `unchecked`, never passed.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from slmtui.environment import foundry_command
from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry.scanner import scan
from slmtui.foundry.sdk import FoundrySdk, SdkAnswer, SdkLoaded, SdkUnusable
from slmtui.runtime.parameters import Message

PROBE = "Hello! What can you do?"
_PROBE_TOKENS = 48
_SHOWN_CHARACTERS = 120
_LISTS = "The SDK has it registered and lists it"
_LOADS = "The SDK loads it"
_ANSWERS = "The SDK gets an answer"


def loads_and_answers(
    folder: Path, model_id: str, question: str, context_length: int | None, cancel: Cancel
) -> Service[tuple[Verdict, ...]]:
    """Register `folder` in a scratch list of the SDK's own, load the model and ask it `question`.

    The user's cache is not touched. When this ends, the child is gone and with it every hold on the files.

    Returns:
        The verdicts `sdk-loads` and `sdk-answers`; both `unchecked` if the SDK cannot run here.

    Raises:
        Failure: the SDK runs and cannot load the model.
    """
    scratch = folder / ".slmtui-proof"
    try:
        with FoundrySdk(scratch, cancel) as sdk:
            sdk.register(model_id, folder, model_id)
            yield Progress("load", f"Foundry Local SDK {sdk.version} loads the model", 0.5)
            try:
                loaded = yield from sdk.load(model_id)
            except Failure as failure:
                raise _cannot_load(failure) from failure
            loads = _loaded(sdk.version, loaded)
            yield loads
            yield Progress("answer", f"Asking it: {question}", 0.8)
            answers = yield from _answer(sdk, model_id, question, loaded.context_length or context_length)
            return loads, answers
    except SdkUnusable as unusable:
        verdicts = (
            Verdict("sdk-loads", _LOADS, "unchecked", unusable.cause, unusable.fix),
            Verdict("sdk-answers", _ANSWERS, "unchecked", "There is no SDK to ask.", unusable.fix),
        )
        yield from verdicts
        return verdicts
    finally:
        with suppress(OSError):
            shutil.rmtree(scratch)


def _cannot_load(failure: Failure) -> Failure:
    said = failure.cause.removeprefix("The Foundry Local SDK says: ")
    return Failure(
        f"The Foundry Local SDK cannot load the model, so it was not deployed: {said}",
        "Convert the model again, with the versions that `slmtui doctor` asks for.",
        failure.log,
    )


def _loaded(version: str, loaded: SdkLoaded) -> Verdict:
    context = f"; its context holds {loaded.context_length:,} tokens" if loaded.context_length else ""
    when = f"in {loaded.seconds:.1f} s, before it was moved into its place"
    evidence = f"Foundry Local SDK {version} loaded it {when}{context}."
    return Verdict("sdk-loads", _LOADS, "ok", evidence)


def _answer(sdk: FoundrySdk, model_id: str, question: str, context_length: int | None) -> Service[Verdict]:
    """The verdict on an answer; a model that stays silent is deployed all the same, and said to be silent."""
    limit = min(_PROBE_TOKENS, max(1, (context_length or 2 * _PROBE_TOKENS) // 2))
    try:
        answer = yield from sdk.answer(model_id, [Message("user", question)], limit)
    except Failure as failure:
        template = "Look at the model's chat template: the SDK renders that one."
        verdict = Verdict("sdk-answers", _ANSWERS, "fail", failure.cause, template)
    else:
        verdict = _answered(question, answer)
    yield verdict
    return verdict


def _answered(question: str, answer: SdkAnswer) -> Verdict:
    text = " ".join(answer.text.split())
    if not text:
        evidence = f"{question!r} → nothing: the model ended its turn at once."
        fix = "Look at the model's chat template, and try the checkpoint itself."
        return Verdict("sdk-answers", _ANSWERS, "fail", evidence, fix)
    shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS].rsplit(" ", 1)[0] + " …"
    evidence = f"{question!r} → {shown!r} ({answer.completion_tokens} tokens in {answer.seconds:.1f} s)"
    return Verdict("sdk-answers", _ANSWERS, "ok", evidence)


def register(cache_dir: Path, model_id: str, folder: Path) -> Verdict:
    """Register a deployed folder with the SDK and see that the SDK lists it.

    Raises:
        Failure: the SDK runs, and refuses or does not list it.
    """
    name = model_id.partition(":")[0]
    try:
        with FoundrySdk(cache_dir) as sdk:
            # One that is registered already is that of the model which is being replaced: the SDK notes a
            # context length with it, so it is made anew.
            again = any(model.model_id == model_id for model in sdk.models())
            if again:
                sdk.unregister(model_id)
            try:
                sdk.register(model_id, folder, name)
                listed = next((model for model in sdk.models() if model.model_id == model_id), None)
                if listed is None or listed.path is None or listed.path.resolve() != folder.resolve():
                    raise Failure(f"The Foundry Local SDK does not list {model_id}.", "", sdk.log)
            except Failure:
                with suppress(Failure):
                    sdk.register(model_id, folder, name) if again else sdk.unregister(model_id)
                raise
    except SdkUnusable as unusable:
        return Verdict("sdk-lists", _LISTS, "unchecked", unusable.cause, unusable.fix)
    seen_by = f"every program that starts the SDK with the model cache {cache_dir} sees it"
    evidence = f"{model_id} is listed, at {folder}; {seen_by}."
    return Verdict("sdk-lists", _LISTS, "ok", evidence)


def not_registered() -> Verdict:
    """The verdict where the SDK could not be asked to register anything."""
    fix = "Once the SDK runs, deploy again: only registered models are seen by its programs."
    return Verdict(
        "sdk-lists", _LISTS, "unchecked", "The SDK cannot run here, so nothing is registered.", fix
    )


def scanner_finds(cache_dir: Path, folder: Path) -> Verdict:
    """Whether Foundry Local's scanner, by its rules, takes `folder` for a model, and why not."""
    title = "Foundry Local's scanner finds the folder"
    seen = scan(cache_dir)
    if (listed := seen.at(folder)) is not None:
        version = " (a Name without a version counts as version 0)" if listed.model_id.endswith(":0") else ""
        evidence = f"By its rules, {folder} is the model {listed.model_id}{version}."
        return Verdict("scanner", title, "ok", evidence)
    why = seen.why_not(folder)
    evidence = f"{folder} is skipped: {why.reason}." if why else f"{folder} is not below {cache_dir}."
    return Verdict("scanner", title, "fail", evidence, why.fix if why else "")


def command_lists(cache_dir: Path, name: str, cancel: Cancel) -> Verdict:
    """Whether `foundry cache list` names the model; unchecked where there is no such command.

    A miss is a warning: newer commands list what is registered in a cache of their own catalog alone, while
    the SDK, whose word counts, lists the model.
    """
    title = "The foundry command lists it"
    command = foundry_command.detect(cancel=cancel)
    if command is None:
        return Verdict(
            "command", title, "unchecked", "The `foundry` command is not installed, so it was not asked."
        )
    if command.problem:
        return Verdict("command", title, "unchecked", f"`foundry` {command.problem}.", "See `slmtui doctor`.")
    location = command.cache_location(cancel=cancel)
    if location is None or location.resolve() != cache_dir.resolve():
        evidence = f"`foundry` {command.version} looks into {location or 'a folder it does not tell'}."
        return Verdict(
            "command", title, "unchecked", evidence, "Deploy into that folder to use it from there."
        )
    try:
        models = command.cached_models(cancel=cancel)
    except Failure as failure:
        return Verdict("command", title, "unchecked", failure.cause, failure.fix)
    ids = [model for model in models if model.partition(":")[0].lower() == name.lower()]
    if ids:
        evidence = f"`foundry cache list` ({command.version}) shows {ids[0]}."
        return Verdict("command", title, "ok", evidence)
    evidence = f"`foundry cache list` ({command.version}) shows {len(models)} models, but not {name}."
    fix = "Programs that use the Foundry Local SDK find it all the same."
    return Verdict("command", title, "warn", evidence, fix)
