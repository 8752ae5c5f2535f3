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
    "unknown activation": (
        [
            "    self.act_fn = ACT2FN[config.hidden_act]",
            "                  ~~~~~~^^^^^^^^^^^^^^^^^^^",
            '  File "transformers/activations.py", line 226, in __getitem__',
            "KeyError: 'wiggle'",
            NO_OUTPUT,
        ],
        "activation function wiggle",
        "hidden_act",
    ),
    "unknown rotary positions": (
        [
            "    rope_init_fn = ROPE_INIT_FUNCTIONS[self.rope_type]",
            "                   ~~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^",
            "KeyError: 'wobble'",
            NO_OUTPUT,
        ],
        "of the kind wobble",
        "rope_type",
    ),
    "activation function": (
        ["NotImplementedError: The mish activation function is not currently supported."],
        "activation function mish",
        "supported architecture",
    ),
    "rotary positions": (
        ["KeyError: \"Missing required keys in `rope_parameters` for 'rope_type'='yarn': {'factor'}\""],
        "of the kind yarn and leaves 'factor' out",
        "rope_parameters",
    ),
    "a field's type": (
        ["TypeError: Field 'rms_norm_eps' expected float, got str (value: 'tiny')"],
        "rms_norm_eps 'tiny'; float belongs there",
        "Mend rms_norm_eps in config.json",
    ),
    "contradictory layers": (
        ["ValueError: `num_hidden_layers` (3) must be equal to the number of `layer_types` (2)"],
        "num_hidden_layers is 3, and layer_types names 2 layers",
        "weights hold",
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
    "unknown pass": (
        ["ValueError: Package configuration for pass of type 'modelbilder' not found"],
        "no pass of the type modelbilder",
        "slmtui lint",
    ),
    "unknown surgery": (
        ["ValueError: Surgeon 'nosuch' does not exist. Available surgeons: dict_keys(['protosurgeon'])"],
        "no graph surgery of the name nosuch",
        "slmtui lint",
    ),
    "a value that the model builder refuses": (
        [
            "pydantic_core._pydantic_core.ValidationError: 4 validation errors for ModelBuilderConfig",
            "int4_block_size.`int-enum[ModelBuilder.BlockSize]`",
            "  Input should be 16, 32, 64, 128 or 256 [type=enum, input_value=33, input_type=int]",
            "    For further information visit https://errors.pydantic.dev/2.14/v/enum",
        ],
        "refuses the value 33 of int4_block_size in ModelBuilder: Input should be 16, 32, 64, 128 or 256.",
        "slmtui lint",
    ),
    "a precision that there is not": (
        [
            "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelBuilderConfig",
            "precision",
            "  Input should be 'int4', 'int8' or 'bf16' [type=enum, input_value='int5', input_type=str]",
        ],
        "refuses the value 'int5' of precision in ModelBuilder",
        "slmtui lint",
    ),
    "block size": (
        ["AssertionError: in_features 192 must be divisible by group_size 100"],
        "Blocks of 100 weights do not fit this model, which has rows of 192.",
        "block size",
    ),
    "calibration": (
        ["ValueError: The calibration text has only 3 tokens; it needs 64."],
        "has only 3 tokens; it needs 64.",
        "longer text",
    ),
    "data set": (
        ["ModuleNotFoundError: No module named 'datasets'"], "fetch a data set", "calibration_text"
    ),
    "config.json": (
        ["OSError: It looks like the config file at '/models/config.json' is not a valid JSON file."],
        "/models/config.json is no valid JSON",
        "Fetch the checkpoint again",
    ),
    "quantized": (
        ["NotImplementedError: The bitsandbytes quantized model is not currently supported."],
        "quantized already (bitsandbytes)",
        "quantized from",
    ),
    "hub": (
        [
            ("huggingface_hub.errors.OfflineModeIsEnabled: Cannot reach"
            " https://huggingface.co/api/models/nobody/nothing: offline mode is enabled. To disable it, "
            "please unset the `HF_HUB_OFFLINE` environment variable.")
        ],
        "https://huggingface.co/api/models/nobody/nothing. It runs offline.",
        "not whole",
    ),
    "a path that is not there": (
        [
            ("huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name' or"
            " 'namespace/repo_name': '/nowhere/at/all'. Use `repo_type` argument if needed.")
        ],
        "not in the checkpoint: /nowhere/at/all",
        "names another model",
    ),
    "protobuf": (
        ["ValueError: Message onnx.ModelProto exceeds maximum protobuf size of 2GB: 2502337024"],
        "larger than the 2 GB",
        "save_as_external_data",
    ),
    "pickle": (
        ["_pickle.UnpicklingError: Weights only load failed. This file can still be loaded"],
        "pickled weights",
        "safetensors",
    ),
    "dll": (
        ["ImportError: DLL load failed while importing onnxruntime_pybind11_state: The specified module"],
        "that onnxruntime_pybind11_state needs",
        "Visual C++",
    ),
    "glibc": (
        ["ImportError: /lib/libc.so.6: version `GLIBC_2.28' not found (required by libonnxruntime.so)"],
        "GLIBC_2.28 is missing",
        "newer release",
    ),
    "numpy": (
        ["ValueError: numpy.dtype size changed, may indicate binary incompatibility. Expected 96"],
        "another release of NumPy",
        "doctor",
    ),
    "virus scanner": (
        ["PermissionError: [WinError 32] The process cannot access the file because it is being used"],
        "Another program holds a file",
        "scan",
    ),
    "long path": (
        ["FileNotFoundError: [WinError 206] The filename or extension is too long: 'C:\\x'"],
        "longer than the system allows",
        "shorter path",
    ),
    "open files": (["OSError: [Errno 24] Too many open files"], "more files open", "ulimit"),
    "import": (
        ["ImportError: cannot import name 'GenerationMixin' from 'transformers' (/x/__init__.py)"],
        "transformers has no GenerationMixin",
        "doctor",
    ),
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
