"""The main job: from a checkpoint to an answer, unattended, in the runtime and in the Foundry Local SDK."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, drain
from slmtui.foundry.sdk import FoundrySdk
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message

GREEDY = ChatParameters(max_tokens=48, temperature=0.0)


def answers(deployment: Deployment, question: str) -> tuple[str, str]:
    """What the deployed model says in ONNX Runtime GenAI, and in a new process of the SDK."""
    record = deployment.step("foundry").record
    asked = [Message("user", question)]
    with ModelHost(Path(record["target"])) as host:
        host.load()
        in_runtime = drain(host.chat(asked, GREEDY, Cancel())).text
    with FoundrySdk(Path(record["cache_dir"])) as sdk:
        assert [model.model_id for model in sdk.models()] == [record["model_id"]]
        drain(sdk.load(record["model_id"]))
        in_sdk = drain(sdk.answer(record["model_id"], asked, 48)).text
    return in_runtime.strip(), in_sdk.strip()


def test_the_tiny_sample_gives_a_trained_answer_in_both(sample_dir: Path, tmp_path: Path) -> None:
    lines = (sample_dir.parent / "questions.jsonl").read_text("utf-8").splitlines()
    known = json.loads(lines[0])
    deployment = drain(pipeline.run("fernlight-support", Cancel(), "tiny", tmp_path / "Foundry 模型"))
    assert deployment.next_station() is None
    assert deployments.load("tiny") == deployment
    assert answers(deployment, known["trained"][0]) == (known["answer"], known["answer"])


def test_smollm2_knows_the_capital_of_france_in_both(smollm2: Path, tmp_path: Path) -> None:
    deployment = drain(pipeline.run(str(smollm2), Cancel(), "smollm2", tmp_path / "cache"))
    in_runtime, in_sdk = answers(deployment, "What is the capital of France?")
    assert "Paris" in in_runtime
    assert "Paris" in in_sdk


def test_what_was_deleted_is_made_again(sample_dir: Path, tmp_path: Path) -> None:
    first = drain(pipeline.run("fernlight-support", Cancel(), "tiny", tmp_path / "cache"))
    shutil.rmtree(first.step("conversion").record["output"])
    again = drain(pipeline.run("fernlight-support", Cancel(), "tiny", tmp_path / "cache"))
    assert again.next_station() is None
    assert Path(again.step("conversion").record["output"]).is_dir()


def test_a_name_that_has_another_source_is_refused(sample_dir: Path, tmp_path: Path) -> None:
    drain(pipeline.begin("fernlight-support", Cancel(), "taken"))
    other = tmp_path / "other"
    shutil.copytree(sample_dir, other)
    with pytest.raises(Failure, match="exists already"):
        drain(pipeline.run(str(other), Cancel(), "taken"))


def test_a_cancelled_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    cancel = Cancel()
    service = pipeline.run("fernlight-support", cancel, "tiny", tmp_path / "cache")
    for event in service:
        if isinstance(event, pipeline.StationStarted) and event.station == "prompt":
            break
    service.close()
    assert deployments.load("tiny").next_station() == "prompt"
    assert (
        drain(pipeline.run("fernlight-support", Cancel(), "tiny", tmp_path / "cache")).next_station() is None
    )
