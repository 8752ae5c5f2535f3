"""The client against a stand-in for the host: a real child process that holds no model."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slmtui.events import Cancel, Cancelled, Failure, drain
from slmtui.runtime import client
from slmtui.runtime.client import Answer, ModelHost, Token
from slmtui.runtime.parameters import ChatParameters, Message


def model_in(folder: Path) -> Path:
    folder.mkdir()
    config = {"type": "qwen2", "context_length": 2048, "vocab_size": 9, "decoder": {"filename": "m.onnx"}}
    (folder / "genai_config.json").write_text(json.dumps({"model": config}), encoding="utf-8")
    (folder / "m.onnx").touch()
    return folder


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(client, "HOST_MODULE", "stand_in_host")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ModelHost]:
    with ModelHost(model_in(tmp_path / "a model")) as host:
        host.load()
        yield host


def ask(host: ModelHost, wish: str, cancel: Cancel | None = None) -> Answer:
    return drain(host.chat([Message("user", wish)], ChatParameters(), cancel or Cancel()))


def after(seconds: float, act: Callable[[], object]) -> None:
    threading.Timer(seconds, act).start()


def test_an_answer_comes_as_tokens_and_then_whole_with_its_figures(host: ModelHost) -> None:
    service = host.chat([Message("user", "answer")], ChatParameters(), Cancel())
    events = []
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            answer = end.value
            break
    assert events == [Token("one"), Token(" two \x1b[31m?")]
    assert answer.text == "one two \x1b[31m?"
    assert (answer.prompt_tokens, answer.cached_tokens, answer.completion_tokens) == (9, 4, 5)
    assert answer.ttft_seconds == 0.5
    assert answer.decode_tokens_per_second == pytest.approx(4 / 0.4)
    assert answer.finish_reason == "stop"
    assert answer.peak_rss_bytes > 1_000_000
    assert events[0].as_json() == {"event": "token", "text": "one"}


def test_what_the_host_prints_is_in_the_log_only(host: ModelHost) -> None:
    assert "log" not in ask(host, "answer").text
    host.close()
    assert "a line for the log" in host.log.read_text(encoding="utf-8")


def test_a_stop_ends_the_answer_normally_and_keeps_its_text(host: ModelHost) -> None:
    cancel = Cancel()
    after(0.2, cancel.set)
    answer = ask(host, "go on", cancel)
    assert (answer.finish_reason, answer.completion_tokens) == ("cancelled", 5)
    assert answer.text.startswith("one two")


def test_a_stop_is_answered_within_200_ms_though_the_host_is_deaf(host: ModelHost) -> None:
    cancel = Cancel()
    asked = []
    after(0.2, lambda: (asked.append(time.monotonic()), cancel.set()))
    answer = ask(host, "be deaf", cancel)
    assert time.monotonic() - asked[0] < 0.2
    assert answer.finish_reason == "cancelled"
    assert "late" not in answer.text
    # What the host still had to say about the stopped answer does not get into the next one.
    assert ask(host, "answer").text == "one two \x1b[31m?"


def test_an_answer_cancelled_beforehand_ends_at_once(host: ModelHost) -> None:
    cancel = Cancel()
    cancel.set()
    assert ask(host, "go on", cancel).finish_reason == "cancelled"


def test_leaving_an_answer_stops_it(host: ModelHost) -> None:
    service = host.chat([Message("user", "go on")], ChatParameters(), Cancel())
    assert next(service) == Token("one")
    service.close()
    assert ask(host, "answer").finish_reason == "stop"


def test_a_second_request_meanwhile_is_refused_and_the_first_goes_on(host: ModelHost) -> None:
    cancel = Cancel()
    service = host.chat([Message("user", "go on")], ChatParameters(), cancel)
    next(service)
    with pytest.raises(Failure, match="busy"):
        host.token_ids("x")
    with pytest.raises(Failure, match="busy"):
        ask(host, "answer")
    cancel.set()
    assert drain(service).finish_reason == "cancelled"
    assert host.token_ids("four") == [4]


def test_a_host_that_dies_is_a_failure_and_loading_starts_anew(host: ModelHost) -> None:
    with pytest.raises(Failure) as caught:
        ask(host, "die")
    assert "exit code 3" in caught.value.cause
    assert "Loading the model again" in caught.value.fix
    assert caught.value.log == host.log
    assert not host.alive
    assert host.usage() == (0, 0.0)
    with pytest.raises(Failure):
        ask(host, "answer")
    host.load()
    assert ask(host, "answer").finish_reason == "stop"


def test_a_host_that_breaks_down_says_why(host: ModelHost) -> None:
    with pytest.raises(Failure, match="MemoryError: no room"):
        ask(host, "break down")


def test_a_failed_request_leaves_the_host_alive(host: ModelHost) -> None:
    with pytest.raises(Failure, match="broke off: why"):
        ask(host, "fail")
    assert ask(host, "answer").finish_reason == "stop"


def test_whoever_cancels_may_end_the_host_as_well(host: ModelHost) -> None:
    cancel = Cancel()
    after(0.2, cancel.set)
    with cancel.calling(host.close):
        answer = ask(host, "go on", cancel)
    assert (answer.finish_reason, answer.completion_tokens) == ("cancelled", 5)
    assert not host.alive


def test_closing_the_host_in_the_middle_of_an_answer_is_a_failure(host: ModelHost) -> None:
    after(0.2, host.close)
    with pytest.raises(Failure):
        ask(host, "go on")


def test_loading_can_be_cancelled_and_leaves_no_process(tmp_path: Path) -> None:
    host = ModelHost(model_in(tmp_path / "slow"))
    cancel = Cancel()
    asked = []
    after(0.5, lambda: (asked.append(time.monotonic()), cancel.set()))
    with pytest.raises(Cancelled):
        host.load(cancel)
    assert time.monotonic() - asked[0] < 1
    assert not host.alive


def test_nothing_can_be_asked_before_a_model_is_loaded(tmp_path: Path) -> None:
    host = ModelHost(model_in(tmp_path / "model"))
    with pytest.raises(Failure, match="No model is loaded"):
        ask(host, "answer")
    assert host.usage() == (0, 0.0)
    host.close()


def test_usage_can_be_asked_during_an_answer(host: ModelHost) -> None:
    service = host.chat([Message("user", "go on")], ChatParameters(), Cancel())
    next(service)
    assert host.usage()[0] > 1_000_000
    service.close()
