"""The prompt station: plan, write, prove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from slmtui.events import Failure
from slmtui.prompt.station import context_length, plan, write

TEMPLATES = Path(__file__).parents[2] / "data" / "chat_templates"


def model(folder: Path, family: str | None = "chatml", **files: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if family is not None:
        text = (TEMPLATES / f"{family}.jinja").read_text(encoding="utf-8")
        (folder / "chat_template.jinja").write_text(text, encoding="utf-8")
    files = {"genai_config": {"model": {"context_length": 512}}} | files
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_a_plan_says_everything_and_writes_nothing(tmp_path: Path) -> None:
    folder = model(tmp_path / "名前 with spaces", slmtui={"precision": "int4"})
    before = sorted(folder.iterdir())
    made = plan(folder, "my-model")
    assert sorted(folder.iterdir()) == before
    assert made.inference_model.name == "my-model"
    assert "INT4" in made.inference_model.description
    assert made.inference_model.model_config.max_length == made.context_length == 512
    assert made.target == folder / "inference_model.json"
    assert made.existing is None
    assert made.issues == made.existing_issues == ()


def test_what_was_derived_is_written_and_proved(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    verdicts = write(made)
    assert [verdict.status for verdict in verdicts] == ["ok", "ok"]
    assert made.target.read_bytes() == made.inference_model.to_json().encode()
    assert [path.name for path in tmp_path.iterdir() if "writing" in path.name] == []
    again = plan(tmp_path, "my-model")
    assert again.existing == made.inference_model.to_json()
    assert again.existing_issues == ()


def test_an_edited_text_is_written_letter_for_letter(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    text = (
        made.inference_model.to_json().replace("  ", "\t").replace('"Version"', '"mine": [1],\n\t"Version"')
    )
    valid, agrees = write(made, text)
    assert made.target.read_text(encoding="utf-8") == text
    assert valid.status == "warn"
    assert "mine is unknown" in valid.evidence
    assert agrees.status == "ok"


def test_a_text_with_an_error_is_not_written(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    write(made)
    before = made.target.read_bytes()
    with pytest.raises(Failure, match=r"not written: line 2: .*looks for Name") as failure:
        write(made, made.inference_model.to_json().replace('"Name"', '"name"'))
    assert failure.value.fix
    assert made.target.read_bytes() == before


def test_more_tokens_than_the_context_holds_are_not_written(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    with pytest.raises(Failure, match="512 tokens"):
        write(made, made.inference_model.to_json().replace("512", "513"))


def test_a_changed_template_is_written_with_a_warning_that_shows_where(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    valid, agrees = write(made, made.inference_model.to_json().replace(r"<|im_end|>\n", "<|im_end|>"))
    assert valid.status == "ok"
    assert agrees.status == "warn"
    assert "4 of 4 conversations differ" in agrees.evidence
    assert r"'\n<|im_start|>assistant\n'" in agrees.evidence
    assert "Reset" in agrees.fix


def test_another_name_than_the_deployments_is_said(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    valid, _ = write(made, made.inference_model.to_json().replace('"my-model"', '"other"'))
    assert valid.status == "warn"
    assert "other" in valid.evidence


@pytest.mark.parametrize(
    ("family", "status", "words"),
    [
        ("smollm2", "warn", "2 of 4 conversations are identical"),
        ("gemma2", "warn", "System role not supported"),
        ("llama3", "warn", "<|begin_of_text|> at its beginning is left out"),
        (None, "warn", "no chat template"),
        ("phi4", "ok", "4 of 4"),
    ],
)
def test_the_verdict_tells_what_cannot_be_expressed(
    tmp_path: Path, family: str | None, status: str, words: str
) -> None:
    config: dict[str, Any] = (
        {"bos_token": "<|im_start|>"} if family == "smollm2" else {"bos_token": "<|begin_of_text|>"}
    )
    config |= {"add_bos_token": family == "gemma2"}
    made = plan(model(tmp_path, family, tokenizer_config=config), "my-model")
    _, agrees = write(made)
    assert agrees.status == status
    assert words in agrees.evidence


def test_an_existing_file_in_another_encoding_is_shown_with_its_issue(tmp_path: Path) -> None:
    (model(tmp_path) / "inference_model.json").write_bytes('{"Name": "a"}'.encode("utf-16"))
    made = plan(tmp_path, "my-model")
    assert made.existing is not None
    assert "UTF-16" in made.existing_issues[0].cause


def test_a_name_or_a_folder_that_cannot_be_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="contains '/'"):
        plan(model(tmp_path), "a/b")
    with pytest.raises(Failure, match="no folder"):
        plan(tmp_path / "gone", "a")


@pytest.mark.parametrize(
    ("files", "length"),
    [
        ({"genai_config": {"model": {"context_length": 100}}, "config": {"max_position_embeddings": 5}}, 100),
        ({"genai_config": {}, "config": {"max_position_embeddings": 200}}, 200),
        ({"genai_config": {"model": []}, "config": {"text_config": {"max_position_embeddings": 300}}}, 300),
        ({"genai_config": {}, "config": {"n_positions": 400}}, 400),
        ({"genai_config": {}, "config": {"max_position_embeddings": "many"}}, None),
        ({"genai_config": {}}, None),
    ],
)
def test_the_context_is_read_from_the_configuration(
    tmp_path: Path, files: dict[str, Any], length: int | None
) -> None:
    assert context_length(model(tmp_path, **files)) == length


def test_without_a_known_context_the_guides_length_is_taken(tmp_path: Path) -> None:
    made = plan(model(tmp_path, genai_config={}), "my-model")
    assert made.inference_model.model_config.max_length == 2048


def test_a_chat_template_that_cannot_be_used_is_no_dead_end(tmp_path: Path) -> None:
    folder = model(tmp_path)
    (folder / "chat_template.jinja").write_text("{{ raise_exception('no way') }}", encoding="utf-8")
    with pytest.raises(Failure, match="no way") as failure:
        plan(folder, "my-model")
    assert "--family" in failure.value.fix
    chosen = plan(folder, "my-model", "chatml")
    assert chosen.derivation.template.user.startswith("<|im_start|>user")
    assert "no way" in chosen.derivation.notes[0]
    assert not chosen.derivation.agrees


def test_what_another_program_has_written_meanwhile_is_left_alone(tmp_path: Path) -> None:
    made = plan(model(tmp_path), "my-model")
    made.target.write_text("theirs", encoding="utf-8")
    with pytest.raises(Failure, match="another program"):
        write(made)
    assert made.target.read_text(encoding="utf-8") == "theirs"
    write(made.look_again())
    assert made.target.read_text(encoding="utf-8") == made.inference_model.to_json()
