"""The families' files, how sure a derivation is, and what a user's choice makes of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Failure
from slmtui.prompt.derive import derive
from slmtui.prompt.families import Family, by_vocabulary, control_tokens, families, family, recognise
from slmtui.prompt.inference_model import InferenceModel, parse
from slmtui.prompt.station import plan

TEMPLATES = Path(__file__).parents[2] / "data" / "chat_templates"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((TEMPLATES / "expected.toml").read_text(encoding="utf-8"))
CHATML = (TEMPLATES / "chatml.jinja").read_text(encoding="utf-8")


def model(folder: Path, template: str | None, *added: str) -> Path:
    if template is not None:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    entries = {"added_tokens": [{"id": number, "content": token} for number, token in enumerate(added)]}
    (folder / "tokenizer.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def test_all_families_of_the_guide_and_more_are_there() -> None:
    assert {f.id for f in families()} == {
        "chatml", "smollm", "llama2", "llama3", "phi3", "phi4", "mistral", "gemma", "deepseek", "granite",
        "zephyr", "alpaca", "vicuna", "plain",
    }  # fmt: skip


@pytest.mark.parametrize("one", families(), ids=lambda one: one.id)
def test_a_familys_file_is_of_one_piece(one: Family) -> None:
    lead = one.lead_marks[0] if one.lead_marks else ""
    assert one.id == "plain" or recognise(one.template, lead) == one.id
    text = InferenceModel("a", prompt_template=one.template).to_json()
    assert parse(text)[1] == ()
    assert one.end_of_turn in one.template.assistant or one.id == "alpaca"
    assert not one.sample or (TEMPLATES / f"{one.sample}.jinja").is_file()
    if one.sample:
        shown = {name: EXPECTED[one.sample][name] for name in ("user", "assistant", "prompt")}
        assert shown == {name: getattr(one.template, name) for name in shown}


def test_a_base_model_gets_the_family_whose_tokens_it_has() -> None:
    for name in ("chatml", "llama3", "phi3", "phi4", "gemma", "granite", "deepseek"):
        assert by_vocabulary(control_tokens(family(name).template) | {"<s>", "</s>"}).id == name
    assert by_vocabulary(frozenset({"<s>", "</s>"})).id == "plain"
    assert by_vocabulary(frozenset()).id == "plain"


def test_evidence_makes_sure(tmp_path: Path) -> None:
    found = derive(model(tmp_path, CHATML, "<|im_start|>", "<|im_end|>"))
    assert found.confidence == 1.0
    assert "2 of 2 special tokens" in found.why
    assert "4 of 4 probe conversations are identical" in found.why


def test_tokens_that_the_vocabulary_lacks_make_unsure(tmp_path: Path) -> None:
    found = derive(model(tmp_path, CHATML, "<|im_start|>"))
    assert found.confidence == 0.75
    assert "<|im_end|> is not" in found.why


def test_a_form_of_its_own_is_less_sure(tmp_path: Path) -> None:
    text = "{% for m in messages %}#{{ m.role }}: {{ m.content }}\n{% endfor %}"
    text += "{% if add_generation_prompt %}#assistant: {% endif %}"
    found = derive(model(tmp_path, text, "<x>"))
    assert found.family == "custom"
    assert 0.5 < found.confidence < 1


def test_a_chosen_family_is_held_against_the_models_own_template(tmp_path: Path) -> None:
    folder = model(tmp_path, CHATML, "<|im_start|>", "<|im_end|>")
    same = plan(folder, "a", "chatml").derivation
    assert same.agrees
    assert same.confidence == 1.0
    other = plan(folder, "a", "llama3").derivation
    assert other.family == "llama3"
    assert other.template == family("llama3").template
    assert not other.agrees
    assert other.confidence == 0.0
    assert "other prompts" in other.notes[0]


def test_a_base_model_gets_the_chosen_family_and_a_warning(tmp_path: Path) -> None:
    found = plan(model(tmp_path, None), "a", "alpaca").derivation
    assert found.template == family("alpaca").template
    assert "no chat template" in found.notes[0]
    assert found.confidence <= 0.5


def test_an_unknown_family_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="no family gpt5") as failure:
        plan(model(tmp_path, CHATML), "a", "gpt5")
    assert "chatml" in failure.value.fix
