"""Chat templates: how they are found, and that a hostile one is stopped."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmtui.events import Failure
from slmtui.prompt import chat_template
from slmtui.prompt.chat_template import ChatTemplate, Request, read_chat_template
from slmtui.runtime.parameters import Message

HELLO = (Message("user", "Hello"),)


def folder(path: Path, jinja: str | None = None, **files: Any) -> Path:
    if jinja is not None:
        (path / "chat_template.jinja").write_text(jinja, encoding="utf-8", newline="")
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return path


def read(path: Path) -> ChatTemplate:
    found = read_chat_template(path)
    assert found is not None
    return found


def test_the_jinja_file_wins_over_the_configuration(tmp_path: Path) -> None:
    found = read(folder(tmp_path, "file", tokenizer_config={"chat_template": "configuration"}))
    assert found.text == "file"
    assert str(tmp_path / "chat_template.jinja") in found.source


def test_of_named_templates_the_default_is_taken(tmp_path: Path) -> None:
    named = [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]
    assert read(folder(tmp_path, tokenizer_config={"chat_template": named})).text == "plain"


def test_named_templates_without_a_default_are_a_failure(tmp_path: Path) -> None:
    named = [{"name": "tool_use", "template": "tools"}, {"name": "rag", "template": "plain"}]
    with pytest.raises(Failure, match=r"rag, tool_use") as failure:
        read_chat_template(folder(tmp_path, tokenizer_config={"chat_template": named}))
    assert "default" in failure.value.fix


@pytest.mark.parametrize(
    "config", [None, {}, {"chat_template": None}, {"chat_template": ""}, {"chat_template": 7}]
)
def test_a_base_model_has_none(tmp_path: Path, config: dict[str, Any] | None) -> None:
    assert read_chat_template(folder(tmp_path, **({"tokenizer_config": config} if config else {}))) is None


def test_windows_line_ends_are_the_same_template(tmp_path: Path) -> None:
    assert read(folder(tmp_path, "a\r\nb")).text == "a\nb"


def test_a_damaged_configuration_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(Failure, match=r"tokenizer_config\.json"):
        read_chat_template(tmp_path)


def test_a_template_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_bytes("{{ 'ü' }}".encode("utf-16"))
    with pytest.raises(Failure, match=r"chat_template\.jinja"):
        read_chat_template(tmp_path)


def test_special_tokens_come_as_text_or_as_objects(tmp_path: Path) -> None:
    config = {
        "bos_token": {"content": "<s>", "lstrip": False},
        "eos_token": "</s>",
        "unk_token": None,
        "add_bos_token": True,
        "added_tokens_decoder": {},
    }
    found = read(folder(tmp_path, "x", tokenizer_config=config, special_tokens_map={"bos_token": "<old>"}))
    assert dict(found.tokens) == {"bos_token": "<s>", "eos_token": "</s>"}


def test_the_old_map_of_special_tokens_counts_where_transformers_reads_it(tmp_path: Path) -> None:
    found = read(
        folder(tmp_path, "x", tokenizer_config={"eos_token": "</s>"}, special_tokens_map={"eos_token": "<e>"})
    )
    assert dict(found.tokens) == {"eos_token": "<e>"}


def test_blocks_swallow_their_lines_as_in_transformers() -> None:
    text = "{% for m in messages %}\n    {% if true %}\n{{ m.content }}\n    {% endif %}\n{% endfor %}\n"
    assert ChatTemplate(text, {}).render(HELLO) == "Hello\n"


def test_tools_are_defined_and_none() -> None:
    text = "{{ tools is defined }} {{ tools is none }} {{ documents is none }} {{ x is defined }}"
    assert ChatTemplate(text, {}).render(HELLO) == "True True True False"


def test_json_is_written_without_the_escapes_of_html() -> None:
    text = "{{ {'a': messages[0].content} | tojson }}"
    assert ChatTemplate(text, {}).render([Message("user", "<ü&'>")]) == '{"a": "<ü&\'>"}'


def test_a_refused_conversation_does_not_hinder_the_others() -> None:
    text = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}ok"
    system = (Message("system", "s"), *HELLO)
    first, second = ChatTemplate(text, {}).render_all([Request(system), Request(HELLO)])
    assert first.text is None
    assert "no system (line 1)" in first.refusal
    assert second.text == "ok"


def test_a_refused_conversation_is_a_failure_with_the_templates_words() -> None:
    with pytest.raises(Failure, match="not today"):
        ChatTemplate("{{ raise_exception('not today') }}", {}).render(HELLO)


# A template comes with a model from anywhere: none of these may hang, crash or reach beyond the sandbox.

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ messages.append(1) }}",
    "{{ namespace(__init__=1) }}",
    "{% set n = namespace() %}{% set n.__class__ = 1 %}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ raise_exception.__globals__.json }}",
    "{% include '/etc/passwd' %}",
    "{{ range(10000000) | list | length }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ messages[9].content.x }}",
    "{{ 1 / 0 }}",
    "{{ 'x' * 5000000 }}",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_a_forbidden_or_faulty_template_is_refused(text: str) -> None:
    (rendering,) = ChatTemplate(text, {}).render_all([Request(HELLO)])
    assert rendering.text is None
    assert rendering.refusal


ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
GREEDY = "{% set n = namespace(x='xxxxxxxx') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}"


@pytest.mark.parametrize(
    ("text", "words"), [(ENDLESS, "seconds and was stopped"), (GREEDY, "memory and was stopped")]
)
def test_a_template_without_end_is_stopped(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_template, "RENDER_SECONDS", 1.0 if text == ENDLESS else 20.0)
    monkeypatch.setattr(chat_template, "MEMORY_BYTES", 200_000_000)
    started = time.monotonic()
    with pytest.raises(Failure, match=words) as failure:
        ChatTemplate(text, {}).render(HELLO)
    assert time.monotonic() - started < 15
    assert failure.value.fix
    workers = [
        p for p in psutil.Process().children(recursive=True) if "render_worker" in " ".join(p.cmdline())
    ]
    assert not workers


@pytest.mark.parametrize(
    "text",
    [
        "{% if x %}" * 3000 + "{% endif %}" * 3000,
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{% for a in messages %}" * 50 + "{% endfor %}" * 50,
    ],
)
def test_a_template_that_is_nested_too_deeply_is_a_failure(text: str) -> None:
    with pytest.raises(Failure):
        ChatTemplate(text, {}).render(HELLO)


def test_a_template_of_a_megabyte_is_not_even_tried() -> None:
    with pytest.raises(Failure, match="are the limit"):
        ChatTemplate("x" * 1_000_001, {}).render(HELLO)
