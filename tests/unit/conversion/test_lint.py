"""What is wrong with a configuration is found where it stands, and mended without touching the rest."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from slmtui.conversion.lint import Finding, LintReport, apply, lint
from slmtui.events import Failure

# As the guide prints it; the two places in angle brackets are the reader's to fill in.
GUIDE = """\
{
  "input_model": {
    "type": "HfModel",
    "model_path": "<model>",
    "task": "text-generation"
  },
  "systems": {
    "local_system": {
      "type": "LocalSystem",
      "accelerators": [
        {
          "execution_providers": ["CPUExecutionProvider"]
        }
      ]
    }
  },
  "passes": {
    "builder": {
      "type": "ModelBuilder",
      "config": {
        "precision": "int4",
        "quantization_config": {
          "block_size": 128,
          "is_symmetric": false
        }
      }
    }
  },
  "host": "local_system",
  "target": "local_system",
  "cache_dir": "cache",
  "output_dir": "models/output/<name>-onnx"
}
"""
COMMAND = """\
olive auto-opt --model_name_or_path model --device cpu --provider CPUExecutionProvider \\
  --use_model_builder --precision int4 --output_path models/out/onnx --log_level 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model in it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    return tmp_path


def good() -> dict[str, Any]:
    config: dict[str, Any] = json.loads(GUIDE)
    config["input_model"]["model_path"] = "model"
    config["output_dir"] = "models/output/onnx"
    del config["passes"]["builder"]["config"]["quantization_config"]
    config["passes"]["builder"]["config"]["extra_options"] = {"hf_remote": False}
    return config


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good configuration with one part another; None removes it."""
    config = good()
    *way, last = path.split("/")
    part: Any = config
    for name in way:
        part = part[int(name)] if isinstance(part, list) else part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return config


def linted(config: dict[str, Any], folder: Path) -> LintReport:
    return lint(json.dumps(config, indent=2), folder=folder)


def test_a_good_configuration_has_no_findings(folder: Path) -> None:
    assert linted(good(), folder) == LintReport((), None)
    flat = good()
    flat["passes"]["builder"] |= flat["passes"]["builder"].pop("config")
    assert linted(flat, folder).findings == ()


def test_the_guides_configuration_is_understood_and_corrected(folder: Path) -> None:
    report = lint(GUIDE, folder=folder, model=folder / "model")
    assert not report.ok
    by_path = {finding.path: finding for finding in report.findings}
    ignored = by_path["passes.builder.config.quantization_config"]
    assert (ignored.severity, ignored.line, ignored.column) == ("error", 22, 9)
    assert "ignores quantization_config" in ignored.cause
    assert "int4_block_size, int4_is_symmetric" in ignored.fix
    assert by_path["input_model.model_path"].severity == "error"
    assert by_path["output_dir"].severity == "warning"
    assert report.corrected is not None
    builder = json.loads(report.corrected)["passes"]["builder"]["config"]
    assert builder == {"precision": "int4", "int4_block_size": 128, "int4_is_symmetric": False}
    assert json.loads(report.corrected)["input_model"]["model_path"] == str(folder / "model")
    assert lint(report.corrected, folder=folder).ok
    assert lint(report.corrected, folder=folder).corrected is None


def test_only_what_is_wrong_changes_and_the_formatting_stays(folder: Path) -> None:
    ignored = _only(lint(GUIDE, folder=folder), "quantization_config")
    before, _, after = GUIDE.partition('"quantization_config"')
    mended = apply(GUIDE, ignored)
    assert mended.startswith(before)
    assert mended.endswith(after[after.index("}") + 1 :])
    assert '"int4_block_size": 128,\n        "int4_is_symmetric": false\n' in mended


def _only(report: LintReport, word: str) -> Finding:
    found = [f for f in report.findings if word in f.path or word in f.cause]
    assert len(found) == 1, found
    return found[0]


P = "passes/builder/config/"
A = "systems/local_system/accelerators"


@pytest.mark.parametrize(
    ("path", "value", "said", "right"),
    [
        ("precision", 1, "refuses the whole", None),
        ("output_path", "x", "no setting output_path", None),
        ("log_severity_level", "info", "a whole number", None),
        ("input_model/type", "HFModell", "no type of model", "HfModel"),
        ("input_model/model_pth", "x", "no setting model_pth", None),
        ("host", "local", "names the system local", "local_system"),
        ("systems/local_system/type", "Local", "no type of system", "LocalSystem"),
        (A + "/0/execution_providers", ["CPU"], "no execution provider", ["CPUExecutionProvider"]),
        (A + "/0/execution_providers", ["DirectML"], "no execution", ["DmlExecutionProvider"]),
        (A + "/0/device", "cpuu", "no device", "cpu"),
        (A, ["cpu"], "has to be an object", [{"device": "cpu"}]),
        (A, {"device": "cpu"}, "has to be a list", [{"device": "cpu"}]),
        ("passes/builder/type", "ModelBuildr", "no pass of the type", "ModelBuilder"),
        ("passes/builder/type", None, "has no type", "ModelBuilder"),
        (P + "precision", None, "needs precision", "int4"),
        (P + "precision", "INT4", "cannot be 'INT4'", "int4"),
        (P + "precision", "uint4", "makes no uint4", "int4"),
        (P + "precision", "bf16", "for CUDA alone", "fp32"),
        (P + "int4_block_size", 100, "cannot be 100", 128),
        (P + "int4_block_size", [32, 64], "no search is on", 32),
        (P + "int4_op_types_to_quantize", "MatMul", "cannot be 'MatMul'", ["MatMul"]),
        (P + "int4_algo_config", "k_quant_mix", "knows no algorithm", "k_quant_mixed"),
        (P + "int4_algo_config", 3, "cannot be 3", "3"),
        (P + "int4_is_symmetric", "maybe", "cannot be 'maybe'", None),
        (P + "extra_options", {"hf_remote": "false"}, "takes every text for true", {"hf_remote": False}),
        (P + "extra_options", {"hf_remote": False, "hf_token": False}, "has to be a text",
         {"hf_remote": False, "hf_token": "false"}),
        ("search_strategy", True, "needs an evaluator", False),
        ("passes", {}, "makes nothing", {"builder": {"type": "ModelBuilder", "precision": "int4"}}),
    ],
)  # fmt: skip
def test_an_error_is_named_and_mended(path: str, value: Any, said: str, right: Any, folder: Path) -> None:
    report = linted(changed(path, value), folder)
    assert not report.ok
    assert any(said in finding.cause for finding in report.findings), report.findings
    if right is not None:
        assert report.corrected is not None
        mended: Any = json.loads(report.corrected)
        for name in path.split("/"):
            mended = mended[int(name)] if isinstance(mended, list) else mended[name]
        assert mended == right


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("block_size", 64, ("int4_block_size", 64)),
        ("is_symmetric", False, ("int4_is_symmetric", False)),
        ("int4_blocksize", 64, ("int4_block_size", 64)),
        ("accuracy_level", 4, ("int4_accuracy_level", 4)),
        ("shared_embeddings", True, ("extra_options", {"hf_remote": False, "shared_embeddings": True})),
    ],
)
def test_a_setting_the_builder_would_ignore_becomes_the_one_it_reads(
    key: str, value: Any, right: tuple[str, Any], folder: Path
) -> None:
    report = linted(changed(P + key, value), folder)
    assert "ignores" in report.findings[0].cause
    assert report.corrected is not None
    mended = json.loads(report.corrected)["passes"]["builder"]["config"]
    assert mended[right[0]] == right[1]
    assert key not in mended
    assert lint(report.corrected, folder=folder).findings == ()


@pytest.mark.parametrize("precision", ["int8", "fp16"])
def test_a_precision_the_builder_drops_is_made_by_passes_that_can(precision: str, folder: Path) -> None:
    report = linted(changed(P + "precision", precision), folder)
    assert "exit code 0" in report.findings[0].cause
    assert report.corrected is not None
    passes = json.loads(report.corrected)["passes"]
    assert len(passes) == 2 or passes["builder"]["precision"] != precision
    assert lint(report.corrected, folder=folder).ok


def test_fp16_is_possible_on_a_gpu(folder: Path) -> None:
    config = changed(P + "precision", "fp16")
    config["systems"]["local_system"]["accelerators"] = [
        {"device": "gpu", "execution_providers": ["CUDAExecutionProvider"]}
    ]
    assert linted(config, folder).ok


@pytest.mark.parametrize(
    ("path", "value", "severity", "said"),
    [
        ("target", None, "warning", "No target is named"),
        ("host", None, "info", "No host is named"),
        ("output_dir", None, "warning", "folder in which Olive is started"),
        ("output_dir", "models/qwen2.5", "warning", "takes it for a file"),
        ("input_model/load_kwargs", {"trust_remote_code": True}, "warning", "lets Python code run"),
        (P + "exclude_embeds", True, "warning", "nobody can chat"),
        (P + "extra_options", {}, "info", "runs Python code"),
        (P + "_remark", "x", "info", "ignores _remark"),
        ("passes/builder/precision", "fp32", "warning", "stands in config, too"),
        ("input_model/model_path", "org/name", "warning", "Hugging Face hub"),
        ("input_model/model_path", "./nowhere", "error", "no folder ./nowhere"),
        ("input_model/model_path", "path/to/your/model", "error", "a path of your own"),
        ("input_model/adapter_path", "nowhere", "error", "adapter nowhere is not there"),
        ("input_model/model_path", "C:\new", "error", "cannot be seen"),
        (P + "int4_block_sizes", 3, "error", "ignores"),
    ],
)
def test_every_finding_has_its_severity(
    path: str, value: Any, severity: str, said: str, folder: Path
) -> None:
    found = [f for f in linted(changed(path, value), folder).findings if said in f.cause]
    assert [f.severity for f in found] == [severity]


def test_code_beside_the_model_is_named(folder: Path) -> None:
    (folder / "model" / "modeling_odd.py").touch()
    report = linted(changed(P + "extra_options", {}), folder)
    assert [(f.severity, "modeling_odd.py" in f.cause) for f in report.findings] == [("warning", True)]
    assert report.corrected is not None
    assert '"hf_remote": false' in report.corrected


def test_passes_have_to_follow_from_each_other(folder: Path) -> None:
    late = good()
    late["passes"] = {"export": {"type": "OnnxConversion"}, **late["passes"]}
    assert "ModelBuilder needs a PyTorch model" in _only(linted(late, folder), "needs a").cause
    early = good()
    early["passes"] = {"half": {"type": "OnnxFloatToFloat16"}, **early["passes"]}
    assert "needs an ONNX model" in _only(linted(early, folder), "needs an").cause
    known_bad = good()
    known_bad["passes"]["rtn"] = {"type": "OnnxBlockWiseRtnQuantization", "bits": 8}
    assert "logits" in _only(linted(known_bad, folder), "logits").cause
    bare = good()
    bare["passes"] = {"export": {"type": "OnnxConversion"}}
    assert "genai_config.json" in _only(linted(bare, folder), "genai_config").cause


@pytest.mark.parametrize(
    ("text", "line", "column", "said", "right"),
    [
        ('{"a": 1,}', 1, 8, "comma stands before", '{"a": 1}'),
        ('{\n "a": [1,\n ]}', 2, 9, "comma stands before", '{\n "a": [1\n ]}'),
        ('{"a": 1 // note\n}', 1, 9, "no comments", '{"a": 1 \n}'),
        ('{"a": 1\n "b": 2}', 1, 8, "comma is missing", '{"a": 1,\n "b": 2}'),
        ("{'a': 1}", 1, 2, "single quotation", '{"a": 1}'),
        ('{"a": True}', 1, 7, "is Python", '{"a": true}'),
        ("{a: 1}", 1, 2, "no quotation marks", '{"a": 1}'),
        ('{“a”: "b”}', 1, 2, "curly", '{"a": "b"}'),
        ('{"a": "C:\\models\\x"}', 1, 8, "backslash", '{"a": "C:\\\\models\\\\x"}'),
        ('{"a": {"b": [1', 1, 15, "ends in the middle", '{"a": {"b": [1]}}'),
        ('\ufeff{"a": 1}', 1, 1, "byte order mark", '{"a": 1}'),
        ("", 1, 1, "empty", None),
        ("[1]", 1, 1, "no object", None),
        ('{"a": @}', 1, 7, "no valid JSON", None),
        ('{"a": "b', 1, 7, "ends in the middle", None),
        ('{"a": {', 1, 8, "ends in the middle", None),
        ('{"a": "b\n}', 1, 9, "no closing quotation mark", None),
        ('{"a": "b\tc"}', 1, 9, "control character", None),
        ('{"a": NaN}', 1, 1, "NaN is no JSON", None),
        ("[" * 100_000, 1, 1, "too deeply", None),
    ],
)
def test_text_that_is_no_json_is_placed_and_mended(
    text: str, line: int, column: int, said: str, right: str | None, folder: Path
) -> None:
    (finding,) = lint(text, folder=folder).findings
    assert (finding.severity, finding.line, finding.column) == ("error", line, column)
    assert said in finding.cause
    if right is None:
        assert finding.edit is None
        with pytest.raises(Failure):
            apply(text, finding)
        return
    while finding.edit:
        text = apply(text, finding)
        finding = next(iter(lint(text, folder=folder).findings))
        if "input_model" in finding.cause or finding.path:
            break
    assert text == right


def test_two_keys_with_one_name_are_told(folder: Path) -> None:
    text = json.dumps(good()).replace('"host":', '"host": "x", "host":')
    assert "stands here twice" in _only(lint(text, folder=folder), "twice").cause


def test_the_guides_command_becomes_a_configuration(folder: Path) -> None:
    report = lint(COMMAND, folder=folder)
    (finding,) = report.findings
    assert "auto-opt is deprecated" in finding.cause
    assert report.corrected is not None
    config = json.loads(report.corrected)
    assert config["input_model"]["model_path"] == "model"
    assert config["passes"] == {"builder": {"type": "ModelBuilder", "precision": "int4"}}
    assert config["output_dir"] == "models/out/onnx"
    assert lint(report.corrected, folder=folder).ok


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("olive auto-optt -m x", "no command auto-optt"),
        ("olive run --config x.json", "olive run"),
        ("olive auto-opt -m 'x", "not a whole one"),
        ("olive optimize -m model --precision int8", "no configuration"),
    ],
)
def test_other_commands_are_told_apart(command: str, said: str, folder: Path) -> None:
    (finding,) = lint(command, folder=folder).findings
    assert said in finding.cause


def test_nonsense_of_every_kind_is_a_finding_and_never_an_exception(folder: Path) -> None:
    junk: list[Any] = [None, 0, True, "x", [], {}, [[]], [{}], {"a": {"b": [1]}}, [None], {"type": 3}, -1e300]

    def everywhere(value: Any) -> list[tuple[Any, ...]]:
        inner = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        return [()] + [(key, *rest) for key, part in inner for rest in everywhere(part)]

    for way in everywhere(good())[1:]:
        for bad in junk:
            config: Any = copy.deepcopy(good())
            part = config
            for key in way[:-1]:
                part = part[key]
            part[way[-1]] = bad
            report = linted(config, folder)
            assert all(f.cause and f.fix and f.line >= 1 and f.column >= 1 for f in report.findings)
            if report.corrected is not None:
                json.loads(report.corrected)


@pytest.mark.parametrize(
    ("output", "warned"),
    [
        ("models/my-model/int4", False),
        ("your-models/fern", False),  # it is there
        ("models/your-model-onnx", True),
        ("<name>", True),
        ("x" * 5000, False),
    ],
)
def test_a_name_that_people_give_is_no_placeholder(tmp_path: Path, output: str, warned: bool) -> None:
    (tmp_path / "your-models").mkdir()
    config = json.loads(GUIDE) | {"output_dir": output}
    found = lint(json.dumps(config), folder=tmp_path).findings
    assert any("stands for a name" in finding.cause for finding in found) is warned


@pytest.mark.parametrize("there", [True, False])
def test_a_model_that_is_there_may_be_called_as_it_likes(tmp_path: Path, there: bool) -> None:
    (tmp_path / "my-model").mkdir()
    (tmp_path / "my-model" / "config.json").write_text("{}")
    config = json.loads(GUIDE)
    config["input_model"]["model_path"] = "my-model" if there else "my-other-model"
    found = lint(json.dumps(config), folder=tmp_path).findings
    assert any("stands for a path" in finding.cause for finding in found) is not there
