"""`slmtui presets`, and how `slmtui convert` takes a preset and options."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from slmtui.cli.parser import build
from slmtui.cli.report import Report
from slmtui.conversion.recipe import presets
from slmtui.events import Cancel, Failure


def do(*arguments: str) -> tuple[int, str, str]:
    parsed = build().parse_args(arguments)
    out, err = io.StringIO(), io.StringIO()
    return parsed.run(parsed, Report(parsed.json, out, err), Cancel()), out.getvalue(), err.getvalue()


def test_people_see_presets_options_and_targets() -> None:
    code, out, _ = do("presets")
    assert code == 0
    for word in (
        "compact",
        "guide",
        "block_size",
        "16 32 64 128 256",
        "calibration_text",
        "FILE",
        "openvino",
        "SmolLM2-135M-Instruct",
    ):
        assert word in out


def test_programs_get_all_there_is_in_one_object() -> None:
    _, out, _ = do("presets", "--json")
    answer = json.loads(out)
    assert [(one["precision"], one["name"]) for one in answer["presets"]] == [
        (preset.precision, preset.name) for preset in presets()
    ]
    for one in answer["presets"]:
        assert one["recipe"].startswith(one["precision"].upper())
        assert one["passes"]
        assert one["evidence"]["smollm2-135m-instruct"]["megabytes"] > 50
    assert {"key", "title", "kind", "choices", "default", "precisions", "olive", "help"} == set(
        answer["options"][0]
    )
    cpu, *others = answer["targets"]
    assert (cpu["name"], cpu["available"], cpu["reason"]) == ("cpu", True, "")
    assert all(not one["available"] and one["reason"] and one["provider"] for one in others)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--precision", "int8", "--preset", "guide"], "int8 has no preset 'guide'"),
        (["--option", "block_size=48"], "block_size cannot be '48'"),
        (["--preset", "compact", "--option", "block_size=128"], "does not divide the 192 inputs"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_before_anything_runs(
    sample_dir: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    with pytest.raises(Failure) as failure:
        do("convert", str(sample_dir), "--output", str(tmp_path / "out"), *words)
    assert said in failure.value.cause
    assert not (tmp_path / "out").exists()
