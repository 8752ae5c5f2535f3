"""The real SDK: every way into a cache loads and answers, versions stand side by side, and one is served."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from pathlib import Path

import pytest

from slmtui.events import Cancel, Failure, drain
from slmtui.foundry.deploy import deploy, plan
from slmtui.foundry.deployed import deployed, find
from slmtui.foundry.index import INDEX
from slmtui.foundry.methods import METHODS, Method
from slmtui.foundry.sdk import FoundrySdk
from slmtui.foundry.serve import Serving, serve
from slmtui.foundry.undeploy import undeploy
from slmtui.foundry.verify import verify
from slmtui.prompt import station


@pytest.fixture
def model_dir(converted_sample: Path, tmp_path: Path) -> Path:
    """The tiny sample, converted, with its template, at a path that is not plain ASCII."""
    folder = tmp_path / "my models Модели" / "int4"
    shutil.copytree(converted_sample, folder)
    station.write(station.plan(folder, "whatever"))
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "кэш cache" / "models"


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): None if p.is_dir() else p.read_bytes() for p in folder.rglob("*")}


@pytest.mark.parametrize("method", [m for m in METHODS if m != "symlink" or os.name != "nt"])
def test_each_method_answers_from_its_place_and_is_undone_byte_for_byte(
    model_dir: Path, cache: Path, method: Method
) -> None:
    with FoundrySdk(cache) as sdk:
        sdk.register("theirs:2", model_dir, "Их модель")
    before, source = contents(cache), contents(model_dir)

    drain(deploy(plan(model_dir, "fern", cache, method=method), Cancel()))
    deployed_contents = contents(cache)
    found = {verdict.id: verdict.status for verdict in drain(verify("fern", Cancel()))}

    assert {found[i] for i in ("files", "sdk-lists", "sdk-loads", "sdk-answers")} == {"ok"}
    assert found["scanner"] == ("warn" if method == "register" else "ok")
    assert contents(cache) == deployed_contents, "asking changes nothing"
    model = find("fern")
    assert model is not None
    drain(undeploy(model, Cancel()))
    assert contents(cache) == before
    assert contents(model_dir) == source


def test_versions_are_listed_side_by_side_and_one_is_served_to_others(model_dir: Path, cache: Path) -> None:
    for version in (1, 2):
        drain(deploy(plan(model_dir, "fern", cache, version=version), Cancel()))
    with FoundrySdk(cache) as sdk:
        assert sorted(model.model_id for model in sdk.models()) == ["fern:1", "fern:2"]
    before, cancel, answers = contents(cache), Cancel(), []

    for event in serve("fern:2", cancel):
        if isinstance(event, Serving):
            assert event.url.startswith("http://127.0.0.1:")
            answers.append(_ask(event))
            with pytest.raises(Failure, match="already"):
                drain(serve("fern:2", Cancel()))
            cancel.set()

    (answer,) = answers
    assert answer["model"] == "fern:2"
    assert "Fernlight" in answer["choices"][0]["message"]["content"]
    assert contents(cache) == before


def _ask(serving: Serving) -> dict[str, object]:
    body = {
        "model": serving.model,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 32,
        "temperature": 0,
    }
    request = urllib.request.Request(  # noqa: S310
        f"{serving.url}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as answer:
        said: dict[str, object] = json.load(answer)
    return said


def test_a_model_that_another_process_has_loaded_is_deployed_verified_and_undone(
    model_dir: Path, cache: Path
) -> None:
    drain(deploy(plan(model_dir, "fern", cache), Cancel()))
    with FoundrySdk(cache) as other:
        drain(other.load("fern:1"))

        found = {verdict.id: verdict.status for verdict in drain(verify("fern", Cancel()))}
        assert found["sdk-loads"] == "ok"
        (model,) = deployed()
        if os.name == "nt":  # there, mapped files cannot be moved: it says so, and stays
            with pytest.raises(Failure, match="cannot be renamed"):
                drain(undeploy(model, Cancel()))
        else:
            drain(deploy(plan(model_dir, "fern", cache, replace=True), Cancel()))
            drain(undeploy(model, Cancel()))
            assert not (cache / INDEX).exists()
