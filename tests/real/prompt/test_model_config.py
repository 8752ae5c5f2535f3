"""`ModelConfig` in the chat: every value of it changes what the real runtime does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.pipeline import chat_parameters
from slmtui.prompt.inference_model import InferenceModel, ModelConfig
from slmtui.prompt.station import plan
from slmtui.runtime import conversation as change
from slmtui.runtime.answer import Answer
from slmtui.runtime.client import ModelHost
from slmtui.runtime.talk import talk

QUESTION = "How do I turn the lamp on?"
GREEDY: dict[str, Any] = {"temperature": 0, "repetition_penalty": 1.0}


@pytest.fixture(scope="module")
def host(converted_sample: Path) -> Iterator[ModelHost]:
    with ModelHost(converted_sample) as host:
        host.load()
        yield host


def said(host: ModelHost, folder: Path, **config: Any) -> Answer:
    """The answer in a chat whose model has this ModelConfig."""
    template = plan(host.model_dir, "fern").inference_model.prompt_template
    model = InferenceModel("fern", prompt_template=template, model_config=ModelConfig(**GREEDY | config))
    (folder / "inference_model.json").write_text(model.to_json(), encoding="utf-8")
    asked = change.ask(change.new("fern", str(host.model_dir), chat_parameters(folder)), QUESTION)
    turn = drain(talk(host, asked, Cancel())).turns[-1]
    if turn.problem is not None:
        raise Failure(turn.problem.cause, turn.problem.fix)
    assert turn.answer is not None
    return turn.answer


def test_every_value_is_honoured(host: ModelHost, tmp_path: Path) -> None:
    greedy = said(host, tmp_path)
    assert greedy.finish_reason == "stop"
    whole = greedy.prompt_tokens + greedy.completion_tokens

    shorter = said(host, tmp_path, max_length=whole - 3)
    assert shorter.finish_reason == "context"
    assert shorter.prompt_tokens + shorter.completion_tokens == whole - 3
    with pytest.raises(Failure, match="max_length allows 4"):
        said(host, tmp_path, max_length=4)

    first, word, _ = greedy.text.split(" ", 2)
    stopped = said(host, tmp_path, stop=(word,))
    assert stopped.finish_reason == "stop_string"
    assert stopped.text == f"{first} "

    hot = {said(host, tmp_path, temperature=2.0, top_p=1.0, top_k=1000).text for _ in range(12)}
    assert hot != {greedy.text}
    assert said(host, tmp_path, temperature=2.0, top_p=1.0, top_k=1).text == greedy.text
    assert said(host, tmp_path, temperature=2.0, top_p=1e-6).text == greedy.text
    assert said(host, tmp_path, repetition_penalty=3.0).text != greedy.text


def test_a_chat_with_max_length_leaves_out_the_oldest_turns(host: ModelHost, tmp_path: Path) -> None:
    said(host, tmp_path, max_length=200)
    document = json.loads((tmp_path / "inference_model.json").read_text(encoding="utf-8"))
    assert document["ModelConfig"]["max_length"] == 200
    conversation = change.new("fern", str(host.model_dir), chat_parameters(tmp_path))
    for _ in range(8):
        conversation = drain(talk(host, change.ask(conversation, QUESTION), Cancel()))
    last = conversation.turns[-1].answer
    assert last is not None
    assert last.context_length == 200
    assert last.prompt_tokens + last.completion_tokens <= 200
    assert last.dropped_messages > 0
