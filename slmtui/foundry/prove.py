"""Asking the Foundry Local SDK whether a deployment worked; the others are asked in `prove_others.py`.

Each verdict carries what was seen. What cannot be asked on this machine is `unchecked`, never passed.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.prove_others import command_lists, command_runs, scanner_finds
from slmtui.foundry.sdk import FoundrySdk, SdkAnswer, SdkLoaded, SdkUnusable
from slmtui.runtime.parameters import Message

__all__ = [
    "PROBE",
    "command_lists",
    "command_runs",
    "listed_loads_and_answers",
    "loads_and_answers",
    "not_registered",
    "register",
    "scanner_finds",
]

PROBE = "Hello! What can you do?"
_PROBE_TOKENS = 48
_SHOWN_CHARACTERS = 120
_LISTS = "The SDK has it registered and lists it"
_LOADS = "The SDK loads it"
_ANSWERS = "The SDK gets an answer"


def loads_and_answers(
    folder: Path, scratch: Path, model_id: str, question: str, context_length: int | None, cancel: Cancel
) -> Service[tuple[Verdict, ...]]:
    """Register `folder` in a list of the SDK's own in `scratch`, load the model and ask it `question`.

    `scratch` is a folder of nobody else's, which is made and deleted. The user's cache is not
    touched. When this ends, the child is gone and with it every hold on the files.

    Returns:
        The verdicts `sdk-loads` and `sdk-answers`; both `unchecked` if the SDK cannot run here.

    Raises:
        Failure: the SDK runs and cannot load the model.
    """
    try:
        with FoundrySdk(scratch, cancel) as sdk:
            sdk.register(model_id, folder, model_id)
            yield Progress("load", f"Foundry Local SDK {sdk.version} loads the model", 0.5)
            try:
                loaded = yield from sdk.load(model_id)
            except Failure as failure:
                raise _cannot_load(failure) from failure
            before = ", before it was moved into its place" if scratch.is_relative_to(folder) else ""
            loads = _loaded(sdk.version, loaded, before)
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


def listed_loads_and_answers(
    model: DeployedModel, question: str, cancel: Cancel
) -> Service[tuple[Verdict, ...]]:
    """Ask the SDK about a model in its place: the verdicts `sdk-lists`, `sdk-loads` and `sdk-answers`.

    The cache's list of registrations is read by the SDK and stays as it is.
    """
    again = model.again
    loads = Verdict("sdk-loads", _LOADS, "unchecked", "The SDK does not list it, so it was not asked to.")
    answers = Verdict("sdk-answers", _ANSWERS, "unchecked", "It is not loaded, so it was not asked.")
    try:
        with FoundrySdk(model.cache_dir, cancel) as sdk:
            try:
                lists = _listed(sdk, model, again)
            except Failure as failure:
                cancel.check()
                # For one, where it cannot write its lock into the cache folder.
                fix = failure.fix or f"See that you may write to {model.cache_dir}: the SDK has to."
                lists = Verdict("sdk-lists", _LISTS, "fail", failure.cause, fix)
            yield lists
            if lists.status == "ok":
                try:
                    loaded = yield from sdk.load(model.model_id)
                except Failure as failure:
                    cancel.check()
                    loads = Verdict("sdk-loads", _LOADS, "fail", failure.cause, f"Deploy it again: {again}")
                else:
                    loads = _loaded(sdk.version, loaded)
                    yield loads
                    answers = yield from _answer(sdk, model.model_id, question, loaded.context_length)
                    return lists, loads, answers
    except SdkUnusable as unusable:
        lists = Verdict("sdk-lists", _LISTS, "unchecked", unusable.cause, unusable.fix)
        yield lists
    yield loads
    yield answers
    return lists, loads, answers


def _listed(sdk: FoundrySdk, model: DeployedModel, again: str) -> Verdict:
    listed = next((one for one in sdk.models() if one.model_id == model.model_id), None)
    if listed is None:
        evidence = f"{model.model_id} is not registered in {model.cache_dir}."
    elif listed.path is None or listed.path.resolve() != model.folder.resolve():
        evidence = f"{model.model_id} is registered for {listed.path or 'a folder that is gone'}."
    else:
        evidence = f"{model.model_id} is listed, at {model.folder}."
        return Verdict("sdk-lists", _LISTS, "ok", evidence)
    return Verdict("sdk-lists", _LISTS, "fail", evidence, f"Deploy it again: {again}")


def _cannot_load(failure: Failure) -> Failure:
    said = failure.cause.removeprefix("The Foundry Local SDK says: ")
    return Failure(
        f"The Foundry Local SDK cannot load the model, so it was not deployed: {said}",
        "Convert the model again, with the versions that `slmtui doctor` asks for.",
        failure.log,
    )


def _loaded(version: str, loaded: SdkLoaded, when: str = "") -> Verdict:
    context = f"; its context holds {loaded.context_length:,} tokens" if loaded.context_length else ""
    evidence = f"Foundry Local SDK {version} loaded it in {loaded.seconds:.1f} s{when}{context}."
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
    took = f"{answer.seconds:.1f} s" if answer.seconds >= 0.1 else f"{answer.seconds * 1000:.0f} ms"
    evidence = f"{question!r} → {shown!r} ({answer.completion_tokens} tokens in {took})"
    return Verdict("sdk-answers", _ANSWERS, "ok", evidence)


def register(cache_dir: Path, model_id: str, folder: Path) -> Verdict:
    """Register a deployed folder with the SDK and see that the SDK lists it.

    Raises:
        Failure: the SDK runs, and refuses or does not list it; what was registered before is again.
    """
    name = model_id.partition(":")[0]
    try:
        with FoundrySdk(cache_dir) as sdk:
            # One that is registered already is that of the model which is being replaced: the SDK notes a
            # context length with it, so it is made anew.
            before = next((model for model in sdk.models() if model.model_id == model_id), None)
            if before is not None:
                sdk.unregister(model_id)
            try:
                sdk.register(model_id, folder, name)
                listed = next((model for model in sdk.models() if model.model_id == model_id), None)
                if listed is None or listed.path is None or listed.path.resolve() != folder.resolve():
                    raise Failure(f"The Foundry Local SDK does not list {model_id}.", "", sdk.log)
            except Failure:
                with suppress(Failure):
                    sdk.unregister(model_id)
                if before is not None:
                    with suppress(Failure):
                        sdk.register(model_id, before.path or folder, name)
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
