"""Suites: what a file may say, where a mistake is, and what an answer has to be."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from slmtui.events import Failure
from slmtui.measure import suite_schema
from slmtui.measure.suite import Suite, SuiteAnswer, SuiteLine, SuiteScore
from slmtui.measure.suite_checks import check, similarity
from slmtui.measure.suite_file import line_of, read_suite, write_suite
from slmtui.runtime import conversation as change
from slmtui.runtime.answer import Answer
from slmtui.runtime.export import export
from slmtui.runtime.parameters import Message
from tests.waiting import LONG_BEFORE

ENDLESS = r"^(.*)(.*)(.*)(.*)(.*)(.*)\1\2\3\4\5\6x$"
ASKED = (Message("user", "How?"),)
LINES = (
    {"prompt": "How?", "equals": "So."},
    {"system": "Be kind.", "prompt": "Hi", "contains": ["a", "b"], "not_contains": ["c"]},
    {
        "name": "later",
        "messages": [
            {"role": "user", "content": "1"},
            {"role": "assistant", "content": "2"},
            {"role": "user", "content": "3\ud83d"},
        ],
        "regex": "^x+$",
        "max_tokens": 9,
    },
    {"prompt": "JSON", "json_schema": {"type": "object", "required": ["a"]}},
    {"prompt": "Like", "similar": "the reference", "similarity": 0.5, "answer": "x", "model": "m"},
)


def written(path: Path, *lines: object) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_suite_is_written_as_it_was_read(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path / "suite.jsonl", LINES[0], "", *LINES[1:]))
    assert [line.to_json() for line in suite.lines] == list(LINES)
    assert read_suite(write_suite(suite, tmp_path / "again.jsonl").path or tmp_path).lines == suite.lines
    assert [line.checks for line in suite.lines][1:3] == [
        ("contains", "not_contains"),
        ("regex", "max_tokens"),
    ]


@pytest.mark.parametrize(
    ("line", "cause", "fix"),
    [
        ("{", "no JSON", "one JSON object a line"),
        ("[1]", "no object", "one JSON object a line"),
        ("[" * 100_000, "no JSON", "one JSON object a line"),
        ({"prompt": "a", "equal": "b"}, "'equal'", "'equals'"),
        ({"prompt": "a"}, "checks nothing", "equals"),
        ({"equals": "a"}, "neither of", "one of the two"),
        ({"prompt": "a", "messages": [], "equals": "a"}, "both of", "one of the two"),
        ({"messages": [], "equals": "a"}, "no list of messages", "role"),
        ({"messages": [{"role": "tool", "content": "a"}], "equals": "a"}, "has not a role", "system, user"),
        ({"messages": [{"role": "assistant", "content": "a"}], "equals": "a"}, "not the user's", "question"),
        ({"prompt": 1, "equals": "a"}, "'prompt' is no text", "prompt"),
        ({"prompt": "a", "contains": []}, "'contains' is no text or list", "contains"),
        ({"prompt": "a", "max_tokens": True}, "no whole number", "100"),
        ({"prompt": "a", "similarity": 0.5, "equals": "b"}, "no 'similar'", "reference"),
        ({"prompt": "a", "similar": "b", "similarity": 2}, "up to 1", "0.8"),
        ({"prompt": "a", "regex": "("}, "no pattern", "backslash"),
        ({"prompt": "a", "json_schema": {"type": "thing"}}, "no JSON Schema", "2020-12"),
        ({"prompt": "a", "json_schema": {"$ref": "#/$defs/gone"}}, "leads to nothing", "2020-12"),
        ({"prompt": "a", "json_schema": {"items": {"$ref": "http://127.0.0.1:9/x"}}}, "leads to", "2020-12"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_a_fix(
    tmp_path: Path, line: object, cause: str, fix: str
) -> None:
    with pytest.raises(Failure) as told:
        read_suite(written(tmp_path / "suite.jsonl", LINES[0], "", line))
    assert "line 3: " in told.value.cause
    assert cause in told.value.cause
    assert fix in told.value.fix
    if not isinstance(line, str):
        with pytest.raises(Failure, match="A line of a suite is wrong: "):
            line_of(line)


def test_files_that_are_no_suite(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        read_suite(tmp_path / "none.jsonl")
    with pytest.raises(Failure, match="no lines"):
        read_suite(written(tmp_path / "empty.jsonl", "", " "))
    (tmp_path / "latin.jsonl").write_bytes(b'{"prompt": "a", "equals": "b"}\n{"prompt": "\xe9"}\n')
    with pytest.raises(Failure, match="line 2, is not UTF-8"):
        read_suite(tmp_path / "latin.jsonl")
    with (tmp_path / "large.jsonl").open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(Failure, match="over 50 MB"):
        read_suite(tmp_path / "large.jsonl")


def test_the_chats_export_is_a_suite(tmp_path: Path) -> None:
    answer = Answer("no", 1, 0, 1, 0.1, 1.0, 0.1, 1, "stop")
    made = change.ask(change.new("m", "/m", system="Be kind."), "How?")
    made = change.judge(change.answered(change.grown(made, "no"), answer), 0, False, "So.")
    line = read_suite(export(made, "suite", tmp_path / "suite.jsonl")).lines[0]
    assert (line.question, line.equals, line.answer, line.model) == ("How?", "So.", "no", "m")
    assert line.messages[0] == Message("system", "Be kind.")


@pytest.mark.parametrize(
    ("line", "right", "wrong"),
    [
        ({"equals": "So."}, " So.\n", "so."),
        ({"contains": ["a", "b"]}, "b a", "a"),
        ({"not_contains": "c"}, "b", "c"),
        ({"regex": r"^\d+$"}, "12", "a"),
        ({"json_schema": {"type": "object", "required": ["a"]}}, '```json\n{"a": 1}\n```', '{"b": 1}'),
        ({"json_schema": {"type": "array", "items": {"type": "integer"}}}, "[1]", '["1"]'),
        ({"json_schema": {}}, "1", "one"),
        ({"similar": "Hold the button for ten seconds"}, "For ten seconds hold the Button!", "Buy a lamp"),
    ],
)
def test_each_check_takes_the_right_answer_alone(line: dict[str, object], right: str, wrong: str) -> None:
    made = line_of({"prompt": "How?", **line})
    assert check(made, right, 3, "stop") == ()
    assert [name for name, _ in check(made, wrong, 3, "stop")] == list(line)


def test_an_answer_has_to_end_by_itself_within_its_tokens() -> None:
    line = line_of({"prompt": "How?", "max_tokens": 5})
    assert check(line, "a", 5, "stop") == ()
    assert "more than 5" in check(line, "a", 6, "length")[0][1]
    assert "did not end by itself (loop)" in check(line, "a", 5, "loop")[0][1]


def test_a_pattern_that_never_ends_is_given_up() -> None:
    started = time.monotonic()
    line = line_of({"prompt": "How?", "regex": r"^(a|a|b?)*\1c$"})
    (reason,) = check(line, "a" * 40 + "!", 1, "stop")
    assert reason[0] == "regex"
    assert time.monotonic() - started < LONG_BEFORE


@pytest.mark.parametrize(
    ("schema", "answer", "reason"),
    [
        # What it would have to fetch is not fetched, also where the line could not tell.
        (
            {"$id": "http://127.0.0.1:9/a", "$ref": "http://127.0.0.1:9/b"},
            "{}",
            "refers to what is not in it",
        ),
        ({"$ref": "#"}, "{}", "goes on for ever"),
        ({"items": {"$ref": "#"}}, "[" * 400 + "]" * 400, "goes on for ever"),
        # `re` would never be done with this one; with the other no engine is.
        ({"pattern": "^(a+)+$"}, json.dumps("a" * 60 + "!"), "refuses it"),
        ({"pattern": ENDLESS}, json.dumps("ab" * 60 + "x!x"), "was not done with it"),
        ({"patternProperties": {ENDLESS: True}}, json.dumps({"ab" * 60 + "x!x": 1}), "was not done with it"),
        ({"patternProperties": {"^n_": {"type": "number"}}}, '{"n_a": "x", "b": "x"}', "refuses n_a"),
        ({"pattern": "^a+$"}, '"ab"', "refuses it"),
        ({"$defs": {"n": {"type": "number"}}, "items": {"$ref": "#/$defs/n"}}, '[1, "x"]', "refuses 1"),
    ],
)
def test_a_schema_fetches_nothing_and_comes_to_an_end(
    monkeypatch: pytest.MonkeyPatch, schema: object, answer: str, reason: str
) -> None:
    monkeypatch.setattr(suite_schema, "REGEX_SECONDS", 0.1)
    ((name, said),) = check(line_of({"prompt": "a", "json_schema": schema}), answer, 1, "stop")
    assert name == "json_schema"
    assert reason in said


def test_what_a_schema_takes_is_taken() -> None:
    schema = {
        "pattern": "^a+$",
        "patternProperties": {"^n_": {"type": "number"}},
        "enum": ["aa", {"$ref": "x"}],
    }
    assert check(line_of({"prompt": "a", "json_schema": schema}), '"aa"', 1, "stop") == ()


def test_similarity_runs_from_0_to_1() -> None:
    assert similarity("the same", "the same") == 1
    assert similarity("", "something") == 0
    assert 0 < similarity("about a lamp", "about the ring") < 1


def test_a_score_goes_through_json() -> None:
    answers = (
        SuiteAnswer(0, "a", True),
        SuiteAnswer(1, "b", False, ("it is not 'c'",), 2, "length", ("equals",)),
    )
    score = SuiteScore(answers)
    assert SuiteScore.from_json(json.loads(json.dumps(score.to_json()))) == score
    assert (score.passed, score.of, score.share) == (1, 2, 0.5)
    assert SuiteScore(()).share == 0
    assert Suite((SuiteLine(ASKED, equals="a"),)).name == "suite"


def test_the_samples_suite_is_sound(sample_dir: Path) -> None:
    suite = read_suite(sample_dir.parent / "suite.jsonl")
    assert len(suite.lines) == 264
    assert len({line.question for line in suite.lines}) == 264
