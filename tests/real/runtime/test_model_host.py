"""The model host on the real runtime, with the tiny sample as our conversion makes it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from slmtui.config.locations import log_dir
from slmtui.events import Cancel, Failure, drain
from slmtui.runtime.answer import Token
from slmtui.runtime.client import Answer, ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

GREEDY = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=80)
# Every token about as likely as any other, the end too: long answers of broken characters, as a rule.
NOISE = ChatParameters(temperature=1e6, top_p=1.0, top_k=1536, repetition_penalty=1.0, max_tokens=1900)


@pytest.fixture(scope="module")
def known(sample_dir: Path) -> dict[str, str]:
    """Questions the sample was trained on, with their answers."""
    lines = (sample_dir.parent / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return {(entry := json.loads(line))["trained"][0]: entry["answer"] for line in lines}


@pytest.fixture(scope="module")
def host(converted_sample: Path) -> Iterator[ModelHost]:
    with ModelHost(converted_sample) as host:
        host.load()
        yield host


def user(*texts: str) -> list[Message]:
    """A conversation: user, assistant, user…"""
    return [Message("assistant" if index % 2 else "user", text) for index, text in enumerate(texts)]


def ask(
    host: ModelHost,
    messages: list[Message],
    parameters: ChatParameters = GREEDY,
    cancel: Cancel | None = None,
) -> Answer:
    return drain(host.chat(messages, parameters, cancel or Cancel()))


def noise(host: ModelHost, messages: list[Message], wanted: Callable[[Answer], bool]) -> Answer:
    """An answer of noise as wanted: now and then one ends of itself before, by the draw of its end."""
    for _ in range(20):
        answer = ask(host, messages, NOISE)
        if wanted(answer):
            break
    return answer


def fresh(model: Path, messages: list[Message], parameters: ChatParameters = GREEDY) -> Answer:
    """The answer of a host that has seen nothing else."""
    with ModelHost(model) as host:
        host.load()
        return ask(host, messages, parameters)


def test_the_sample_knows_its_answers(host: ModelHost, known: dict[str, str]) -> None:
    asked = list(known.items())[:20]
    right = [ask(host, user(question)).text == answer for question, answer in asked]
    assert sum(right) >= 18


def test_loading_says_what_it_loaded(converted_sample: Path) -> None:
    with ModelHost(converted_sample) as host:
        loaded = host.load()
        assert (loaded.model_type, loaded.context_length) == ("qwen2", 2048)
        assert loaded.seconds > 0
        assert loaded.rss_bytes > 20_000_000
        assert host.usage()[0] > 20_000_000
        assert host.log.parent == log_dir()
        assert "onnxruntime-genai 0.14" in host.log.read_text(encoding="utf-8")
    assert not host.alive


def test_the_figures_are_plausible(host: ModelHost, known: dict[str, str]) -> None:
    answer = ask(host, user(next(iter(known))))
    assert answer.prompt_tokens == len(host.token_ids(host.render(user(next(iter(known))))))
    assert answer.completion_tokens == len(host.token_ids(answer.text))
    assert 0 < answer.ttft_seconds < answer.seconds
    assert answer.decode_tokens_per_second > (answer.completion_tokens - 1) / answer.seconds
    assert answer.peak_rss_bytes >= host.usage()[0] * 0.9


def test_a_conversation_is_rendered_by_the_models_own_template(host: ModelHost) -> None:
    text = host.render([Message("system", "Be brief."), *user("Grüße 🤖")])
    assert text.endswith("<|im_start|>user\nGrüße 🤖<|im_end|>\n<|im_start|>assistant\n")
    assert "Be brief." in text
    assert not host.render(user("x"), add_generation_prompt=False).endswith("assistant\n")


@pytest.mark.parametrize(
    "odd", ["", "\ud83d", "\x00", "\x1b[31m", "{{ 7 * 7 }}", "日本語 😀 naïve", "<|im_end|>"]
)
def test_odd_text_is_answered_like_any_other(host: ModelHost, odd: str) -> None:
    assert ask(host, user(odd)).finish_reason in ("stop", "length")


class TestThePrefixThatIsKept:
    """What the cache holds is not read again, and the answer is that of a fresh generator."""

    def test_the_next_turn(self, host: ModelHost, converted_sample: Path, known: dict[str, str]) -> None:
        first, second = list(known)[3:5]
        answer = ask(host, user(first))
        conversation = user(first, answer.text, second)
        kept = ask(host, conversation)
        assert kept.cached_tokens >= answer.prompt_tokens + answer.completion_tokens - 1
        anew = fresh(converted_sample, conversation)
        assert anew.cached_tokens == 0
        assert kept.text == anew.text

    def test_an_edited_message(self, host: ModelHost, converted_sample: Path, known: dict[str, str]) -> None:
        first, second, third = list(known)[5:8]
        ask(host, user(first, known[first], second))
        kept = ask(host, user(first, known[first], third))
        assert kept.cached_tokens > 0
        assert kept.text == fresh(converted_sample, user(first, known[first], third)).text

    def test_a_regenerated_answer(self, host: ModelHost, known: dict[str, str]) -> None:
        first = ask(host, user(next(iter(known))))
        again = ask(host, user(next(iter(known))))
        assert again.cached_tokens == first.prompt_tokens - 2
        assert again.text == first.text

    def test_after_an_answer_that_was_cut_short(self, host: ModelHost, known: dict[str, str]) -> None:
        question, answer = next(iter(known.items()))
        whole = ask(host, user(question))
        short = ask(host, user(question), ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=4))
        assert (short.finish_reason, short.completion_tokens) == ("length", 4)
        assert answer.startswith(short.text)
        assert ask(host, user(question)).text == whole.text

    def test_the_turn_after_an_answer_that_was_cut_short(
        self, host: ModelHost, converted_sample: Path, known: dict[str, str]
    ) -> None:
        first, second = list(known)[8:10]
        cut = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=6)
        short = ask(host, user(first), cut)
        conversation = user(first, short.text, second)
        kept = ask(host, conversation)
        assert kept.cached_tokens == short.prompt_tokens + short.completion_tokens - 1
        assert kept.text == fresh(converted_sample, conversation).text


def test_the_same_seed_gives_the_same_answer_and_another_one_another(host: ModelHost) -> None:
    def answer(seed: int | None) -> str:
        wild = ChatParameters(temperature=50.0, top_k=1000, max_tokens=30, seed=seed)
        return ask(host, user("hello"), wild).text

    assert answer(1) == answer(1)
    assert len({answer(1), answer(2), answer(None), answer(None)}) == 4


def test_changed_parameters_hold_at_once_and_keep_the_cache(host: ModelHost, known: dict[str, str]) -> None:
    """Rests on runtime 0.14.1 looking its options up at every step."""
    messages = user(next(iter(known)))
    expected = ask(host, messages).text
    ask(host, messages, ChatParameters(temperature=50.0, repetition_penalty=1.0, max_tokens=20))
    cold = ask(host, messages, ChatParameters(temperature=1e-4, repetition_penalty=1.0, max_tokens=80))
    assert cold.cached_tokens > 0
    assert cold.text == expected


def test_a_changed_repetition_penalty_is_that_of_a_fresh_generator(
    host: ModelHost, converted_sample: Path, known: dict[str, str]
) -> None:
    messages = user(next(iter(known)))
    plain = ask(host, messages)
    strict = ChatParameters(temperature=0, repetition_penalty=8.0, max_tokens=40)
    kept = ask(host, messages, strict)
    assert kept.cached_tokens > 0
    assert kept.text != plain.text
    assert kept.text == fresh(converted_sample, messages, strict).text


def test_an_answer_ends_where_the_context_ends(host: ModelHost) -> None:
    empty = len(host.token_ids(host.render(user(""))))
    per_word = len(host.token_ids(" a" * 100)) / 100
    messages = user(" a" * int((2048 - empty - 5) / per_word))
    prompt = len(host.token_ids(host.render(messages)))
    answer = noise(host, messages, lambda answer: answer.finish_reason != "stop")
    assert answer.prompt_tokens == prompt
    assert (answer.finish_reason, answer.completion_tokens) == ("context", 2048 - prompt)
    assert ask(host, user("hello")).finish_reason == "stop"


def test_a_conversation_beyond_the_context_is_refused_with_both_numbers(host: ModelHost) -> None:
    paste = "lamp " * 20_000
    with pytest.raises(Failure) as caught:
        ask(host, user(paste))
    assert f"{len(host.token_ids(host.render(user(paste)))):,}" in caught.value.cause
    assert "2,048" in caught.value.cause
    assert ask(host, user("hello")).finish_reason == "stop"


def test_broken_characters_never_come_out_as_half_of_one(host: ModelHost) -> None:
    answer = noise(host, user("hello"), lambda answer: answer.completion_tokens > 20)
    assert answer.completion_tokens > 20
    answer.text.encode("utf-8")
    assert "\ufffd" not in answer.text


def test_a_stop_ends_it_long_before_its_own_end_and_keeps_the_text(host: ModelHost) -> None:
    for _ in range(20):  # the noise now and then ends of itself before the stop
        cancel = Cancel()
        service = host.chat(user("hello"), NOISE, cancel)
        first = next(event.text for event in service if isinstance(event, Token))
        cancel.set()
        answer = drain(service)
        if answer.finish_reason == "cancelled":
            break
    assert answer.finish_reason == "cancelled"
    assert 0 < answer.completion_tokens < NOISE.max_tokens / 2
    assert answer.text.startswith(first)
    assert ask(host, user("hello")).finish_reason == "stop"


@pytest.mark.skipif(sys.platform == "win32", reason="kills with a POSIX signal")
def test_a_host_killed_in_the_middle_of_an_answer_is_a_failure_and_can_be_loaded_again(
    host: ModelHost, known: dict[str, str]
) -> None:
    for _ in range(20):  # the noise now and then ends of itself before the kill
        assert host._child is not None
        process = psutil.Process(host._child.pid)
        service = host.chat(user("hello"), NOISE, Cancel())
        next(service)
        process.kill()
        try:
            drain(service)
        except Failure as caught:
            failure = caught
            break
        host.load()
    assert "SIGKILL" in failure.cause
    assert failure.log == host.log
    assert not host.alive
    host.load()
    assert ask(host, user(next(iter(known)))).text
