"""PromptTemplate as it is derived from the chat templates of the model families."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Failure
from slmtui.prompt.agreement import compare
from slmtui.prompt.chat_template import ChatTemplate
from slmtui.prompt.derive import derive, derive_from
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.runtime.parameters import Message

TEMPLATES = Path(__file__).parents[2] / "data" / "chat_templates"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((TEMPLATES / "expected.toml").read_text(encoding="utf-8"))
CHATML = (TEMPLATES / "chatml.jinja").read_text(encoding="utf-8")


def model(folder: Path, template: str | None = None, **files: Any) -> Path:
    """A model's folder with a chat template and JSON files (`tokenizer_config={…}`)."""
    folder.mkdir(parents=True, exist_ok=True)
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def added(*tokens: str) -> dict[str, Any]:
    return {"added_tokens": [{"id": i, "content": token} for i, token in enumerate(tokens)]}


def test_every_chat_template_has_its_expectation() -> None:
    assert {path.stem for path in TEMPLATES.glob("*.jinja")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_template_of_a_family_is_derived(name: str) -> None:
    expected = EXPECTED[name]
    tokens = {"eos_token": "</s>"} | ({"bos_token": expected["bos"]} if expected["bos"] else {})
    text = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    system = expected["system"]
    for form in ("%d %b %Y", "%d %B %Y"):
        system = system.replace(f"{{today:{form}}}", datetime.now().strftime(form))

    derivation = derive_from(ChatTemplate(text, tokens), tokenizer_adds_bos=True)

    assert derivation.template == PromptTemplate(
        system=system, user=expected["user"], assistant=expected["assistant"], prompt=expected["prompt"]
    )
    assert derivation.family == expected["family"]
    assert [c.state for c in derivation.comparisons] == expected["states"]
    assert derivation.agrees
    assert len(derivation.notes) == len(expected["notes"]), derivation.notes
    for note, words in zip(derivation.notes, expected["notes"], strict=True):
        assert words in note


def test_a_beginning_token_that_nobody_adds_is_said_and_not_hidden() -> None:
    text = (TEMPLATES / "llama3.jinja").read_text(encoding="utf-8")
    derivation = derive_from(ChatTemplate(text, {"bos_token": "<|begin_of_text|>"}), tokenizer_adds_bos=False)
    assert {c.state for c in derivation.comparisons} == {"limited"}
    assert any("neither PromptTemplate nor the tokenizer adds" in note for note in derivation.notes)


@pytest.mark.parametrize(
    ("files", "adds"),
    [
        ({"tokenizer_config": {"bos_token": "<s>", "add_bos_token": True}}, True),
        ({"tokenizer_config": {"bos_token": {"content": "<s>"}}}, False),
        (
            {
                "tokenizer_config": {"bos_token": "<s>"},
                "tokenizer": {
                    "post_processor": {
                        "type": "TemplateProcessing",
                        "single": [{"SpecialToken": {"id": "<s>"}}],
                    }
                },
            },
            True,
        ),
        (
            {
                "tokenizer_config": {"bos_token": "<s>"},
                "tokenizer": {
                    "post_processor": {
                        "type": "Sequence",
                        "processors": [
                            {"type": "ByteLevel"},
                            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}]},
                        ],
                    }
                },
            },
            True,
        ),
        (
            {
                "tokenizer_config": {"bos_token": "<s>"},
                "tokenizer": {
                    "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}]}
                },
            },
            False,
        ),
    ],
)
def test_who_adds_the_beginning_token_is_read_from_the_tokenizer(
    tmp_path: Path, files: dict[str, Any], adds: bool
) -> None:
    derivation = derive(model(tmp_path, "{{ bos_token }}" + CHATML, **files))
    assert any("adds it itself" in note for note in derivation.notes) is adds
    assert all(c.state == ("identical" if adds else "limited") for c in derivation.comparisons)


def test_a_base_model_with_chatml_tokens_gets_chatml_and_a_note(tmp_path: Path) -> None:
    derivation = derive(model(tmp_path, tokenizer=added("<|endoftext|>", "<|im_start|>", "<|im_end|>")))
    assert derivation.family == "none"
    assert derivation.template.prompt == "<|im_start|>user\n{Content}<|im_end|>\n<|im_start|>assistant\n"
    assert not derivation.agrees
    assert "no chat template" in derivation.notes[0]


def test_a_base_model_without_chat_tokens_gets_plain_text_and_a_note(tmp_path: Path) -> None:
    derivation = derive(model(tmp_path, tokenizer=added("<|endoftext|>", "<|im_start|>")))
    assert derivation.template.prompt == "{Content}"
    assert derivation.template.render([Message("user", "Once upon a time")]) == "Once upon a time"
    assert "Plain text" in derivation.notes[0]


def test_a_template_that_refuses_a_plain_question_is_a_failure_with_its_words(tmp_path: Path) -> None:
    folder = model(tmp_path, "{{ raise_exception('This model answers tools only') }}")
    with pytest.raises(Failure, match="This model answers tools only") as failure:
        derive(folder)
    assert str(tmp_path) in failure.value.cause
    assert failure.value.fix


def test_a_template_that_loses_the_question_is_a_failure(tmp_path: Path) -> None:
    folder = model(tmp_path, "{% for part in messages[0].content %}{{ part.text }}{% endfor %}")
    with pytest.raises(Failure, match="loses the question"):
        derive(folder)


def test_a_broken_template_is_named_with_its_line(tmp_path: Path) -> None:
    folder = model(tmp_path, "{% for m in messages %}\n{{ m.content }}\n{% endfro %}\n")
    with pytest.raises(Failure, match="line 3") as failure:
        derive(folder)
    assert "endfro" in failure.value.cause
    assert "chat_template.jinja" in failure.value.cause


def test_earlier_turns_that_are_written_differently_are_said() -> None:
    text = (
        "{% for m in messages %}<{{ m.role }}{% if not loop.first and not loop.last %} old{% endif %}>"
        "{{ m.content }}</>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    derivation = derive_from(ChatTemplate(text, {}), tokenizer_adds_bos=False)
    assert not derivation.agrees
    assert any("differently" in note for note in derivation.notes)
    difference = next(c.difference for c in derivation.comparisons if c.state == "differs")
    assert difference is not None
    assert difference.expected != difference.found


def test_words_that_the_template_writes_itself_do_not_confuse_the_probe() -> None:
    text = "{# Zirbelprobe ZirbelprobeA #}ZirbelprobeA says:\n" + CHATML
    derivation = derive_from(ChatTemplate(text, {}), tokenizer_adds_bos=False)
    assert derivation.template.user == "<|im_start|>user\n{Content}<|im_end|>\n"


def test_an_edited_template_is_compared_without_rendering_anew(tmp_path: Path) -> None:
    derivation = derive(model(tmp_path, CHATML))
    # The tutorial's strings have no line ends, so turns run into each other.
    guide = PromptTemplate(
        "<|im_start|>system\n{Content}<|im_end|>",
        "<|im_start|>user\n{Content}<|im_end|>",
        "<|im_start|>assistant\n{Content}<|im_end|>",
        "<|im_start|>user\n{Content}<|im_end|>\n<|im_start|>assistant",
    )
    first, *_ = compare(guide, derivation.probes)
    assert first.state == "differs"
    assert first.difference is not None
    assert first.difference.expected == "\n"
    assert first.difference.found == ""
    assert first.difference.before.endswith("<|im_start|>assistant")
