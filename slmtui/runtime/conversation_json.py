"""A conversation as JSON and back: the form it is saved in, and exported in."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, get_args

from slmtui.events import Failure, jsonable
from slmtui.runtime import conversation as made
from slmtui.runtime.answer import Answer
from slmtui.runtime.conversation import Conversation, Problem, Turn
from slmtui.runtime.parameters import ChatParameters
from slmtui.runtime.protocol import FinishReason

FORMAT, VERSION = "slmtui-conversation", 1
_NO_NUMBERS = ("text", "finish_reason", "cpu_percent_per_core")
_FIX = "Give a file that slmtui has saved or exported, or a JSON list of messages (role, content)."


def to_json(conversation: Conversation) -> str:
    """The conversation as one JSON document."""
    document = {"format": FORMAT, "version": VERSION, **jsonable(conversation)}
    # Half a character, as a paste may hold, is no UTF-8; escaped it is kept as it is.
    return (
        json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace").decode() + "\n"
    )


def from_json(text: str | bytes) -> Conversation:
    """The conversation in a document of `to_json`, or in a plain list of messages (`role`, `content`).

    Raises:
        Failure: it is neither.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Failure(f"This is no conversation: it is no JSON ({error.msg}, {where}).", _FIX) from error
    except (ValueError, RecursionError) as error:
        raise Failure("This is no conversation: it is no JSON.", _FIX) from error
    try:
        if isinstance(document, dict) and document.get("format") == FORMAT:
            return _conversation(document)
        listed = document.get("messages") if isinstance(document, dict) else document
        return _of_messages(listed)
    except Failure:
        raise
    except KeyError as error:
        raise Failure(f"This is no conversation: an entry {error} is missing.", _FIX) from error
    except _Odd as odd:
        raise Failure(f"This is no conversation: {odd}.", _FIX) from odd
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise Failure("This is no conversation: an entry is of the wrong kind.", _FIX) from error


class _Odd(Exception):
    """Something that has no place in a conversation, in words."""


def _conversation(document: dict[str, Any]) -> Conversation:
    if (version := document["version"]) != VERSION:
        raise Failure(
            f"This conversation is of the form {version!r}, and this slmtui knows form {VERSION}.",
            "A later slmtui has written it: read it with that one.",
        )
    plain = {
        name: value if isinstance(value := document[name], str) else str(value)
        for name in ("id", "model", "model_dir", "system", "title", "created", "changed")
    }
    return Conversation(
        **plain,
        turns=tuple(_turn(turn) for turn in document["turns"]),
        parameters=_parameters(document["parameters"]),
        engine="foundry" if document["engine"] == "foundry" else "genai",
        forgotten=max(0, min(int(document["forgotten"]), len(document["turns"]))),
    )


def _turn(saved: dict[str, Any]) -> Turn:
    answer, problem = saved.get("answer"), saved.get("problem")
    return Turn(
        question=str(saved["question"]),
        text=str(saved.get("text", "")),
        answer=_answer(answer) if answer else None,
        problem=Problem(**{k: str(v) for k, v in _known(Problem, problem).items()}) if problem else None,
        right=saved.get("right") if isinstance(saved.get("right"), bool) else None,
        expected=str(saved.get("expected", "")),
    )


def _parameters(saved: dict[str, Any]) -> ChatParameters:
    fields = _known(ChatParameters, saved)
    for name, value in fields.items():
        if name == "stop":
            fits = isinstance(value, list)
        elif name in ("temperature", "top_p", "repetition_penalty"):
            fits = _is_number(value)
        else:
            fits = (isinstance(value, int) and not isinstance(value, bool)) or (
                value is None and name != "max_tokens"
            )
        if not fits:
            raise _Odd(f"the parameter {name} cannot be {value!r}")
    return ChatParameters(**fields)


def _answer(saved: dict[str, Any]) -> Answer:
    fields = _known(Answer, saved)
    for name, value in fields.items():
        if name not in _NO_NUMBERS and not _is_number(value):
            raise _Odd(f"{name} of an answer is no number")
        if isinstance(value, float) and not math.isfinite(value):
            fields[name] = 0.0  # as a figure that could not be taken
    cores = fields.get("cpu_percent_per_core", ())
    if not isinstance(fields["text"], str) or not all(map(_is_number, cores)):
        raise _Odd("an entry of an answer is of the wrong kind")
    if fields["finish_reason"] not in get_args(FinishReason):
        raise _Odd("an answer ended in a way that slmtui does not know")
    return Answer(**fields | {"cpu_percent_per_core": tuple(cores)})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _known(kind: type, saved: dict[str, Any]) -> dict[str, Any]:
    """The fields that this version knows; a later one may have written more."""
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: value for name, value in saved.items() if name in names}


def _of_messages(listed: Any) -> Conversation:
    if not isinstance(listed, list):
        raise _Odd("it is no list of messages")
    conversation = made.new("", "")
    for message in listed:
        role, content = message["role"], message["content"]
        if not isinstance(content, str):
            raise _Odd("the content of a message is no text")
        if role == "system" and not conversation.turns:
            conversation = dataclasses.replace(conversation, system=content)
        elif role == "user":
            conversation = made.ask(conversation, content)
        elif role == "assistant" and conversation.turns:
            conversation = made.grown(conversation, content)
        else:
            raise _Odd(f"a message of the role {role!r} has no place there")
    return conversation
