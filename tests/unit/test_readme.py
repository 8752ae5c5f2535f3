"""The README is true: its tables are the program's own, and the commands in it exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slmtui.cli.parser import build
from slmtui.tui.in_hand import SIDE_SCREENS
from slmtui.tui.widgets.rail import STATIONS
from tests import readme_pictures, readme_tables

ROOT = Path(__file__).resolve().parents[2]
README = readme_tables.README.read_text(encoding="utf-8")
GUIDES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}


def test_the_tables_are_those_of_the_program() -> None:
    assert readme_tables.written(README) == README, "python -m tests.readme_tables writes them anew"


def test_every_option_of_a_command_line_in_the_readme_exists() -> None:
    known = {name: parser for name, parser, _ in readme_tables.declared(build())}
    blocks = "".join(re.findall(r"^```\w+$(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE))
    lines = [
        *re.findall(r"`(slmtui [^`\n]*)`", README),
        *re.findall(r"^(slmtui [^#\n]*)", blocks, re.MULTILINE),
    ]
    seen = set()
    for line in lines:
        for part in line.split("&&"):
            words = part.split()
            name = next((n for n in (" ".join(words[:3]), " ".join(words[:2])) if n in known), None)
            options = {word.strip("[]…") for word in words if word.strip("[").startswith("--")}
            offered = (known[name] if name else build())._option_string_actions
            assert options <= set(offered), part
            assert name or len(words) == 1 or words[1].lstrip("[").startswith(("-", "COMMAND")), part
            seen.add(name)
    assert len(seen) > 15


@pytest.mark.parametrize("guide", GUIDES)
def test_what_a_guide_links_to_and_names_is_there(guide: str) -> None:
    linked = re.findall(r"\]\((?!https?:|#)([^)]+)\)", GUIDES[guide])
    assert linked or guide == "CONTRIBUTING.md"
    named = re.findall(r"`([\w./]+/(?:[\w.]+\.(?:py|toml|json))?)`", GUIDES[guide])
    places = (ROOT, ROOT / "slmtui")
    missing = [path for path in (*linked, *named) if not any((place / path).exists() for place in places)]
    assert missing == []


def test_the_readme_shows_each_picture_of_its_script_and_no_other() -> None:
    taken = {f"{name}.svg" for name in readme_pictures.PICTURES}
    assert {path.name for path in readme_pictures.FOLDER.iterdir()} == taken
    assert set(re.findall(r"\(tests/readme/([\w.]+)\)", README)) == taken


@pytest.mark.parametrize(("name", "mode"), readme_pictures.PICTURES.items())
def test_a_picture_is_of_a_screen_that_exists(name: str, mode: str) -> None:
    from importlib import import_module

    assert mode in {each for each, _ in (*STATIONS, *SIDE_SCREENS)}
    picture = (readme_pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    shown = picture.replace("&#160;", " ")
    screen = getattr(import_module(f"slmtui.tui.screens.{mode}"), f"{mode.capitalize()}Screen")
    assert screen.HEADING in shown
    for _, title in STATIONS:
        assert title in shown
    assert "@font-face" not in picture
    assert len(picture) < 200_000
