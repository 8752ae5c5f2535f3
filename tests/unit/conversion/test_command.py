from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path

from slmtui.conversion.command import CONFIG_NAME, command
from slmtui.conversion.config import olive_config
from slmtui.conversion.recipe import recipe
from slmtui.source.model_source import ModelSource


def test_one_pass_is_one_line_with_the_settings_of_the_configuration(
    source: ModelSource, tmp_path: Path
) -> None:
    output = tmp_path / "with a space"
    line = command(source, recipe("int4", None, {"symmetric": "no"}), output, windows=False)
    words = shlex.split(line)
    given = dict(zip(words[2::2], words[3::2], strict=True))
    config = olive_config(source.path, recipe("int4", None, {"symmetric": "no"}), output, Path("cache"))
    settings = config["passes"]["builder"]
    assert words[:2] == ["olive", "run-pass"]
    assert given["--pass-name"] == settings.pop("type")
    assert json.loads(given["--pass-config"]) == settings
    assert given["--model_name_or_path"] == str(source.path)
    assert given["--output_path"] == str(output)
    assert given["--provider"] == "CPUExecutionProvider"


def test_several_passes_are_a_configuration_and_that_is_said(source: ModelSource, tmp_path: Path) -> None:
    said, line = command(source, recipe("int8"), tmp_path, windows=False).splitlines()
    assert said.startswith("# ")
    assert CONFIG_NAME in said
    assert shlex.split(line) == ["olive", "run", "--config", CONFIG_NAME]


def test_windows_quotes_in_its_own_way(source: ModelSource, tmp_path: Path) -> None:
    assert '"{\\"precision\\": \\"fp32\\"' in command(source, recipe("fp32"), tmp_path, windows=True)


def test_a_source_that_olive_cannot_read_is_said(source: ModelSource, tmp_path: Path) -> None:
    file = dataclasses.replace(source, format="gguf")
    assert "GGUF" in command(file, recipe(), tmp_path).splitlines()[0]
