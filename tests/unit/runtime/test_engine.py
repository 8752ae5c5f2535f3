"""What the host does around the runtime, on a stand-in that counts: the token after n is n + 1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Failure
from slmtui.runtime import pacing
from slmtui.runtime.engine import Engine
from slmtui.runtime.host import Inbox
from slmtui.runtime.pacing import SMALLEST
from slmtui.runtime.parameters import ChatParameters

END = 100
GREEDY = ChatParameters(temperature=0)


class Tokens(list[int]):
    def tolist(self) -> list[int]:
        return list(self)


class Tokenizer:
    eos_token_ids = (END,)
    template_error = ""

    def __init__(self, model: object) -> None:
        return

    def apply_chat_template(self, messages: str, add_generation_prompt: bool) -> str:
        if self.template_error:
            raise RuntimeError(self.template_error)
        return "".join(message["content"] for message in json.loads(messages))

    def encode(self, text: str) -> Tokens:
        return Tokens(int(word) for word in text.split())

    def create_stream(self) -> Tokenizer:
        return self

    def decode(self, token: int) -> str:
        return f"{token} "


class Params:
    def __init__(self, model: object) -> None:
        return

    def set_search_options(self, **options: Any) -> None:
        self.options = options

    def get_search_options(self) -> dict[str, float]:
        return {"top_k": 50.0}


class Generator:
    breaks_at = -1

    def __init__(self, model: object, params: Params) -> None:
        self.sequence: list[int] = []

    def token_count(self) -> int:
        return len(self.sequence)

    def rewind_to(self, length: int) -> None:
        del self.sequence[length:]

    def append_tokens(self, tokens: Sequence[int]) -> None:
        self.sequence += tokens

    def generate_next_token(self) -> None:
        self.next = self.sequence[-1] + 1
        if self.next == self.breaks_at:
            raise RuntimeError("a kernel failed")
        if self.next != END:
            self.sequence.append(self.next)

    def get_next_tokens(self) -> list[int]:
        return [self.next]


class Model:
    type = "qwen2"

    def __init__(self, folder: str) -> None:
        return


class Runtime:
    Model, Tokenizer, GeneratorParams, Generator = Model, Tokenizer, Params, Generator


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    config = {"type": "qwen2", "context_length": 200, "vocab_size": 500, "decoder": {"filename": "m.onnx"}}
    (tmp_path / "genai_config.json").write_text(json.dumps({"model": config}), encoding="utf-8")
    (tmp_path / "m.onnx").touch()
    engine = Engine(Runtime, str(tmp_path))
    engine.warm_up()
    return engine


def never() -> bool:
    return False


def after(times: int) -> Iterator[bool]:
    """Answers to `stopped`: no, so many times, and yes from then on."""
    yield from [False] * times
    while True:
        yield True


def answer(
    engine: Engine, text: str, limit: int = 50, stop_after: int | None = None
) -> tuple[str, str, int, int]:
    """The text, why it ended, how many tokens it has, and how many of the prompt's were cached."""
    spoken: list[str] = []
    prompt, limit = engine.prompt([{"role": "user", "content": text}], limit)
    kept = engine.prepare(prompt, limit, GREEDY)
    answers = after(stop_after) if stop_after is not None else None
    stopped = never if answers is None else lambda: next(answers)
    reason, tokens = engine.answer(prompt, limit, lambda text, count, at: spoken.append(text), stopped)
    return "".join(spoken), reason, tokens, kept


def test_an_answer_ends_with_the_models_end_token_which_is_not_part_of_it(engine: Engine) -> None:
    assert answer(engine, "1 2 97") == ("98 99 ", "stop", 2, 0)


def test_an_answer_ends_at_the_limit(engine: Engine) -> None:
    assert answer(engine, "1 2 3", limit=2) == ("4 5 ", "length", 2, 0)


def test_the_limit_is_clipped_to_the_room_in_the_context(engine: Engine) -> None:
    words = " ".join(["1"] * 195)
    assert engine.prompt([{"role": "user", "content": words}], 50)[1] == 5
    text, reason, tokens, _ = answer(engine, words)
    assert (reason, tokens) == ("context", 5)
    assert text == "2 3 4 5 6 "


def test_a_prompt_that_leaves_no_room_is_refused_with_both_numbers(engine: Engine) -> None:
    with pytest.raises(Failure, match="200 tokens, and the model's context holds 200"):
        engine.prompt([{"role": "user", "content": "1 " * 200}], 50)


def test_a_stop_between_two_tokens_keeps_what_was_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "SEND_EVERY", 0.0)
    # Asked once before the prompt, once after it, then whenever text is sent.
    assert answer(engine, "1 2 3", stop_after=4) == ("4 5 6 ", "cancelled", 3, 0)


def test_a_stop_between_two_pieces_of_the_prompt_keeps_what_was_read(engine: Engine) -> None:
    words = " ".join(str(number % 50) for number in range(SMALLEST * 7))
    text, reason, tokens, _ = answer(engine, words, stop_after=1)
    assert (text, reason, tokens) == ("", "cancelled", 0)
    assert 0 < engine.cache.length < SMALLEST * 7
    read = engine.cache.length
    assert answer(engine, words, limit=1)[3] == read


def test_the_next_turn_goes_on_from_the_cache(engine: Engine) -> None:
    text, *_ = answer(engine, "1 2 3", limit=3)
    assert answer(engine, f"1 2 3 {text} 7 8 9", limit=1) == ("10 ", "length", 1, 5)


def test_a_runtime_that_breaks_off_is_a_failure_and_the_next_request_starts_over(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Generator, "breaks_at", 5)
    with pytest.raises(Failure, match="a kernel failed"):
        answer(engine, "1 2 3")
    monkeypatch.undo()
    assert answer(engine, "1 2 3", limit=3) == ("4 5 6 ", "length", 3, 0)


@pytest.mark.parametrize(
    ("said", "named"),
    [("Empty chat template.", "no chat template"), ("only\n users", "refuses .*: only users")],
)
def test_a_template_that_does_not_render_is_a_failure_in_words(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, said: str, named: str
) -> None:
    monkeypatch.setattr(Tokenizer, "template_error", said)
    with pytest.raises(Failure, match=named):
        engine.render([{"role": "user", "content": "1"}])


def ask(engine: Engine, messages: list[dict[str, str]], limit: int = 50, **how: Any) -> tuple[str, str]:
    spoken: list[str] = []
    prompt, limit = engine.prompt(messages, limit)
    engine.prepare(prompt, limit, GREEDY)
    reason, _ = engine.answer(prompt, limit, lambda text, n, at: spoken.append(text), never, **how)
    return "".join(spoken), reason


def test_an_answer_ends_before_a_stop_string(engine: Engine) -> None:
    said, reason = ask(engine, [{"role": "user", "content": "1 2 3"}], stop=["6 7", "99"])
    assert (said, reason) == ("4 5 ", "stop_string")


def test_what_only_began_like_a_stop_string_is_said(engine: Engine) -> None:
    assert ask(engine, [{"role": "user", "content": "1 2 96"}], stop=["99 x"])[0] == "97 98 99 "


def test_an_answer_that_was_cut_short_is_gone_on_with(engine: Engine) -> None:
    question = {"role": "user", "content": "1 2 3"}
    first, reason = ask(engine, [question], limit=3)
    assert (first, reason) == ("4 5 6 ", "length")
    second, _ = ask(engine, [question, {"role": "assistant", "content": first}], limit=2)
    assert second == "7 8 "
    third, _ = ask(engine, [question, {"role": "assistant", "content": first + second}], limit=2)
    assert third == "9 10 "


def test_another_answer_than_the_last_is_gone_on_with_too(engine: Engine) -> None:
    said, _ = ask(
        engine, [{"role": "user", "content": "1 2 3 "}, {"role": "assistant", "content": "40 41"}], limit=2
    )
    assert said == "42 43 "


def test_a_loop_is_said_once_and_ends_at_the_limit(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def step(self: Generator) -> None:
        self.next = 7 + len(self.sequence) % 3
        self.sequence.append(self.next)

    monkeypatch.setattr(Generator, "generate_next_token", step)
    told: list[int] = []
    assert ask(engine, [{"role": "user", "content": "1"}], limit=150, looping=told.append)[1] == "loop"
    assert told == [3]


def test_every_token_has_its_time(engine: Engine) -> None:
    ask(engine, [{"role": "user", "content": "1 2 3"}], limit=5)
    assert len(engine.generation.times) == 5
    assert engine.generation.times == sorted(engine.generation.times)


def test_the_oldest_turns_make_room(engine: Engine) -> None:
    turns = [{"role": role, "content": "1 " * 30} for role in ("user", "assistant") * 4]
    fitted, limit = engine.fitting([*turns, {"role": "user", "content": "2 "}], 20)
    assert fitted.dropped == 6
    assert (len(fitted.tokens), limit) == (61, 20)


class Pipe:
    """A link whose requests are there already."""

    def __init__(self, *requests: dict[str, Any]) -> None:
        self.requests = list(requests)

    def receive(self) -> dict[str, Any] | None:
        return self.waiting()

    def waiting(self) -> dict[str, Any] | None:
        return self.requests.pop(0) if self.requests else None


def test_only_the_stop_of_the_request_under_way_stops_it() -> None:
    def inbox(number: int) -> Inbox:
        return Inbox(Pipe({"op": "stop", "id": number}))  # type: ignore[arg-type]

    assert inbox(7).stopped(7)
    assert not inbox(6).stopped(7)
    assert not Inbox(Pipe()).stopped(7)  # type: ignore[arg-type]


def test_requests_that_come_meanwhile_wait_and_late_stops_are_dropped() -> None:
    later = {"op": "tokens", "id": 9}
    inbox = Inbox(Pipe(later, {"op": "stop", "id": 8}, {"op": "stop", "id": 3}))  # type: ignore[arg-type]
    assert inbox.stopped(8)
    assert inbox.next() == later
    assert inbox.next() is None


def test_what_the_vocabulary_lacks_is_left_out_as_in_transformers(engine: Engine) -> None:
    assert engine.encode("5 -1 6 -1") == [5, 6]
    assert engine.encode("5 6") == [5, 6]
