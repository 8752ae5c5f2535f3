"""What is said of the `foundry` command, of the scanner, and of the SDK's own messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.environment import foundry_command
from slmtui.environment.foundry_command import FoundryCommand
from slmtui.events import Cancel, Failure, Verdict
from slmtui.foundry import prove
from slmtui.foundry.sdk_worker import _in_short


def command_says(
    monkeypatch: pytest.MonkeyPatch, location: Path | None, models: list[str] | Failure, problem: str = ""
) -> None:
    """A `foundry` command with these answers, put in place of the one on PATH."""
    found = FoundryCommand(Path("foundry"), "0.8.119", "classic", problem)

    def cached(*_: object, **__: object) -> list[str]:
        if isinstance(models, Failure):
            raise models
        return models

    monkeypatch.setattr(foundry_command, "detect", lambda **_: found)
    monkeypatch.setattr(FoundryCommand, "cache_location", lambda *_, **__: location)
    monkeypatch.setattr(FoundryCommand, "cached_models", cached)


def verdict(cache: Path, model_id: str = "small:1") -> Verdict:
    return prove.command_lists(cache, model_id, Cancel())


def test_without_the_command_it_is_unchecked_and_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(foundry_command, "detect", lambda **_: None)
    assert verdict(tmp_path).status == "unchecked"
    assert "not installed" in verdict(tmp_path).evidence


@pytest.mark.parametrize("listed", ["small", "small:0", "Small:1"])
def test_a_listed_model_is_passed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listed: str) -> None:
    command_says(monkeypatch, tmp_path, ["phi-4-mini:3", listed])

    assert verdict(tmp_path).status == "ok"
    assert listed in verdict(tmp_path).evidence


def test_another_version_of_the_model_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command_says(monkeypatch, tmp_path, ["small:3", "small:0"])

    assert [verdict(tmp_path, f"small:{version}").status for version in (1, 2, 3)] == ["ok", "warn", "ok"]
    assert "small:0" in verdict(tmp_path).evidence
    assert "not small:2" in verdict(tmp_path, "small:2").evidence


def test_a_model_it_does_not_list_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command_says(monkeypatch, tmp_path, ["smaller:1"])

    assert verdict(tmp_path).status == "warn"
    assert verdict(tmp_path).fix


def test_another_cache_than_the_commands_is_unchecked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command_says(monkeypatch, tmp_path / "elsewhere", ["small"])

    assert verdict(tmp_path).status == "unchecked"
    assert "elsewhere" in verdict(tmp_path).evidence


def test_a_command_that_does_not_answer_is_unchecked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command_says(monkeypatch, tmp_path, Failure("`foundry cache list` did not list", "Run it."))
    assert verdict(tmp_path).status == "unchecked"

    command_says(monkeypatch, tmp_path, [], problem="gave no answer within 5 s")
    assert verdict(tmp_path).status == "unchecked"
    assert "gave no answer" in verdict(tmp_path).evidence


def test_a_folder_the_scanner_skips_fails_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "custom" / "small"
    folder.mkdir(parents=True)
    (folder / "genai_config.json").write_text("{}")

    found = prove.scanner_finds(tmp_path, folder)

    assert found.status == "fail"
    assert "no inference_model.json" in found.evidence
    assert found.fix


def test_a_folder_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    found = prove.scanner_finds(tmp_path, tmp_path / "custom" / "small")

    assert found.status == "fail"
    assert "no folder" in found.evidence


# The SDK's messages as they come, with the place in its source in front of what it says.
_REGISTER = (
    "local_model_catalog.cc:276 virtual fl::Model* fl::LocalModelCatalog::RegisterModel(const std::string&, "
    "const std::string&, const fl::ModelInfo&) "
)
_LOAD = "local_model_catalog.cc:419 std::vector<X> fl::LocalModelCatalog::LoadRegistrations() const "
_NESTED = (
    "genai_model_instance.cc:211 fl::GenAIModelInstance::GenAIModelInstance(std::string, fl::ILogger&) ",
    "preprocessor.cc:32 static std::unique_ptr<X> fl::Preprocessor::Create(OgaModel&, bool) ",
)


@pytest.mark.parametrize(
    ("said", "short"),
    [
        (_REGISTER + "model_id is already registered: a:1", "model_id is already registered: a:1"),
        (_LOAD + "failed to parse the index", "failed to parse the index"),
        (_NESTED[0] + "failed for a:1: " + _NESTED[1] + "no tokenizer", "failed for a:1: no tokenizer"),
        ("Empty chat template.", "Empty chat template."),
    ],
)
def test_the_places_in_the_sdks_source_are_left_out_of_its_messages(said: str, short: str) -> None:
    assert _in_short(RuntimeError(said)) == short
