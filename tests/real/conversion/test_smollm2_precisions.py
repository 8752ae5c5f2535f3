"""SmolLM2-135M-Instruct in the four precisions: the sizes that were foreseen, and the capital of France."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from slmtui.config.files import folder_bytes
from slmtui.conversion.forecast import forecast
from slmtui.conversion.recipe import recipe
from slmtui.events import Cancel, drain
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source.inspect import inspect

UNPACK = (
    "import sys; from pathlib import Path; from slmtui.conversion.gguf_checkpoint import unpack\n"
    "unpack(Path(sys.argv[1]), Path(sys.argv[2]))"
)
CASES = ["fp32 plain", "fp16 plain", "int8 whole", "int4 guide", "int4 compact"]


@pytest.fixture(scope="module")
def checkpoint(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The GGUF file as a checkpoint, made once for all."""
    folder = tmp_path_factory.mktemp("smollm2") / "checkpoint"
    subprocess.run([sys.executable, "-c", UNPACK, str(smollm2), str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def made(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    spec = importlib.util.spec_from_file_location("making", Path(__file__).with_name("making.py"))
    assert spec is not None
    assert spec.loader is not None
    making = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(making)
    recipes = {case: recipe(*case.split()) for case in CASES}
    found: dict[str, Path] = making.make(checkpoint, recipes, tmp_path_factory.mktemp("precisions"))
    return found


@pytest.mark.parametrize("case", CASES)
def test_its_size_is_foreseen_from_the_gguf_file_and_from_the_checkpoint(
    made: dict[str, Path], checkpoint: Path, smollm2: Path, case: str
) -> None:
    real = folder_bytes(made[case])
    for source in (checkpoint, smollm2):
        foreseen = forecast(inspect(source), recipe(*case.split())).output_bytes
        assert abs(foreseen / real - 1) < 0.05, source


@pytest.mark.parametrize("case", CASES)
def test_it_knows_the_capital_of_france(made: dict[str, Path], case: str) -> None:
    with ModelHost(made[case]) as host:
        host.load()
        parameters = ChatParameters(max_tokens=24, temperature=0.0, repetition_penalty=1.0)
        # The shorter question has no certain answer even in FP32: 15 % for "The" and 14 % for "L'Étoile".
        question = Message("user", "What is the capital of France, and why do people like it?")
        answer = drain(host.chat([question], parameters, Cancel()))
    assert "Paris" in answer.text


def test_the_compact_recipe_takes_110_mb_at_most(made: dict[str, Path]) -> None:
    assert folder_bytes(made["int4 compact"]) <= 110_000_000
