"""The client against a stand-in for the host: a real child process that holds no model."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slmtui.events import Cancel, Cancelled, Failure, drain
from slmtui.runtime import client, conversation, watching
from slmtui.runtime.client import Answer, Loop, ModelHost, Token
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.runtime.side_by_side import Side, side_by_side
from slmtui.runtime.talk import talk
from tests.waiting import LONG_BEFORE


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


def test_a_stop_is_answered_at_once_though_the_host_is_deaf(host: ModelHost, tmp_path: Path) -> None:
    cancel, hears = Cancel(), tmp_path / "the host hears again"
    after(0.2, cancel.set)
    answer = ask(host, f"be deaf until {hears}", cancel)
    assert client.STOP_PATIENCE <= 0.1  # that long it was waited for, and not for the host
    hears.touch()
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
    after(0.5, cancel.set)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        host.load(cancel)
    assert time.monotonic() - began < LONG_BEFORE
    assert not host.alive


def test_nothing_can_be_asked_before_a_model_is_loaded(tmp_path: Path) -> None:
    host = ModelHost(model_in(tmp_path / "model"))
    with pytest.raises(Failure, match="No model is loaded"):
        ask(host, "answer")
    assert host.usage() == (0, 0.0)
    host.close()


def test_a_host_that_hangs_is_ended_and_said_to_hang(
    host: ModelHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "HUNG_SECONDS", 0.6)
    with pytest.raises(Failure, match="hangs") as caught:
        ask(host, "hang")
    assert "Load the model again" in caught.value.fix
    assert not host.alive
    host.load()
    assert ask(host, "answer").finish_reason == "stop"


def test_a_host_that_works_in_silence_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "HUNG_SECONDS", 0.4)
    pulse = watching.Pulse(os.getpid())
    until = time.monotonic() + 1
    while time.monotonic() < until:  # busy
        assert not pulse.hangs()


def test_an_answer_that_repeats_itself_is_said_to(host: ModelHost) -> None:
    events = list(host.chat([Message("user", "repeat yourself")], ChatParameters(), Cancel()))
    assert Loop(3) in events


def test_a_host_out_of_memory_says_so(host: ModelHost) -> None:
    with pytest.raises(Failure, match="ran out of memory") as caught:
        ask(host, "break down")
    assert "smaller precision" in caught.value.fix


class TestTalking:
    """A conversation is answered, and kept whatever happens."""

    @pytest.fixture
    def kept(self) -> list[Conversation]:
        return []

    def talk(self, host: ModelHost, question: str, kept: list[Conversation]) -> Conversation:
        asked = conversation.ask(conversation.new("m", "d"), question)
        return drain(talk(host, asked, Cancel(), keep=kept.append))

    def test_the_answer_is_in_it(self, host: ModelHost, kept: list[Conversation]) -> None:
        done = self.talk(host, "answer", kept)
        assert done.turns[-1].text == "one two \x1b[31m?"
        assert done.turns[-1].answer is not None
        assert [one.turns[-1].open for one in kept] == [True, False]

    @pytest.mark.parametrize("how", ["die", "break down", "fail"])
    def test_a_failure_keeps_what_has_come_and_the_next_one_is_answered(
        self, host: ModelHost, kept: list[Conversation], how: str
    ) -> None:
        done = self.talk(host, how, kept)
        assert done.turns[-1].text.startswith("one two")
        assert done.turns[-1].problem is not None
        assert kept[-1] == done
        again = drain(talk(host, conversation.ask(done, "answer"), Cancel(), keep=kept.append))
        assert again.turns[-1].answer is not None

    def test_going_on_adds_to_the_text(self, host: ModelHost, kept: list[Conversation]) -> None:
        done = self.talk(host, "die", kept)
        further = drain(talk(host, conversation.go_on(done), Cancel(), keep=kept.append))
        assert further.turns[-1].text == "one two \x1b[31m?" * 2

    def test_leaving_it_keeps_what_has_come(self, host: ModelHost, kept: list[Conversation]) -> None:
        asked = conversation.ask(conversation.new("m", "d"), "go on")
        service = talk(host, asked, Cancel(), keep=kept.append)
        next(service)
        service.close()
        assert kept[-1].turns[-1].text == "one"


def test_two_hosts_answer_the_same_at_the_same_moment(host: ModelHost, tmp_path: Path) -> None:
    with ModelHost(model_in(tmp_path / "another")) as other:
        said: dict[int, list[str]] = {0: [], 1: []}
        service = side_by_side([host, other], [Message("user", "answer")], ChatParameters(), Cancel())
        while True:
            try:
                side = next(service)
            except StopIteration as end:
                outcomes = end.value
                break
            assert isinstance(side, Side)
            if isinstance(side.event, Token):
                said[side.index].append(side.event.text)
        assert said[0] == said[1]
        assert [outcome.text for outcome in outcomes] == ["one two \x1b[31m?"] * 2


def test_a_side_that_fails_leaves_the_other_alone(host: ModelHost, tmp_path: Path) -> None:
    gone = ModelHost(tmp_path / "nowhere")
    outcomes = drain(side_by_side([gone, host], [Message("user", "answer")], ChatParameters(), Cancel()))
    assert isinstance(outcomes[0], Failure)
    assert isinstance(outcomes[1], Answer)


def test_leaving_the_two_stops_both(host: ModelHost, tmp_path: Path) -> None:
    with ModelHost(model_in(tmp_path / "another")) as other:
        service = side_by_side([host, other], [Message("user", "go on")], ChatParameters(), Cancel())
        for side in service:
            if isinstance(side, Side) and isinstance(side.event, Token):
                break
        service.close()
        assert ask(host, "answer").finish_reason == ask(other, "answer").finish_reason == "stop"


def test_usage_can_be_asked_during_an_answer(host: ModelHost) -> None:
    service = host.chat([Message("user", "go on")], ChatParameters(), Cancel())
    next(service)
    assert host.usage()[0] > 1_000_000
    service.close()
