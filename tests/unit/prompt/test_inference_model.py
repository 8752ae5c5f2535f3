"""`inference_model.json`: what is accepted, what is wrong with it, and on which line."""

from __future__ import annotations

import codecs
import json
import random
import time
from typing import Any

import jsonschema
import pytest

from slmtui.prompt.inference_model import InferenceModel, Issue, ModelConfig, PromptTemplate, parse
from slmtui.prompt.schema import schema

# The tutorial's two files, letter for letter.
GUIDE = r"""{
  "Name": "your-finetuned-model-int4",
  "Description": "Fine-tuned quantized model",
  "Version": "1.0",
  "PromptTemplate": {
    "system": "<|im_start|>system\n{Content}<|im_end|>",
    "user": "<|im_start|>user\n{Content}<|im_end|>",
    "assistant": "<|im_start|>assistant\n{Content}<|im_end|>",
    "prompt": "<|im_start|>user\n{Content}<|im_end|>\n<|im_start|>assistant"
  },
  "ModelConfig": {
    "max_length": 2048,
    "temperature": 0.7,
    "top_p": 0.9,
    "repetition_penalty": 1.1
  }
}
"""
GUIDE_QWEN = r"""{
  "Name": "qwen-finetuned-int4",
  "PromptTemplate": {
    "system": "<|im_start|>system\n{Content}<|im_end|>",
    "user": "<|im_start|>user\n{Content}<|im_end|>",
    "assistant": "<|im_start|>assistant\n{Content}<|im_end|>",
    "prompt": "<|im_start|>user\n{Content}<|im_end|>\n<|im_start|>assistant"
  }
}
"""


def document(**changes: Any) -> str:
    """The tutorial's file with top-level keys replaced; None removes one."""
    values = json.loads(GUIDE) | changes
    return json.dumps({key: value for key, value in values.items() if value is not None}, indent=2)


def template(**changes: Any) -> str:
    values = json.loads(GUIDE)["PromptTemplate"] | changes
    return document(PromptTemplate={key: value for key, value in values.items() if value is not None})


def config(**changes: Any) -> str:
    return document(ModelConfig=json.loads(GUIDE)["ModelConfig"] | changes)


def only_issue(text: str | bytes, context: int | None = None) -> Issue:
    _, issues = parse(text, context)
    assert len(issues) == 1, issues
    assert issues[0].cause
    assert issues[0].fix
    return issues[0]


def line(text: str, words: str) -> int:
    return next(number for number, content in enumerate(text.splitlines(), 1) if words in content)


def test_the_guides_file_is_accepted_and_written_back_as_it_is() -> None:
    model, issues = parse(GUIDE, 8192)
    assert issues == ()
    assert model is not None
    assert model.name == "your-finetuned-model-int4"
    assert model.prompt_template.prompt.endswith("<|im_start|>assistant")
    assert model.model_config == ModelConfig(2048, 0.7, 0.9, 1.1, None)
    assert model.to_json() == GUIDE


def test_the_guides_short_file_is_accepted() -> None:
    model, issues = parse(GUIDE_QWEN)
    assert issues == ()
    assert model is not None
    assert (model.version, model.model_config) == ("1.0", ModelConfig())


def test_what_microsofts_instructions_write_is_accepted_with_a_word() -> None:
    text = template(system=None, user=None, assistant="{Content}")
    model, issues = parse(text)
    assert model is not None
    assert [issue.severity for issue in issues] == ["warning"]
    assert model.prompt_template.user == ""
    assert '"user"' not in model.to_json()


def test_a_name_may_carry_a_version() -> None:
    model, issues = parse(document(Name="my-model:12"))
    assert issues == ()
    assert model is not None
    assert model.name == "my-model:12"


def test_everything_survives_being_written_and_read() -> None:
    text = '<|x|>\n\t"quoted" \\ 你好 🙂 \u2028 \x7f{Content}'
    model = InferenceModel(
        "a.b-c_1:3",
        'A "description"\nof two lines',
        "2",
        PromptTemplate(text, text, text, text, {"tool": "t {Content}"}),
        ModelConfig(100, 0, 1, 1, 40, ("a", "\n\n"), {"typical_p": 0.5}),
        {"supportsToolCalling": True, "nested": {"PromptTemplate": {"user": None}}},
    )
    again, issues = parse(model.to_json().encode(), 100)
    assert again == model
    assert {issue.severity for issue in issues} == {"warning"}
    assert {issue.where for issue in issues} == {
        "supportsToolCalling",
        "nested",
        "PromptTemplate.tool",
        "ModelConfig.typical_p",
    }


SYNTAX = [
    ('{\n  "Name": "a",\n}', 2, "comma"),
    ('{\n  "Name": "a"\n  "Version": "1"\n}', 2, "comma"),
    ("{\n  'Name': 'a'\n}", 2, "quoted"),
    ('{\n  // a comment\n  "Name": "a"\n}', 2, "comment"),
    ('{\n  # a comment\n  "Name": "a"\n}', 2, "comment"),
    ('{\n  "Name": \u201ca\u201d\n}', 2, "quoted"),
    ('{\n  "Name": "a\nb"\n}', 2, "line break"),
    ('{\n  "Name": "a\\d"\n}', 2, "backslash"),
    ('{\n  "Name": "a\\u12"\n}', 2, "hexadecimal"),
    ('{\n  "Name": "a"\n} }', 3, "behind the end"),
    ('{\n  "Name": "a', 2, "closing quote"),
    ('{\n  "Name": "a",\n  "Version": ', 3, "ends too early"),
    ('{\n  "Name": "a",\n  "X": [1,]\n}', 3, "comma"),
    ('{\n  "Name": NaN\n}', 1, "NaN"),
    ('{\n  "Name": -Infinity\n}', 1, "Infinity"),
    ('{\n  "Name": \\ud800\n}', 2, ""),
    ('{\n  "Name": "a",\n  "X": "\\ud800"\n}', 3, "half a character"),
    ('{\n  "Name": "a\\udc00"\n}', 2, "half a character"),
    ("", 1, "empty"),
    ("  \n \n", 1, "empty"),
    ("[]", 1, "object"),
    ("null", 1, "object"),
    ('"{Content}"', 1, "object"),
    ("[" * 100_000, 1, ""),
    ('{"a":' * 5000, 1, ""),
    ('{"x": ' + "9" * 5000 + "}", 1, ""),
]


@pytest.mark.parametrize(("text", "at", "words"), SYNTAX)
def test_text_that_is_no_json_is_named_with_its_line(text: str, at: int, words: str) -> None:
    issue = only_issue(text)
    assert issue.severity == "error"
    assert issue.line == at
    assert words in issue.cause


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_another_encoding_than_utf8_is_named(encoding: str) -> None:
    issue = only_issue(GUIDE.encode(encoding))
    assert issue.severity == "error"
    assert "UTF-" in issue.cause
    assert "UTF-8" in issue.fix


def test_bytes_that_are_no_utf8_are_named_with_their_line() -> None:
    issue = only_issue(document(Description="caf\u00e9").replace("\\u00e9", "\u00e9").encode("latin-1"))
    assert "0xe9" in issue.cause
    assert issue.line == 3


@pytest.mark.parametrize("text", [codecs.BOM_UTF8 + GUIDE.encode(), "\ufeff" + GUIDE])
def test_a_byte_order_mark_is_named(text: str | bytes) -> None:
    model, issues = parse(text)
    assert model is None
    assert "byte order mark" in issues[0].cause


MISTAKES = [
    (document(Name=None, name="a"), '"name"', "error", "name", "looks for Name"),
    (document(PromptTemplate=None, promptTemplate={}), "promptT", "error", "promptTemplate", "for PromptT"),
    (document(PromptTemplate=None, prompt_template={}), "prompt_t", "error", "prompt_template", "for Pro"),
    (template(user=None, User="{Content}"), '"User"', "error", "PromptTemplate.User", "looks for user"),
    (config(Top_P=1), '"Top_P"', "warning", "ModelConfig.Top_P", "top_p is"),
    (document(PromptTemplate=None), None, "error", "PromptTemplate", "missing"),
    (document(PromptTemplate="x"), '"PromptTemplate"', "error", "PromptTemplate", "object"),
    (document(PromptTemplate=[1]), '"PromptTemplate"', "error", "PromptTemplate", "object"),
    (document(ModelConfig=3), '"ModelConfig"', "error", "ModelConfig", "object"),
    (template(prompt=None), '"PromptTemplate"', "error", "PromptTemplate.prompt", "missing"),
    (template(prompt=7), '"prompt"', "error", "PromptTemplate.prompt", "text"),
    (template(prompt=""), '"prompt"', "error", "PromptTemplate.prompt", "{Content}"),
    (template(user="<|user|>"), '"user"', "error", "PromptTemplate.user", "no {Content}"),
    (template(user="<u>{content}"), '"user"', "error", "PromptTemplate.user", "other letters"),
    (template(system="{Content}{Content}"), '"system"', "warning", "PromptTemplate.system", "2 times"),
    (template(tool="x"), '"tool"', "warning", "PromptTemplate.tool", "unknown"),
    (document(Name=""), '"Name"', "error", "Name", "empty"),
    (document(Name="a/b"), '"Name"', "error", "Name", "'/'"),
    (document(Name="a:b"), '"Name"', "error", "Name", "whole number"),
    (document(Name="a:"), '"Name"', "error", "Name", "whole number"),
    (document(Name=":1"), '"Name"', "error", "Name", "empty"),
    (document(Name="a" * 65), '"Name"', "error", "Name", "65"),
    (document(Name=5), '"Name"', "error", "Name", "text"),
    (document(Version=1.0), '"Version"', "error", "Version", "text"),
    (document(Description=["x"]), '"Description"', "error", "Description", "text"),
    (document(Publisher="x"), '"Publisher"', "warning", "Publisher", "unknown"),
    (config(temperature=2.1), '"temperature"', "error", "ModelConfig.temperature", "at most 2"),
    (config(temperature=-0.1), '"temperature"', "error", "ModelConfig.temperature", "at least 0"),
    (config(temperature="0.7"), '"temperature"', "error", "ModelConfig.temperature", "number"),
    (config(temperature=True), '"temperature"', "error", "ModelConfig.temperature", "number"),
    (config(temperature=None), '"temperature"', "error", "ModelConfig.temperature", "number"),
    (config(top_p=0), '"top_p"', "error", "ModelConfig.top_p", "above 0"),
    (config(top_p=1.01), '"top_p"', "error", "ModelConfig.top_p", "at most 1"),
    (config(repetition_penalty=0), '"repetition', "error", "ModelConfig.repetition_penalty", "above 0"),
    (config(max_length=0), '"max_length"', "error", "ModelConfig.max_length", "at least 1"),
    (config(max_length=100.5), '"max_length"', "error", "ModelConfig.max_length", "whole number"),
    (config(max_length=4096), '"max_length"', "error", "ModelConfig.max_length", "2,048 tokens"),
    (config(top_k=0), '"top_k"', "error", "ModelConfig.top_k", "at least 1"),
    (config(top_k=True), '"top_k"', "error", "ModelConfig.top_k", "number"),
    (config(repetition_penalty=11), '"repetition', "error", "ModelConfig.repetition_penalty", "at most 10"),
    (config(temperature=10**400), '"temperature"', "error", "ModelConfig.temperature", "at most 2"),
    (config(stop="a"), '"stop"', "error", "ModelConfig.stop", "list"),
    (config(stop=["a", 77]), '77', "error", "ModelConfig.stop[1]", "text"),
    (config(stop=["a", ""]), '""', "error", "ModelConfig.stop[1]", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "severity", "where", "words"), MISTAKES)
def test_a_mistake_is_named_with_its_line(
    text: str, at: str | None, severity: str, where: str, words: str
) -> None:
    model, issues = parse(text, 2048)
    issue = next(issue for issue in issues if issue.where == where)
    assert words in issue.cause
    assert issue.severity == severity
    assert issue.fix
    assert (model is None) is (severity == "error")
    if at is not None:
        assert issue.line == line(text, at)


def test_one_missing_name_is_one_issue() -> None:
    assert only_issue(document(Name=None)).where == "Name"
    assert only_issue(document(Name=None, NAME="x")).where == "NAME"


def test_a_key_that_stands_twice_is_named_and_the_last_one_counts() -> None:
    text = GUIDE.replace('  "Version"', '  "Name": "second",\n  "Version"')
    model, issues = parse(text)
    assert model is not None
    assert model.name == "second"
    assert [(issue.severity, issue.line) for issue in issues] == [("warning", 4)]


def test_numbers_beyond_all_measure_are_out_of_range() -> None:
    assert "at most 2" in only_issue(config().replace("0.7", "1e999")).cause
    assert "whole number" in only_issue(config().replace("2048", "1e999")).cause


def test_issues_come_in_the_order_of_their_lines() -> None:
    _, issues = parse(document(Name="a b", Publisher="x", Version=3))
    assert [issue.line for issue in issues] == sorted(issue.line or 0 for issue in issues)


def test_whatever_is_changed_there_is_an_answer_and_never_a_traceback() -> None:
    chance = random.Random(2026)  # noqa: S311
    pieces = [
        '"',
        "{",
        "}",
        ",",
        ":",
        "[",
        "]",
        "\\",
        "null",
        "1e999",
        "{Content}",
        "\n",
        "\ud83d",
        "é",
        "\x00",
    ]
    for _ in range(1000):
        text = GUIDE
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(pieces) + text[at + chance.choice((0, 0, 1, 5)) :]
        model, issues = parse(text, 2048)
        lines = text.count("\n") + 1
        assert all(issue.cause and issue.fix for issue in issues)
        assert all(issue.line is not None and 1 <= issue.line <= lines for issue in issues)
        assert (model is None) == any(issue.severity == "error" for issue in issues)
        if model is not None:
            model.to_json().encode()


VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 2.0, 10**400, float("1e300"), "", "x", "{Content}", "{content}", "\ud800", [],
    {}, {"a": 1}, ["a", 1], "a:1", "a:b", "../x", "x" * 300,
]  # fmt: skip
NAMES = [
    "Name",
    "name",
    "PromptTemplate",
    "prompt",
    "user",
    "ModelConfig",
    "max_length",
    "stop",
    "Top_P",
    "",
    "a.b",
]


def mutated(value: Any, chance: random.Random) -> Any:
    """The document with something in it replaced, renamed, removed or added."""
    if not isinstance(value, dict) or not value or chance.random() < 0.2:
        return chance.choice(VALUES)
    name = chance.choice(list(value))
    match chance.randrange(4):
        case 0:
            return {key: item for key, item in value.items() if key != name}
        case 1:
            return {(chance.choice(NAMES) if key == name else key): item for key, item in value.items()}
        case 2:
            return value | {chance.choice(NAMES): chance.choice(VALUES)}
    return value | {name: mutated(value[name], chance)}


def test_a_thousand_mutated_files_each_have_an_answer_with_a_line_and_a_reason() -> None:
    chance = random.Random(2027)  # noqa: S311
    wrong = 0
    for _ in range(1000):
        values: Any = json.loads(GUIDE) | {"extra": [1]}
        for _ in range(chance.randint(1, 3)):
            values = mutated(values, chance)
        text = json.dumps(values, indent=chance.choice((None, 2)), ensure_ascii=True)
        model, issues = parse(text, 2048)
        lines = text.count("\n") + 1
        for issue in issues:
            assert issue.cause
            assert issue.fix
            assert issue.line is not None
            assert 1 <= issue.line <= lines
        assert (model is None) == any(issue.severity == "error" for issue in issues)
        if model is None:
            wrong += 1
        else:
            again, _ = parse(model.to_json(), 2048)
            assert again == model
    assert wrong > 500


def test_the_published_schema_accepts_the_guides_files_and_says_what_is_required() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    for text in (GUIDE, GUIDE_QWEN):
        assert list(validator.iter_errors(json.loads(text))) == []
    assert list(validator.iter_errors({"Name": "a"}))


def test_checking_while_typing_takes_less_than_five_milliseconds() -> None:
    text = GUIDE.replace("Fine-tuned", "Fine-tuned " * 200)
    durations = []
    for _ in range(20):
        started = time.thread_time()
        parse(text, 8192)
        durations.append(time.thread_time() - started)
    assert min(durations) < 0.005
