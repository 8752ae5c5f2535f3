"""What scripts rely on: exit codes, schemas, places, and the man page."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import man_page
from slmtui.cli.commands import locate
from slmtui.cli.exit_codes import MEANINGS, ExitCode
from slmtui.events import Progress
from tests import event_schemas, published
from tests.calling import slmtui

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "slmtui"


def test_every_exit_code_has_a_meaning_that_help_man_page_and_readme_show() -> None:
    assert set(MEANINGS) == set(ExitCode)
    shown = slmtui("--help").stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = man_page.man_page()
    for code, meaning in MEANINGS.items():
        assert f"{code.value:<4} {meaning}" in shown
        assert f"| {code.value} | {meaning} |" in readme
        assert f".TP\n{code.value}\n{meaning}" in page


def test_no_command_ends_with_a_code_that_is_not_in_the_table() -> None:
    returned: dict[int, str] = {}
    for path in sorted((PACKAGE / "cli" / "commands").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or ast.Constant("")) == "int":
                for one in ast.walk(node):
                    if isinstance(one, ast.Return) and one.value is not None:
                        numbers = [n.value for n in ast.walk(one.value) if isinstance(n, ast.Constant)]
                        returned |= {n: path.name for n in numbers if type(n) is int}
    assert {0, 1} <= set(returned)
    assert {code: where for code, where in returned.items() if code not in list(ExitCode)} == {}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["locate"], ExitCode.DONE),
        (["chat", "nothing-of-that-name", "--prompt", "x"], ExitCode.FAILED),
        (["--serve", "not:a:port"], ExitCode.USAGE),
        (["--serve", "8000", "list"], ExitCode.USAGE),
    ],
)
def test_a_command_ends_as_the_table_says(arguments: list[str], code: ExitCode) -> None:
    assert slmtui(*arguments).returncode == code


def test_the_schemas_are_those_of_the_events() -> None:
    written = json.loads(event_schemas.FILE.read_text(encoding="utf-8"))
    assert written == event_schemas.document(), "python -m tests.event_schemas writes them anew"


def test_every_schema_is_one_and_is_printed_by_its_name() -> None:
    whole = json.loads(slmtui("schema").stdout)
    Draft202012Validator.check_schema(whole)
    assert {"progress", "log", "verdict", "finished"} <= set(whole["$defs"])
    for kind, schema in whole["$defs"].items():
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["event"] == {"const": kind}
    assert json.loads(slmtui("schema", "progress", "--json").stdout) == whole["$defs"]["progress"]
    wrong = slmtui("schema", "nonsense")
    assert wrong.returncode == 1
    assert "fix: Events: progress, " in wrong.stderr


def test_any_line_of_a_stream_fits_the_whole_schema() -> None:
    validator = Draft202012Validator(published.events())
    done = slmtui("samples", "get", "fernlight-support", "--json")
    assert published.hold(done.stdout.splitlines())[-1] == "finished"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    lines.append(Progress("load", "Loading", 0.5).as_json())
    for line in lines:
        validator.validate(line)
    assert not validator.is_valid(lines[0] | {"event": "nonsense"})
    assert not validator.is_valid({"event": "progress"})


def test_locate_says_every_place(slmtui_home: Path) -> None:
    places = json.loads(slmtui("locate", "--json").stdout)
    assert list(places) == list(locate.PLACES)
    for found in places.values():
        assert Path(found["path"]).is_relative_to(slmtui_home)
        assert found["exists"] is False
    (slmtui_home / "config").mkdir(parents=True)
    (slmtui_home / "config" / "settings.toml").write_text("", encoding="utf-8")
    one = slmtui("locate", "settings", "--json")
    assert json.loads(one.stdout)["settings"]["exists"] is True
    assert slmtui("locate", "settings").stdout == f"{slmtui_home / 'config' / 'settings.toml'}\n"
    assert slmtui("locate", "nowhere").returncode == 2


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_man_page_is_drawn_without_a_warning() -> None:
    drawn = subprocess.run(
        ["groff", "-man", "-Tutf8", "-K", "utf8", "-ww"],
        input=man_page.man_page(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert drawn.returncode == 0
    assert drawn.stderr == ""
    for word in ("slmtui convert", "--precision", "EXIT STATUS", "SLMTUI_HOME"):
        assert word in re.sub(".\x08", "", drawn.stdout)


def test_the_parser_can_be_built_where_nothing_is_installed() -> None:
    # `-S`: without site-packages, as in the environment that builds the wheel.
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from slmtui.cli.parser import build; build()"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
