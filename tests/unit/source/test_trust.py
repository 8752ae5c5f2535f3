"""What only a yes allows: pickles that are looked through first, and code that is named file by file."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections import OrderedDict

import pytest

from slmtui.source.inspect import inspect
from slmtui.source.options import SourceOptions

TRUSTING = SourceOptions(allow_pickle=True)


def problems(checkpoint, options: SourceOptions, severity: str) -> list:
    return [p for p in inspect(checkpoint.folder, options).problems if p.severity == severity]


class _Calls:
    def __init__(self, function, *arguments) -> None:
        self.what = (function, arguments)

    def __reduce__(self):
        return self.what


def pickled(checkpoint, state: object) -> None:
    """Put a file as torch writes it, with this table, in place of the weights."""
    (checkpoint.folder / "model.safetensors").unlink()
    buffer = io.BytesIO()
    pickle.Pickler(buffer, protocol=2).dump(state)
    with zipfile.ZipFile(checkpoint.folder / "pytorch_model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", buffer.getvalue())


@pytest.mark.parametrize("state", [OrderedDict(weight=_Calls(os.system, "exit 1")), _Calls(eval, "1/0")])
def test_a_pickle_that_would_call_something_is_named_and_not_run(checkpoint, state):
    pickled(checkpoint, state)
    (problem,) = problems(checkpoint, TRUSTING, "error")
    assert "more than weights" in problem.cause
    assert "system" in problem.cause or "eval" in problem.cause


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_file_that_torch_did_not_write_is_an_error(checkpoint, content):
    (checkpoint.folder / "model.safetensors").unlink()
    (checkpoint.folder / "pytorch_model.bin").write_bytes(content)
    assert "no file that torch.save writes" in problems(checkpoint, TRUSTING, "error")[0].cause


def test_without_a_yes_the_fix_names_the_flag(checkpoint):
    pickled(checkpoint, OrderedDict())
    (problem,) = problems(checkpoint, SourceOptions(), "error")
    assert "--allow-pickle" in problem.fix


def test_a_yes_to_pickles_changes_nothing_where_there_are_safetensors(checkpoint):
    (checkpoint.folder / "pytorch_model.bin").write_bytes(b"x")
    source = inspect(checkpoint.folder, TRUSTING)
    assert source.usable
    assert not source.pickled


# Code


@pytest.fixture
def own_class(checkpoint):
    checkpoint.configure(
        architectures=["InternLM2ForCausalLM"],
        model_type="internlm2",
        auto_map={"AutoModelForCausalLM": "modeling_mine.Mine"},
    )
    for name in ("modeling_mine.py", "helpers.py"):
        (checkpoint.folder / name).write_text("raise SystemExit('was run')")
    return checkpoint


def test_code_needs_a_yes_that_names_every_file(own_class):
    (problem,) = problems(own_class, SourceOptions(), "error")
    assert "--allow-remote-code helpers.py,modeling_mine.py" in problem.fix
    half = problems(own_class, SourceOptions(allow_code=("modeling_mine.py",)), "error")
    assert "also brings helpers.py" in half[0].cause
    source = inspect(own_class.folder, SourceOptions(allow_code=("modeling_mine.py", "helpers.py")))
    assert source.usable
    assert source.code == ("helpers.py", "modeling_mine.py")
    assert "will be run" in source.problems[0].cause


def test_code_that_lies_elsewhere_is_never_fetched(own_class):
    own_class.configure(auto_map={"AutoModelForCausalLM": "somebody/repo--modeling_mine.Mine"})
    said = SourceOptions(allow_code=("helpers.py", "modeling_mine.py", "somebody/repo--modeling_mine.py"))
    assert "lies elsewhere" in problems(own_class, said, "error")[0].cause


def test_answers_survive_in_a_record():
    said = SourceOptions("base model", True, ("a.py",))
    assert SourceOptions.from_record(said.as_record()) == said
    assert SourceOptions().as_record() == {}
    assert SourceOptions.from_record({}) == SourceOptions()
