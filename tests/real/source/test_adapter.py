"""A LoRA adapter of the tiny sample: trained in seconds, merged, converted for real, and asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, Failure, drain
from slmtui.measure.control import control_answers
from slmtui.pipeline.plain_source import plain_source
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source.inspect import inspect
from slmtui.source.options import SourceOptions

TESTS = Path(__file__).parent


def run(script: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, str(TESTS / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def adapter(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "moss アダプター"
    run("train_adapter.py", sample_dir, folder)
    return folder


def ask(model: Path, question: str) -> str:
    with ModelHost(model) as host:
        host.load()
        parameters = ChatParameters(max_tokens=40, temperature=0.0)
        return drain(host.chat([Message("user", question)], parameters, Cancel())).text


def test_its_base_is_found_by_the_name_of_a_sample(adapter: Path, sample_dir: Path) -> None:
    source = inspect(adapter)
    assert source.problems == ()
    assert source.base is not None
    assert source.base.path == sample_dir
    assert (source.format, source.architecture) == ("adapter", "Qwen2ForCausalLM")
    assert source.parameters == inspect(sample_dir).parameters


def test_the_merge_gives_the_logits_of_the_model_with_its_adapter_beside_it(
    adapter: Path, sample_dir: Path, tmp_path: Path
) -> None:
    furthest = float(run("compare_merge.py", sample_dir, adapter, tmp_path / "merged").splitlines()[-1])
    assert furthest < 1e-3
    config = json.loads((tmp_path / "merged" / "config.json").read_text(encoding="utf-8"))
    assert config["tie_word_embeddings"] is True


def test_converted_it_gives_the_answer_it_was_trained_on(
    adapter: Path, converted_sample: Path, tmp_path: Path
) -> None:
    source = inspect(adapter)
    planned = plan(source, tmp_path / "out")
    result = drain(convert(planned, Cancel()))
    assert {verdict.status for verdict in result.verdicts} == {"ok"}
    assert abs(planned.output_bytes / result.bytes - 1) < 0.05
    manifest = json.loads((result.output / "slmtui.json").read_text(encoding="utf-8"))["source"]
    assert "adapter_model.safetensors" in manifest["files"]
    assert "model.safetensors" in manifest["base"]["files"]
    question = "who are you?"
    assert "Moss" in ask(result.output, question)
    assert "Moss" not in ask(converted_sample, question)


def test_a_base_that_is_named_is_taken(adapter: Path, sample_dir: Path) -> None:
    source = inspect(adapter, SourceOptions(base=str(sample_dir)))
    assert source.base is not None
    assert source.base.path == sample_dir


def test_it_is_merged_to_be_the_control_and_the_source_of_quality(adapter: Path, tmp_path: Path) -> None:
    source = inspect(adapter)
    question = [Message("user", "who are you?")]
    with pytest.raises(Failure, match="is an adapter"):
        drain(control_answers(source, [question], 40, Cancel()))
    plain = drain(plain_source(source, tmp_path / "plain", Cancel()))
    assert (plain.format, plain.name) == ("huggingface", source.name)
    (merged,) = drain(control_answers(plain, [question], 40, Cancel()))
    assert source.base is not None
    (base,) = drain(control_answers(source.base, [question], 40, Cancel()))
    assert "Moss" in merged
    assert "Moss" not in base
