"""What the runtime said when damaged models were given to it (onnxruntime-genai 0.14.1, Linux)."""

import pytest

from slmtui.events import Failure
from slmtui.runtime.diagnosis import died, load_failure

CUT_OFF = (
    "Deserialize tensor model.layers.5.mlp.gate_proj.MatMul.weight_Q4 failed.tensorprotoutils.cc:1876"
    " GetExtDataFromTensorProto External initializer: model.layers.5.mlp.gate_proj.MatMul.weight_Q4"
    " offset: 127096064 size to read: 442368 given file_length: 100000000 are out of bounds or can not be"
    " read in full."
)
MISSING = (
    "External data path validation failed for initializer: model.embed_tokens.weight. Error: External"
    ' data path escapes model directory. External data path: "model.onnx.data" resolved path:'
    ' "/m/model.onnx.data" allowed directory: "/n"'
)
UNKNOWN_ENTRY = (
    "Error encountered while parsing '/m/genai_config.json' JSON Error: model: Unknown value"
    ' "vocab_sizee" at line 31 index 29'
)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (
            CUT_OFF,
            "weights file beside the ONNX file is cut off",
        ),
        (
            MISSING,
            "weights file model.onnx.data",
        ),
        ("Load model from /m/{x}/model.onnx failed:Protobuf parsing failed.", "/m/{x}/model.onnx is damaged"),
        ("Load model from /m/model.onnx failed:No graph was found in the protobuf.", "model.onnx is damaged"),
        (
            UNKNOWN_ENTRY,
            "vocab_sizee",
        ),
        ("Unsupported model_type in config.json: nonsense", "type nonsense"),
        (
            "Cuda interface not available: Failed to load library: /l/libcuda.so: cannot open",
            "converted for Cuda",
        ),
        ("Model output was not found: logits", "logits"),
        ("Invalid file: /m/tokenizer.json", "/m/tokenizer.json is missing or damaged"),
        ("[json.exception.parse_error.101] parse error at line 549, column 12", "tokenizer file is damaged"),
        ("Failed to open a json file: /m/tokenizer_config.json", "tokenizer file is damaged"),
        ("Failed to parse config json.", "tokenizer file is damaged"),
        ('External data path does not exist: "/m/model.onnx.data"', "weights file /m/model.onnx.data"),
        ("std::bad_alloc", "not enough memory"),
    ],
)
def test_a_known_message_becomes_a_cause_and_a_fix(said: str, named: str) -> None:
    failure = load_failure("/m", RuntimeError(said))
    assert named in failure.cause
    assert failure.fix


def test_an_unknown_message_is_passed_on() -> None:
    failure = load_failure("/m", RuntimeError("something\n  new"))
    assert failure.cause == "The runtime cannot load /m: something new"
    assert "log" in failure.fix


def test_a_missing_runtime_sends_people_to_the_environment() -> None:
    failure = load_failure("/m", ImportError("No module named 'onnxruntime_genai'"))
    assert "Environment" in failure.fix


def test_want_of_memory_is_said() -> None:
    assert "memory" in load_failure("/m", MemoryError()).cause


def test_a_host_that_ended_for_want_of_memory_is_told_from_other_ends() -> None:
    ended = "The worker process was ended by an abort (SIGABRT)."
    starved = died(Failure(f"{ended} It last said: what():  std::bad_alloc", "Try again.", None))
    assert starved.cause.startswith("The model host ran out of memory.")
    assert "smaller precision" in starved.fix
    other = died(Failure(ended, "Try again.", None))
    assert (other.cause, other.fix) == (ended, "Try again. Loading the model again starts a new host.")
