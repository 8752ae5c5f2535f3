"""Chatting with a model: which one is meant, with which parameters, in which engine, tuned or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from slmtui import deployment as deployments
from slmtui.events import Cancel, Failure, Service
from slmtui.pipeline.runtime import chat_target
from slmtui.prompt.inference_model import parse
from slmtui.runtime import client, tuned
from slmtui.runtime.client import EngineName, ModelHost
from slmtui.runtime.conversation import Conversation, messages
from slmtui.runtime.export import Format, export
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.side_by_side import Outcome, side_by_side
from slmtui.runtime.tuned import Tuned
from slmtui.runtime.tuning import Tuning, tune

ENGINES: tuple[EngineName, ...] = ("genai", "foundry")


def chat_folder(target: str) -> Path:
    """The folder of the model that is meant: a converted one at that path, a deployed one, or one on its way.

    A checkpoint's folder that happens to be called like a deployed model does not hide it.

    Raises:
        Failure: there is no such model.
    """
    from slmtui.foundry.deployed import find

    path = Path(target).absolute()
    if (path / "genai_config.json").is_file():
        return path
    if model := find(target):
        return model.folder
    for saved in deployments.saved()[0]:
        if saved.name == target:
            return chat_target(saved)
    if path.is_dir():
        raise Failure(
            f"{path} is no converted model: it has no genai_config.json.",
            f"Convert it first: slmtui convert {target} --output DIR",
        )
    raise Failure(
        f"{target} is neither a converted model's folder nor a deployed model's name.",
        "`slmtui list` shows the names; a folder is given by its path.",
    )


def chat_parameters(model_dir: Path) -> ChatParameters:
    """The parameters of the model's `inference_model.json`, or the ordinary ones if it has none.

    `max_length` counts the prompt as well; how long an answer may be is the chat's own affair.
    """
    try:
        model, _ = parse((model_dir / "inference_model.json").read_bytes())
    except OSError:
        model = None
    if model is None:
        return ChatParameters()
    config = model.model_config
    return ChatParameters(
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=config.top_k,
        repetition_penalty=config.repetition_penalty,
        max_length=config.max_length,
        stop=config.stop,
    )


def chat_host(model_dir: Path, engine: EngineName = "genai") -> ModelHost:
    """A host for a model, not loaded yet: a context manager that ends it."""
    if engine == "foundry":
        from slmtui.foundry.host import FoundryHost

        return FoundryHost(model_dir)
    return client.ModelHost(model_dir)


def chat_side_by_side(
    hosts: Sequence[ModelHost], conversation: Conversation, cancel: Cancel
) -> Service[tuple[Outcome, ...]]:
    """Put a conversation to several hosts at the same moment: models, precisions or engines."""
    said = messages(conversation)
    return (yield from side_by_side(hosts, said, conversation.parameters, cancel))


def export_chat(conversation: Conversation, form: Format, path: Path) -> Path:
    """Write a conversation as Markdown, JSON, or its judged answers as lines of a test suite."""
    return export(conversation, form, path)


def tune_chat(model_dir: Path, cancel: Cancel) -> Service[Tuning]:
    """Find the runtime options the model is fastest with here, and keep them."""
    return (yield from tune(model_dir, cancel))


def tuned_chat(model_dir: Path) -> Tuned | None:
    """What the tuning has found for a model; None if it was not tuned as it stands."""
    return tuned.look_up(model_dir)


def untune_chat(model_dir: Path) -> None:
    """Use the model's own options again."""
    tuned.forget(model_dir)
