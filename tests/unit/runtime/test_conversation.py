"""A conversation as a value: nothing changes in place, and each change leaves what it should."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import pytest

from slmtui.events import Failure
from slmtui.runtime import conversation as c
from slmtui.runtime import conversations, export
from slmtui.runtime.answer import Answer
from slmtui.runtime.conversation import Conversation
from slmtui.runtime.conversation_json import from_json, to_json
from slmtui.runtime.figures import over
from slmtui.runtime.parameters import ChatParameters, Message

ANSWER = Answer("", 5, 0, 2, 0.1, 20.0, 0.2, 1000, "stop", cpu_percent_per_core=(1.0, 2.0))
CUT = dataclasses.replace(ANSWER, finish_reason="cancelled")


def talked(*pairs: tuple[str, str], answer: Answer = ANSWER) -> Conversation:
    made = c.new("fern", "models/fern", ChatParameters(seed=3, stop=("x",)), system="Be kind.")
    for question, text in pairs:
        made = c.answered(c.grown(c.ask(made, question), text), answer)
    return made


def texts(conversation: Conversation) -> list[tuple[str, str]]:
    return [(turn.question, turn.text) for turn in conversation.turns]


TWO = talked(("one?", "1"), ("two?", "2"))


def test_the_model_sees_the_turns_and_the_open_question_last() -> None:
    assert c.messages(c.ask(TWO, "three?")) == [
        Message("system", "Be kind."),
        Message("user", "one?"),
        Message("assistant", "1"),
        Message("user", "two?"),
        Message("assistant", "2"),
        Message("user", "three?"),
    ]


def test_a_turn_that_has_no_answer_is_not_sent_but_for_the_last() -> None:
    broken = c.failed(c.ask(TWO, "three?"), Failure("The host died.", "Load it again.", Path("x.log")))
    said = c.messages(c.ask(broken, "four?"))
    assert [m.content for m in said[-2:]] == ["2", "four?"]
    assert broken.turns[-1].problem == c.Problem("The host died.", "Load it again.", "x.log")


def test_an_edited_question_waits_and_what_came_after_is_gone() -> None:
    assert texts(c.edit(TWO, 0, "uno?")) == [("uno?", "")]
    assert texts(TWO) == [("one?", "1"), ("two?", "2")]


def test_regenerating_takes_the_answer_back() -> None:
    again = c.regenerate(TWO)
    assert texts(again) == [("one?", "1"), ("two?", "")]
    assert again.turns[-1].open


def test_only_an_answer_that_broke_off_is_gone_on_with() -> None:
    with pytest.raises(Failure, match="no answer to go on with"):
        c.go_on(TWO)
    with pytest.raises(Failure):
        c.go_on(c.new("fern", "x"))
    going = c.go_on(talked(("one?", "on"), answer=CUT))
    assert going.turns[-1].open
    assert c.messages(going)[-1] == Message("assistant", "on")
    assert texts(c.grown(going, "e")) == [("one?", "one")]


def test_a_deleted_turn_leaves_the_others() -> None:
    assert texts(c.delete(TWO, 0)) == [("two?", "2")]
    forgetful = dataclasses.replace(talked(("1", "1"), ("2", "2"), ("3", "3")), forgotten=2)
    assert c.delete(forgetful, 0).forgotten == 1
    assert c.delete(forgetful, 2).forgotten == 1  # the last one that is left is always sent


def test_turns_that_did_not_fit_are_not_sent_any_more() -> None:
    asked = c.ask(talked(("1", "a"), ("2", "b"), ("3", "d")), "4")
    done = c.answered(asked, dataclasses.replace(ANSWER, dropped_messages=4))
    assert done.forgotten == 2
    assert [m.content for m in c.messages(done)] == ["Be kind.", "3", "d", "4"]


@pytest.mark.parametrize("index", [2, -3])
def test_there_is_no_turn_beyond_the_last(index: int) -> None:
    for change in (c.delete, c.regenerate, lambda one, at: c.judge(one, at, True)):
        with pytest.raises(Failure, match="no turn"):
            change(TWO, index)
    with pytest.raises(Failure, match="no question"):
        c.ask(TWO, " \n")


def test_it_survives_json_whole() -> None:
    whole = c.failed(c.ask(c.judge(TWO, 0, False, "eins"), "half \ud83d \x1b"), Failure("why", "fix"))
    back = from_json(to_json(whole))
    assert back == whole
    assert back.answers == (ANSWER, ANSWER)


def test_a_list_of_messages_is_a_conversation() -> None:
    roles = {"system": "s", "user": "q", "assistant": "a"}
    said = json.dumps([{"role": role, "content": content} for role, content in roles.items()])
    for text in (said, f'{{"messages": {said}}}'):
        made = from_json(text)
        assert (made.system, texts(made)) == ("s", [("q", "a")])


@pytest.mark.parametrize(
    "text",
    ["", "{", "1", "null", '{"format": "slmtui-conversation"}', '[{"role": "assistant", "content": "a"}]',
     '[{"role": "user"}]', '[{"role": "user", "content": [1]}]', "[" * 5000],
)  # fmt: skip
def test_what_is_no_conversation_says_so(text: str) -> None:
    with pytest.raises(Failure, match="no conversation"):
        from_json(text)


def test_what_a_later_slmtui_has_written_is_not_taken_for_ours() -> None:
    text = to_json(c.new("m", "d")).replace('"version": 1', '"version": 2')
    with pytest.raises(Failure, match="form 2"):
        from_json(text)


def test_a_figure_that_is_no_number_is_named() -> None:
    text = to_json(TWO).replace('"prompt_tokens": ', '"prompt_tokens": "x", "was": ', 1)
    with pytest.raises(Failure, match="prompt_tokens of an answer is no number"):
        from_json(text)


def test_a_file_that_was_copied_by_hand_is_a_conversation_of_its_own() -> None:
    whole = TWO
    conversations.save(whole)
    path = conversations.folder() / f"{whole.id}.json"
    path.with_stem("0" * 16).write_bytes(path.read_bytes())
    assert conversations.load("0" * 16).id == "0" * 16


def test_kept_ones_are_found_again_by_words_in_any_case_and_without_accents() -> None:
    other = dataclasses.replace(
        talked(("Wo ist die Straße nach Zürich?", "Dort.")), model_dir="b", changed="9"
    )
    for one in (TWO, other, c.new("empty", "x")):
        conversations.save(one)
    kept, damaged = conversations.saved()
    assert (kept, damaged) == ([other, TWO], [])
    assert conversations.saved(Path("b"))[0] == [other]
    (hit,) = conversations.search("zurich STRASSE")
    assert (hit.conversation.id, hit.turn) == (other.id, 0)
    assert "Zürich" in hit.excerpt
    assert conversations.search("one? 2") == []  # in one turn, not in two
    (conversations.folder() / f"{'0' * 16}.json").write_text("{", encoding="utf-8")
    assert "damaged" in conversations.saved()[1][0].cause
    assert len(conversations.saved(most=1)[0]) == 1
    conversations.delete(other.id)
    assert conversations.saved()[0] == [TWO]
    # Those that were read before are searched without their files.
    assert [hit.conversation for hit in conversations.search("STRASSE", among=[TWO, other])] == [other]
    assert conversations.search("strasse", Path("elsewhere"), [TWO, other]) == []


@pytest.mark.parametrize("name", ["../x", "", "0" * 15, "G" * 16])
def test_only_an_id_is_a_file(name: str) -> None:
    with pytest.raises(Failure, match="no conversation's id"):
        conversations.load(name)


def test_markdown_is_harmless_and_closes_a_code_block_that_was_cut(tmp_path: Path) -> None:
    made = talked(("Show \x1b]52;c;x\x07 me", "```python\nx = 1"), answer=CUT)
    text = export.export(made, "markdown", tmp_path / "talk.md").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "␛]52" in text
    assert text.count("```") == 2
    assert "ended by cancelled" in text


def test_judged_answers_become_lines_of_a_suite(tmp_path: Path) -> None:
    path = tmp_path / "suite.jsonl"
    with pytest.raises(Failure, match="No answer of this conversation was judged"):
        export.export(TWO, "suite", path)
    judged = c.judge(c.judge(TWO, 0, True), 1, False, "zwei")
    for _ in range(2):  # nothing is added twice
        export.export(judged, "suite", path)
    first, second = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert (first["equals"], first["answer"]) == ("1", "1")
    assert (second["equals"], second["answer"]) == ("zwei", "2")
    assert [m["content"] for m in second["messages"]] == ["Be kind.", "one?", "1", "two?"]


def test_the_figures_of_a_session_are_medians_and_sums() -> None:
    three = [dataclasses.replace(ANSWER, ttft_seconds=t, completion_tokens=2) for t in (0.1, 0.2, 0.9)]
    session = over([*three, dataclasses.replace(ANSWER, completion_tokens=0, ttft_seconds=50.0)])
    assert (session.answers, session.ttft_seconds, session.completion_tokens) == (4, 0.2, 6)
    assert over([]).ttft_seconds == 0.0


def test_a_paste_of_100_000_characters_costs_next_to_nothing_to_keep() -> None:
    pasted = c.ask(TWO, "lamp " * 20_000)
    started = time.thread_time()
    conversations.save(pasted)
    assert conversations.load(pasted.id) == pasted
    assert pasted.heading
    assert time.thread_time() - started < 1


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_tokens": 5.5},
        {"max_tokens": None},
        {"seed": True},
        {"top_k": 7.5},
        {"stop": "abc"},
        {"top_p": "1"},
    ],
    ids=str,
)
def test_parameters_of_the_wrong_kind_are_refused(parameters: dict[str, object]) -> None:
    document = json.loads(to_json(TWO))
    document["parameters"] |= parameters
    with pytest.raises(Failure, match=next(iter(parameters))):
        from_json(json.dumps(document))


@pytest.mark.parametrize(
    "answer",
    [{"finish_reason": 7}, {"finish_reason": "\x1b[31m"}, {"cpu_percent_per_core": "hot"}, {"seconds": True}],
    ids=str,
)
def test_figures_of_the_wrong_kind_are_refused(answer: dict[str, object]) -> None:
    document = json.loads(to_json(TWO))
    document["turns"][0]["answer"] |= answer
    with pytest.raises(Failure, match="This is no conversation"):
        from_json(json.dumps(document))


def test_a_figure_that_is_no_number_was_not_taken() -> None:
    document = json.loads(to_json(TWO))
    document["turns"][0]["answer"] |= {"tpot_ms_p50": float("nan"), "seconds": float("inf")}
    answer = from_json(json.dumps(document)).turns[0].answer
    assert answer is not None
    assert (answer.tpot_ms_p50, answer.seconds) == (0.0, 0.0)
