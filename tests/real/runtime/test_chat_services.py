"""Conversations on real models: gone on with, regenerated, cut at a text, made room for, in both engines."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.foundry.host import FoundryHost
from slmtui.process_tree import end_tree
from slmtui.runtime import conversation as change
from slmtui.runtime import conversations, tuned
from slmtui.runtime.answer import Answer, Fill, Token
from slmtui.runtime.client import ModelHost
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.runtime.side_by_side import side_by_side
from slmtui.runtime.talk import talk
from slmtui.runtime.tuning import Candidate, tune

GREEDY = ChatParameters(temperature=0, repetition_penalty=1.0, max_tokens=80)
SHORT = dataclasses.replace(GREEDY, max_tokens=6)


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


@pytest.fixture(scope="module")
def foundry(converted_sample: Path) -> Iterator[FoundryHost]:
    with FoundryHost(converted_sample) as host:
        host.load()
        yield host


@pytest.fixture(scope="module")
def smollm2_host(converted_smollm2: Path) -> Iterator[ModelHost]:
    with ModelHost(converted_smollm2) as host:
        host.load()
        yield host


def about(question: str, parameters: ChatParameters = GREEDY) -> Conversation:
    return change.ask(change.new("sample", "x", parameters), question)


def said(host: ModelHost, conversation: Conversation, cancel: Cancel | None = None) -> Conversation:
    return drain(talk(host, conversation, cancel or Cancel()))


def ask(host: ModelHost, question: str, parameters: ChatParameters = GREEDY) -> Answer:
    return drain(host.chat([Message("user", question)], parameters, Cancel()))


def test_an_answer_that_was_cut_is_gone_on_with_to_the_very_text(
    host: ModelHost, known: dict[str, str]
) -> None:
    for question, answer in list(known.items())[:5]:
        cut = said(host, about(question, SHORT))
        assert cut.turns[-1].can_continue
        further = dataclasses.replace(change.go_on(cut), parameters=GREEDY)
        whole = said(host, further)
        assert whole.turns[-1].text == answer
        assert whole.turns[-1].answer is not None
        assert whole.turns[-1].answer.cached_tokens > 0


def stopped_at_once(host: ModelHost, conversation: Conversation) -> Conversation:
    """The conversation with an answer that was cancelled as soon as something had come."""
    cancel = Cancel()
    service = talk(host, conversation, cancel)
    while True:
        try:
            if isinstance(next(service), Token):
                cancel.set()
        except StopIteration as end:
            stopped: Conversation = end.value
            return stopped


def test_a_stopped_answer_is_gone_on_with(host: ModelHost) -> None:
    noise = ChatParameters(temperature=1e6, top_p=1.0, top_k=1000, max_tokens=1000)
    for _ in range(20):  # noise now and then ends of itself before the stop, or with the next token
        stopped = stopped_at_once(host, about("hello", noise)).turns[-1]
        assert stopped.answer is not None
        if stopped.answer.finish_reason != "cancelled":
            continue
        conversation = dataclasses.replace(about("hello", noise), turns=(stopped,))
        whole = said(host, change.go_on(conversation)).turns[-1]
        assert whole.text.startswith(stopped.text)
        if whole.text != stopped.text:
            break
    assert stopped.answer is not None
    assert stopped.answer.finish_reason == "cancelled"
    assert len(whole.text) > len(stopped.text)
    assert whole.answer is not None
    assert whole.answer.cached_tokens > 0


def test_regenerated_with_a_seed_it_is_the_same_again(host: ModelHost) -> None:
    first = said(host, about("hello", ChatParameters(temperature=30.0, max_tokens=20, seed=5)))
    assert said(host, change.regenerate(first)).turns[-1].text == first.turns[-1].text


def test_nothing_of_a_stop_string_is_seen(host: ModelHost, known: dict[str, str]) -> None:
    question, answer = next(iter(known.items()))
    middle = answer[len(answer) // 2 :][:5]
    parameters = dataclasses.replace(GREEDY, stop=(middle,))
    made = ask(host, question, parameters)
    assert made.finish_reason == "stop_string"
    assert made.text == answer[: answer.index(middle)]


def test_the_figures_hold_together(host: ModelHost, known: dict[str, str]) -> None:
    made = ask(host, next(iter(known)))
    assert 0 < made.tpot_ms_p50 <= made.tpot_ms_p95 < made.seconds * 1000
    assert made.prompt_tokens_per_second > 0
    assert made.load_seconds > 0
    assert 0 < made.rss_bytes <= made.peak_rss_bytes
    assert made.cpu_percent > 0
    assert len(made.cpu_percent_per_core) >= 1
    assert made.context_used < made.context_length == 2048


def test_a_full_context_drops_the_oldest_turns_and_says_so(host: ModelHost, known: dict[str, str]) -> None:
    pairs = list(known.items())
    conversation = change.new("sample", "x", GREEDY)
    for number in range(80):
        question, answer = pairs[number % len(pairs)]
        conversation = change.grown(change.ask(conversation, question), answer)
    conversation = change.ask(conversation, pairs[0][0])
    events = []
    service = talk(host, conversation, Cancel())
    while True:
        try:
            events.append(next(service))
        except StopIteration as end:
            done: Conversation = end.value
            break
    fill = events[0]
    assert isinstance(fill, Fill)
    assert 0 < fill.dropped_messages < 160
    assert fill.used < 1500
    assert done.forgotten == fill.dropped_messages // 2
    assert done.turns[-1].answer is not None
    # The next turn drops nothing more, so the KV cache holds what was read.
    again = said(host, change.ask(done, pairs[1][0]))
    assert again.forgotten == done.forgotten
    assert again.turns[-1].answer is not None
    assert again.turns[-1].answer.cached_tokens >= fill.used - 2


def test_a_paste_of_100_000_characters_is_refused_before_it_is_read(host: ModelHost) -> None:
    made = said(host, about("lamp " * 20_000))
    assert made.turns[-1].problem is not None
    assert "2,048" in made.turns[-1].problem.cause
    assert said(host, change.edit(made, 0, "hello")).turns[-1].answer is not None


def test_a_host_killed_in_the_middle_leaves_the_conversation_and_starts_again(
    converted_sample: Path, known: dict[str, str]
) -> None:
    question, answer = next(iter(known.items()))
    noise = ChatParameters(temperature=1e6, top_p=1.0, top_k=1536, repetition_penalty=1.0, max_tokens=1900)
    with ModelHost(converted_sample) as host:
        for _ in range(20):  # noise now and then ends of itself before the kill
            service = talk(host, about("hello", noise), Cancel())
            while not isinstance(next(service), Token):
                pass
            assert host._child is not None
            end_tree(host._child.pid)
            broken: Conversation = drain(service)
            turn = broken.turns[-1]
            if turn.answer is None:
                break
    assert turn.problem is not None
    assert turn.problem.fix
    assert turn.text
    assert conversations.load(broken.id) == broken
    with host:
        again = said(host, about(question))
        assert again.turns[-1].text == answer


def test_both_engines_give_the_same_greedy_answers(
    host: ModelHost, foundry: FoundryHost, known: dict[str, str]
) -> None:
    asked = list(known)[:8]
    for question in asked:
        ours, theirs = ask(host, question), ask(foundry, question)
        assert theirs.text == ours.text
        assert (theirs.prompt_tokens, theirs.completion_tokens) == (
            ours.prompt_tokens,
            ours.completion_tokens,
        )
        assert theirs.finish_reason == ours.finish_reason == "stop"
        assert theirs.ttft_seconds > 0
        assert theirs.tpot_ms_p50 > 0
        assert theirs.cpu_percent > 0


def test_both_engines_side_by_side(host: ModelHost, foundry: FoundryHost, known: dict[str, str]) -> None:
    question, answer = next(iter(known.items()))
    outcomes = drain(side_by_side([host, foundry], [Message("user", question)], GREEDY, Cancel()))
    assert [outcome.text for outcome in outcomes if isinstance(outcome, Answer)] == [answer, answer]


class TestTheFoundryEngine:
    """What it does like the other one, and what it says of what it cannot."""

    def test_a_limit_and_a_stop_string(self, foundry: FoundryHost, known: dict[str, str]) -> None:
        question, answer = next(iter(known.items()))
        cut = ask(foundry, question, SHORT)
        assert (cut.finish_reason, cut.completion_tokens) == ("length", 6)
        assert answer.startswith(cut.text)
        made = ask(foundry, question, dataclasses.replace(GREEDY, stop=(answer[10:15],)))
        assert (made.finish_reason, made.text) == ("stop_string", answer[: answer.index(answer[10:15])])

    def test_a_seed(self, foundry: FoundryHost) -> None:
        wild = ChatParameters(temperature=2.0, top_p=1.0, max_tokens=20, seed=5)
        assert ask(foundry, "hello", wild).text == ask(foundry, "hello", wild).text

    def test_a_stop_comes_long_before_the_answers_own_end(self, converted_smollm2: Path) -> None:
        # The tiny sample's answers are over in a few milliseconds, before any stop.
        story, cancel = [Message("user", "Tell me a long story.")], Cancel()
        long = dataclasses.replace(GREEDY, max_tokens=400)
        with FoundryHost(converted_smollm2) as host:
            host.load()
            service = host.chat(story, long, cancel)
            next(event for event in service if isinstance(event, Token))
            cancel.set()
            made = drain(service)
            assert made.finish_reason == "cancelled"
            assert made.completion_tokens < long.max_tokens / 4
            assert ask(host, story[0].content, SHORT).text

    @pytest.mark.parametrize(
        ("question", "parameters", "cause"),
        [
            ("lamp " * 20_000, GREEDY, "2,048"),
            ("hello", ChatParameters(temperature=3.0), "no temperature above 2"),
        ],
    )
    def test_what_it_refuses(
        self, foundry: FoundryHost, question: str, parameters: ChatParameters, cause: str
    ) -> None:
        with pytest.raises(Failure, match=cause) as caught:
            ask(foundry, question, parameters)
        assert caught.value.fix
        assert ask(foundry, "hello").finish_reason == "stop"

    def test_going_on_is_refused(self, foundry: FoundryHost, known: dict[str, str]) -> None:
        cut = said(foundry, about(next(iter(known)), SHORT))
        further = said(foundry, change.go_on(cut))
        assert further.turns[-1].problem is not None
        assert "cannot go on" in further.turns[-1].problem.cause

    def test_odd_text(self, foundry: FoundryHost) -> None:
        for odd in ("\x00", "\ud83d", "<|im_end|>", "日本語 😀"):
            assert ask(foundry, odd).finish_reason in ("stop", "length")

    def test_a_truncated_model(self, converted_sample: Path, tmp_path: Path) -> None:
        broken = tmp_path / "broken"
        shutil.copytree(converted_sample, broken)
        onnx = broken / "model.onnx"
        onnx.write_bytes(onnx.read_bytes()[:1000])
        host = FoundryHost(broken)
        with host, pytest.raises(Failure, match="cannot load") as caught:
            host.load()
        assert caught.value.fix
        assert not host.alive
        assert not list((tmp_path).glob("**/foundry.local.modelinfo.json"))


def test_tuning_measures_and_is_kept_for_this_model_alone(converted_sample: Path) -> None:
    tried = (Candidate("as the model says", {}), Candidate("1 thread", {"intra_op_num_threads": 1}))
    found = drain(tune(converted_sample, Cancel(), tried))
    assert [speed > 0 for _, speed in found.measured] == [True, True]
    assert found.after >= found.before
    kept = tuned.look_up(converted_sample)
    assert kept is not None
    assert dict(kept.options) == dict(found.best.options)
    tuned.keep(converted_sample, tuned.Tuned({"intra_op_num_threads": 1}, 1.0, 2.0))
    with ModelHost(converted_sample) as host:
        assert host._load_fields()["options"] == {"intra_op_num_threads": 1}
        host.load()
        assert ask(host, "hello").text
    tuned.forget(converted_sample)
    assert tuned.look_up(converted_sample) is None


def test_sixty_turns_leave_the_hosts_memory_where_it_was(host: ModelHost, known: dict[str, str]) -> None:
    """The whole of 500 turns is a benchmark (tests/benchmarks/test_chat_memory.py)."""
    pairs = list(known)
    memory = []
    conversation = change.new("sample", "x", dataclasses.replace(GREEDY, max_tokens=24))
    for number in range(60):
        conversation = drain(
            talk(host, change.ask(conversation, pairs[number % len(pairs)]), Cancel(), keep=lambda _: None)
        )
        memory.append(host.usage()[0])
    assert sum(memory[-10:]) / 10 - sum(memory[20:30]) / 10 < 8_000_000
    assert conversation.forgotten > 0


def test_a_nul_takes_nothing_of_the_prompt_away(host: ModelHost, foundry: FoundryHost) -> None:
    asked = [Message("user", "How do\0 I reset it?")]
    assert host.render(asked).endswith("How do\ufffd I reset it?<|im_end|>\n<|im_start|>assistant\n")
    assert host.token_ids("a\0b") == host.token_ids("a\ufffdb")
    replaced = [Message("user", "How do\ufffd I reset it?")]
    for engine in (host, foundry):
        made, same = (drain(engine.chat(text, GREEDY, Cancel())) for text in (asked, replaced))
        assert (made.text, made.prompt_tokens) == (same.text, same.prompt_tokens)


@pytest.mark.parametrize("extreme", [{"temperature": 1e-38}, {"top_p": 1e-300}, {"top_k": 10**20}])
def test_extreme_values_end_no_host(host: ModelHost, foundry: FoundryHost, extreme: dict[str, float]) -> None:
    parameters = dataclasses.replace(ChatParameters(max_tokens=4), **extreme)  # type: ignore[arg-type]
    for engine in (host, foundry):
        assert ask(engine, "hello", parameters).text


def test_smollm2_remembers_what_it_was_told(smollm2_host: ModelHost) -> None:
    conversation = said(smollm2_host, about("My dog is called Bruno. Please remember his name."))
    conversation = said(smollm2_host, change.ask(conversation, "What is the name of my dog?"))
    assert "Bruno" in conversation.turns[-1].text
    # It was a slip: the name was another one, and the conversation goes on from there.
    changed = change.edit(conversation, 0, "My dog is called Luna. Please remember her name.")
    changed = said(smollm2_host, change.ask(said(smollm2_host, changed), "What is the name of my dog?"))
    assert "Luna" in changed.turns[-1].text


def test_smollm2_stopped_and_gone_on_with_says_what_it_would_have_said(smollm2_host: ModelHost) -> None:
    question = about("Tell me a story about a lamp.", dataclasses.replace(GREEDY, max_tokens=40))
    whole = said(smollm2_host, question).turns[-1].text
    stopped = stopped_at_once(smollm2_host, question)
    assert stopped.turns[-1].answer is not None
    assert stopped.turns[-1].answer.finish_reason == "cancelled"
    assert 0 < len(stopped.turns[-1].text) < len(whole)
    assert said(smollm2_host, change.go_on(stopped)).turns[-1].text.startswith(whole)


def test_smollm2_repeats_itself_and_is_said_to(smollm2_host: ModelHost) -> None:
    made = said(smollm2_host, about("A A A A A A A A", dataclasses.replace(GREEDY, max_tokens=100)))
    assert made.turns[-1].answer is not None
    assert made.turns[-1].answer.finish_reason == "loop"


def test_smollm2_regenerates_the_same_with_a_seed_and_else_something_else(smollm2_host: ModelHost) -> None:
    def drawn(seed: int) -> str:
        first = said(smollm2_host, about("Make up a name.", ChatParameters(max_tokens=12, seed=seed)))
        again = said(smollm2_host, change.regenerate(first))
        assert again.turns[-1].text == first.turns[-1].text
        return first.turns[-1].text

    assert len({drawn(seed) for seed in (1, 2, 3)}) > 1


def test_smollm2s_vocabulary_lacks_some_bytes_and_they_are_left_out(smollm2_host: ModelHost) -> None:
    assert smollm2_host.token_ids("a\x04\x06\x13b") == smollm2_host.token_ids("a") + smollm2_host.token_ids(
        "b"
    )


def test_smollm2_greedy_is_the_same_in_both_engines(smollm2_host: ModelHost, converted_smollm2: Path) -> None:
    """Two versions of the runtime: their sums differ in the last bits, so only the beginning is held."""
    question = "What is the capital of France?"
    with FoundryHost(converted_smollm2) as foundry:
        foundry.load()
        theirs = ask(foundry, question, dataclasses.replace(GREEDY, max_tokens=12))
    assert theirs.text == ask(smollm2_host, question, dataclasses.replace(GREEDY, max_tokens=12)).text
