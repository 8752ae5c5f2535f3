from __future__ import annotations

from pathlib import Path

import pytest

from slmtui.conversion.diagnosis import diagnose, unloaded_weights

LOG = Path("convert.log")
NO_OUTPUT = "[WARNING] [engine.py:237:run] No output model produced. Please check the log for details."

# The last lines that Olive 0.13.0 printed when each was provoked.
CASES = {
    "disk full": (["OSError: [Errno 28] No space left on device"], "disk was full", "Free some room"),
    "file too large": (["OSError: [Errno 27] File too large"], "disk was full", "Free some room"),
    "rust's disk full": (
        ["safetensors_rust.SafetensorError: Error while serializing: I/O error: No space left on device"],
        "disk was full",
        "Free some room",
    ),
    "memory": (["MemoryError: Cannot allocate memory (os error 12)"], "not enough memory", "Close other"),
    "torch's memory": (
        ["RuntimeError: [enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory"],
        "not enough memory",
        "Close other",
    ),
    "fp16": (
        [
            "[INFO] [model_builder.py:227:validate_config] FP16 is not supported on CPU.",
            "[WARNING] [engine.py:332:_run_no_search] Flow ['builder'] is pruned due to failed or invalid",
        ],
        "no FP16 models for the CPU",
        "another precision",
    ),
    "int8": (["KeyError: <Precision.INT8: 'int8'>"], "no precision INT8", "another precision"),
    "genai 0.15": (
        ["ValueError: Hugging Face details not found in extra_options"],
        "does not work with this release of Olive",
        "doctor",
    ),
    "genai 0.16": (
        ["ModuleNotFoundError: No module named 'onnxruntime_genai.models.quantized_model'"],
        "does not work with this release of Olive",
        "doctor",
    ),
    "architecture": (
        ["NotImplementedError: The /models/star coder model is not currently supported."],
        "does not know this model's architecture",
        "supported architecture",
    ),
    "model type": (
        ["ValueError: The checkpoint has model type `fern` but Transformers does not recognize this arch"],
        "does not know the model type fern",
        "supported architecture",
    ),
    "gemma 3": (
        ["AttributeError: 'Gemma3TextConfig' object has no attribute 'rope_local_base_freq'"],
        "cannot read Gemma 3",
        "Gemma 2",
    ),
    "shapes": (
        ["RuntimeError: You set `ignore_mismatched_sizes` to `False`, thus raising an error."],
        "do not fit config.json",
        "Fetch the checkpoint again",
    ),
    "tokenizer": (
        [
            '  File "/x/transformers/tokenization_utils_base.py", line 1938, in _from_pretrained',
            "KeyError: 'added_tokens'",
        ],
        "tokenizer of the checkpoint cannot be read",
        "tokenizer.json",
    ),
    "package": (["ModuleNotFoundError: No module named 'requests'"], "package requests is missing", "doctor"),
    "permission": (
        ["PermissionError: [Errno 13] Permission denied: '/models/config.json'"],
        "/models/config.json may not be read",
        "permissions",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "cause", "fix"), CASES.values(), ids=CASES)
def test_a_known_failure_is_told_with_its_fix(lines: list[str], cause: str, fix: str) -> None:
    failure = diagnose(["Running pass builder", *lines, NO_OUTPUT], LOG)
    assert cause in failure.cause
    assert fix in failure.fix
    assert failure.log == LOG


def test_an_unknown_exception_is_quoted_and_the_log_is_named() -> None:
    failure = diagnose(
        ["Traceback (most recent call last):", "olive.OddError: the moon is full", NO_OUTPUT], LOG
    )
    assert "OddError: the moon is full" in failure.cause
    assert str(LOG) in failure.fix


def test_a_silent_failure_is_a_failure_with_the_log() -> None:
    failure = diagnose([NO_OUTPUT], LOG)
    assert "without a model" in failure.cause
    assert str(LOG) in failure.fix


def test_braces_in_a_log_are_no_format() -> None:
    failure = diagnose(["ModuleNotFoundError: No module named '{0}{x}'"], LOG)
    assert "{0}{x}" in failure.cause


def test_weights_that_the_loader_made_up_are_found_once_each() -> None:
    report = [
        "Qwen2ForCausalLM LOAD REPORT from: /models/fern",
        "Key                               | Status     | ",
        "----------------------------------+------------+-",
        "model.layers.1.mlp.up_proj.weight | MISSING    | ",
        "model.layers.1.rotary.inv_freq    | UNEXPECTED | ",
        "- MISSING:\tthose params were newly initialized because missing from the checkpoint.",
    ]
    assert unloaded_weights(report * 2) == ["model.layers.1.mlp.up_proj.weight"]
    assert unloaded_weights(["Reading layer 1"]) == []
