"""What the commands print with --json keeps to the schemas that `slmtui schema` publishes."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from slmtui.cli import main
from slmtui.cli.parser import build
from tests import object_schemas, published


def test_the_schemas_are_those_of_what_is_printed() -> None:
    written = json.loads(object_schemas.FILE.read_text(encoding="utf-8"))
    assert written == object_schemas.document(), "python -m tests.object_schemas writes them anew"
    for one in written["$defs"].values():
        Draft202012Validator.check_schema(one)


def test_every_command_but_the_schemas_own_has_one() -> None:
    assert {name for name in _commands(build()) if name != "schema"} == set(object_schemas.SHAPES)


def _commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield f"{before}{name}"
                yield from _commands(below, f"{before}{name} ")


@pytest.mark.parametrize(
    "typed",
    [
        "list",
        "presets",
        "lint config.json",
        "lint nothing.json",
        "why .",
        "locate",
        "locate logs",
        "keys",
        "settings",
        "settings theme",
        "glossary parity",
        "samples",
        "samples get fernlight-support",
        "inspect fernlight-support",
        "completion bash",
        "verify nothing-of-that-name",
        "undeploy nothing-of-that-name",
        "deploy . --name x --dry-run",
        "template .",
        "report nothing-of-that-name",
        "lab fernlight-support --dry-run",
        "convert fernlight-support --output made --dry-run",
        "toolchain remove --yes",
    ],
)
def test_a_command_prints_one_object_as_its_schema_says(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text('{"input_model": {"type": "HfModel"}, "pass": {}}')
    words = typed.split()
    main([*words, "--json"])
    *before, last = capsys.readouterr().out.splitlines()
    published.hold([*before, last], words)
    end = json.loads(last)
    if "event" not in end:
        assert not before
    with pytest.raises(ValidationError):
        published.hold([json.dumps(end | {"nonsense": 1})], words)


def test_the_schema_of_a_command_is_printed_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "samples", "get"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == "samples get"
    assert schema["properties"]["event"] == {"const": "finished", "type": "string"}
