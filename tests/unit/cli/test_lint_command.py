"""`slmtui lint`: findings for people and programs, and an exit code that scripts can go by."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from slmtui.cli.parser import build
from slmtui.cli.report import Report
from slmtui.environment.installed import command_line
from slmtui.events import Cancel, Failure

GUIDE = """\
{
  "input_model": {"type": "HfModel", "model_path": "MODEL", "task": "text-generation"},
  "passes": {
    "builder": {
      "type": "ModelBuilder",
      "config": {"precision": "int4", "quantization_config": {"block_size": 128, "is_symmetric": false}}
    }
  },
  "output_dir": "models/output/mine-onnx"
}
"""


@pytest.fixture
def file(tmp_path: Path, sample_dir: Path) -> Path:
    """The guide's configuration, of a model that is there."""
    path = tmp_path / "config.json"
    path.write_text(GUIDE.replace('"MODEL"', json.dumps(str(sample_dir))), encoding="utf-8")
    return path


def do(*arguments: str) -> tuple[int, str, str]:
    parsed = build().parse_args(["lint", *arguments])
    out, err = io.StringIO(), io.StringIO()
    return parsed.run(parsed, Report(parsed.json, out, err), Cancel()), out.getvalue(), err.getvalue()


def test_an_ignored_setting_is_an_error_with_its_place_and_fix(file: Path) -> None:
    code, out, err = do(str(file))
    assert code == 1
    column = GUIDE.splitlines()[5].index('"quantization_config"') + 1
    assert f"{file}:6:{column}: error: passes.builder.config.quantization_config: Olive ignores" in out
    assert "fix: Write int4_block_size, int4_is_symmetric" in out
    assert "1 error, 2 info" in out
    assert "--fix" in err


def test_what_it_says_to_run_can_be_run(file: Path) -> None:
    named = file.rename(file.with_name("моя config.json"))
    _, _, err = do(str(named))
    assert f"{command_line('slmtui', 'lint', str(named), '--fix')}`" in err


def test_programs_get_everything_in_one_object(file: Path) -> None:
    code, out, _ = do(str(file), "--json")
    assert code == 1
    answer = json.loads(out)
    assert {"file", "ok", "findings", "corrected", "fixed", "recipe"} == set(answer)
    (error,) = [finding for finding in answer["findings"] if finding["severity"] == "error"]
    assert {"severity", "path", "line", "column", "cause", "fix", "edit"} == set(error)
    assert json.loads(answer["corrected"])["passes"]["builder"]["config"]["int4_block_size"] == 128
    assert answer["recipe"]["options"] == {}


def test_fix_mends_the_file(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    code, _, err = do(str(file), "--fix")
    assert code == 0
    assert "mended" in err
    after = file.read_text(encoding="utf-8")
    assert after == before.replace(
        '"quantization_config": {"block_size": 128, "is_symmetric": false}',
        '"int4_block_size": 128, "int4_is_symmetric": false',
    )
    code, out, _ = do(str(file), "--fix", "--json")
    assert (code, json.loads(out)["fixed"]) == (0, False)
    assert json.loads(out)["recipe"]["options"] == {"block_size": 128, "symmetric": False}


def test_a_model_can_be_named_for_a_placeholder(file: Path, sample_dir: Path) -> None:
    file.write_text(GUIDE.replace("MODEL", "path/to/model"), encoding="utf-8")
    code, out, _ = do(str(file), "--model", str(sample_dir), "--json")
    assert code == 1
    assert json.loads(json.loads(out)["corrected"])["input_model"]["model_path"] == str(sample_dir)


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b'{"a": 1,}')))
    code, out, err = do("-")
    assert (code, "-:1:8: error: A comma" in out, err) == (1, True, "")
    with pytest.raises(Failure, match="cannot be mended"):
        do("-", "--fix")


def test_a_file_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(Failure, match="cannot be read"):
        do("nowhere.json")
