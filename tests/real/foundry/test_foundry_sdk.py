"""The real Foundry Local SDK: a converted model is registered, listed, loaded, asked, and taken out again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.events import Cancel, Cancelled, Failure, Progress, Service, drain
from slmtui.foundry.deploy import DeployResult, deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.index import INDEX
from slmtui.foundry.scanner import scan
from slmtui.foundry.sdk import FoundrySdk
from slmtui.foundry.undeploy import undeploy
from slmtui.prompt import station
from slmtui.runtime.parameters import Message


@pytest.fixture
def model_dir(converted_sample: Path, tmp_path: Path) -> Path:
    """The tiny sample, converted, with its template, at a path that is not plain ASCII."""
    folder = tmp_path / "my models Модели" / "int4"
    shutil.copytree(converted_sample, folder)
    station.write(station.plan(folder, "whatever"))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "кэш 模型 cache" / "models"


@pytest.fixture
def known(sample_dir: Path) -> tuple[str, str]:
    """A question the sample was trained on, and its answer."""
    lines = (sample_dir.parent / "questions.jsonl").read_text("utf-8").splitlines()
    first = json.loads(lines[0])
    return first["trained"][0], first["answer"]


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): None if p.is_dir() else p.read_bytes() for p in folder.rglob("*")}


def test_deployed_it_answers_in_the_sdk_and_undone_nothing_is_left(
    model_dir: Path, cache: Path, known: tuple[str, str]
) -> None:
    question, answer = known

    result = drain(deploy(plan(model_dir, "fernlight", cache), Cancel(), question=question))

    assert {v.id: v.status for v in result.verdicts if not v.id.startswith("command")} == {
        "files": "ok",
        "sdk-loads": "ok",
        "sdk-answers": "ok",
        "sdk-lists": "ok",
        "scanner": "ok",
    }
    assert answer[:60] in next(v.evidence for v in result.verdicts if v.id == "sdk-answers")
    # A new process of the SDK on this cache knows it, loads it from its place, and gives the trained answer.
    with FoundrySdk(cache) as sdk:
        (listed,) = sdk.models()
        assert (listed.model_id, listed.path) == ("fernlight:1", cache / "custom" / "fernlight")
        assert drain(sdk.load("fernlight:1")).context_length
        said = drain(sdk.answer("fernlight:1", [Message("user", question)], 64))
        assert said.text.strip() == answer
        assert said.finish_reason == "stop"
        assert drain(sdk.answer("fernlight:1", [Message("user", question)], 3)).completion_tokens == 3
    model = find("fernlight")
    assert model is not None
    assert model.registered
    drain(undeploy(model, Cancel()))
    assert not cache.parent.exists()
    assert deployed() == ()
    assert list((Path.home()).rglob("*")) == [], "the SDK writes nothing to the user's home, telemetry least"


def test_undone_a_cache_with_registrations_is_byte_for_byte_as_it_was(model_dir: Path, cache: Path) -> None:
    with FoundrySdk(cache) as sdk:
        sdk.register("theirs:2", model_dir, "Их модель")
    before = contents(cache)

    drain(deploy(plan(model_dir, "fernlight", cache), Cancel()))
    with FoundrySdk(cache) as sdk:
        assert sorted(m.model_id for m in sdk.models()) == ["fernlight:1", "theirs:2"]
    model = find("fernlight")
    assert model is not None
    drain(undeploy(model, Cancel()))

    assert contents(cache) == before


@pytest.mark.parametrize("damaged", ["model.onnx", "tokenizer.json"])
def test_what_the_sdk_cannot_load_is_not_deployed(model_dir: Path, cache: Path, damaged: str) -> None:
    (model_dir / damaged).write_bytes(b"\x08garbage")

    with pytest.raises(Failure, match="was not deployed") as caught:
        drain(deploy(plan(model_dir, "fernlight", cache), Cancel()))

    assert caught.value.log is not None
    assert caught.value.log.is_file()
    assert ".cc:" not in caught.value.cause
    assert not cache.parent.exists()


def test_a_replaced_model_is_registered_anew(model_dir: Path, cache: Path) -> None:
    drain(deploy(plan(model_dir, "fernlight", cache), Cancel()))
    first = (cache / INDEX).read_bytes()
    for name, section, key in (
        ("genai_config.json", "model", "context_length"),
        ("inference_model.json", "ModelConfig", "max_length"),
    ):
        config = json.loads((model_dir / name).read_text("utf-8"))
        config[section][key] = 128
        (model_dir / name).write_text(json.dumps(config), "utf-8")

    drain(deploy(plan(model_dir, "fernlight", cache, replace=True), Cancel()))

    assert (cache / INDEX).read_bytes() != first
    with FoundrySdk(cache) as sdk:
        assert [m.model_id for m in sdk.models()] == ["fernlight:1"]
        assert drain(sdk.load("fernlight:1")).context_length == 128


def test_cancelled_while_the_sdk_works_it_ends_and_leaves_nothing(model_dir: Path, cache: Path) -> None:
    cancel = Cancel()
    service = deploy(plan(model_dir, "fernlight", cache), cancel)

    with pytest.raises(Cancelled):
        _cancel_at_load(service, cancel)

    assert not cache.parent.exists()


def _cancel_at_load(service: Service[DeployResult], cancel: Cancel) -> None:
    for event in service:
        if isinstance(event, Progress) and event.stage == "load":
            cancel.set()


def test_an_sdk_that_cannot_start_is_no_fault_of_the_model(
    model_dir: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("FOUNDRY_LOCAL_LIB_DIR", str(tmp_path / "empty"))

    result = drain(deploy(plan(model_dir, "fernlight", cache), Cancel()))

    assert {v.status for v in result.verdicts if v.id.startswith("sdk")} == {"unchecked"}
    assert result.target.is_dir()


_COUNT = """
import sys
import foundry_local_sdk as sdk
cache, home, level = sys.argv[1], sys.argv[2], sdk.LogLevel.INFORMATION
nowhere = [("http://127.0.0.1:9/asset-gallery/v1.0/models", None)]
sdk.FoundryLocalManager.initialize(sdk.Configuration(
    "slmtui", app_data_dir=home, logs_dir=home, model_cache_dir=cache, log_level=level, catalog_urls=nowhere))
sdk.FoundryLocalManager.instance.catalog.list_models()
"""


def test_the_scanner_counts_what_the_sdks_own_scanner_counts(tmp_path: Path) -> None:
    """The SDK lists no scanned folder, but its log says how many it has found; its catalog leads nowhere."""
    contents = [
        b'{"Name": "plain"}',
        b'{"Name": "versioned:3"}',
        b'\xef\xbb\xbf{"Name": "mark"}',
        b'{"Name": "twice", "Name": "second"}',
        b'{"Name": "big", "x": 123456789012345678901234567890}',
        b'{"Name": "nul\\u0000"}',
        b'{"Name": "nan", "x": NaN}',
        b'{"Name": "huge", "x": 1e999}',
        b'{"Name": "long", "x": ' + b"9" * 400 + b"}",
        b'{"Name": "half", "x": "\\ud800"}',
        b'{"Name": "tab\t"}',
        b'{"Name": "comma",}',
        b'{"Name": "rest"} {}',
        b'{"Name": "comment" /* */}',
        b'{"Name": ""}',
        b'{"Name": 1}',
        b'{"name": "small"}',
        b'["Name"]',
        b"",
        '{"Name": "é"}'.encode("latin-1"),
        '{"Name": "wide"}'.encode("utf-16"),
        b'{"Name": "plain"}',
    ]
    root = tmp_path / "cache"
    places = [root / "custom" / f"{number:02}" for number in range(len(contents))]
    places += [
        root,
        root / ".hidden" / "a" / "b",
        places[0] / "inside",
        root / "unfinished",
        root / "no-config",
    ]
    contents += [f'{{"Name": "{place.name}"}}'.encode() for place in places[len(contents) :]]
    for place, content in zip(places, contents, strict=True):
        place.mkdir(parents=True, exist_ok=True)
        (place / "genai_config.json").write_text("{}")
        (place / "inference_model.json").write_bytes(content)
    (root / "unfinished" / "download.tmp").touch()
    (root / "no-config" / "genai_config.json").unlink()

    command = [sys.executable, "-c", _COUNT, str(root), str(tmp_path / "home")]
    with subprocess.Popen(
        command,
        env={**os.environ, "CI": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as asked:
        assert asked.stdout is not None
        said = next(
            (line for line in asked.stdout if "locally cached models" in line and "Found" in line), ""
        )
        asked.kill()

    ours = [listed.model_id for listed in scan(root).listed]
    assert f"Found {len(ours)} locally cached models" in said, ours
