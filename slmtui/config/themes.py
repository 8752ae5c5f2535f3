"""Theme files: colours in TOML, as they came with slmtui and as the user wrote them.

The keys are the fields of Textual's Theme; what they stand for is in its documentation
(https://textual.textualize.io/guide/design/). Nothing here knows Textual.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.locations import shipped_dir, user_themes_dir
from slmtui.events import Failure

COLOURS = (
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "boost",
    "success",
    "warning",
    "error",
)
NUMBERS = ("luminosity_spread", "text_alpha")
KEYS = ("name", "dark", *COLOURS, *NUMBERS, "variables")
# A colour or style that Textual cannot read ends the program in the moment the theme is chosen, so only what
# it surely can is let through. `auto 60%` is black or white, whichever can be read, so it is for text alone.
_AUTO = re.compile(r"auto (?:100|\d{1,2})%")
_STYLES = {"bold", "dim", "italic", "not", "reverse", "strike", "underline"}
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as its file says.

    `colours` has those of `COLOURS` that are set, as `#rrggbb`; `variables` override what is derived from
    them. `luminosity_spread` is how far the darker and lighter shades lie apart, `text_alpha` how opaque
    text is; both run from 0 to 1.
    """

    name: str
    dark: bool
    colours: Mapping[str, str]
    variables: Mapping[str, str]
    path: Path
    luminosity_spread: float = 0.15
    text_alpha: float = 0.95


def load_all() -> tuple[list[ThemeFile], list[Failure]]:
    """All themes, slmtui's first, and what is wrong with files that are left out or not wholly understood.

    A user's theme replaces one of slmtui's with the same name.
    """
    themes: dict[str, ThemeFile] = {}
    problems: list[Failure] = []
    for folder in (shipped_dir("themes"), user_themes_dir()):
        for path in sorted(folder.glob("*.toml")):
            theme, found = load(path)
            problems.extend(found)
            if theme is None:
                continue
            twin = themes.get(theme.name)
            if twin is not None and twin.path.parent == folder:
                problems.append(
                    Failure(
                        f"{path} has the same name as {twin.path.name}: {theme.name}.",
                        "Give one of them another name; the first one is used.",
                    )
                )
                continue
            themes[theme.name] = theme
    return list(themes.values()), problems


def find(name: str) -> ThemeFile | None:
    """The theme of that name, without reading all of slmtui's: what a start needs. None if there is none.

    `load_all` tells what is wrong with files.
    """
    for path in (*sorted(user_themes_dir().glob("*.toml")), shipped_dir("themes") / f"{name}.toml"):
        theme = load(path)[0] if path.is_file() else None
        if theme is not None and theme.name == name:
            return theme
    return None


def load(path: Path) -> tuple[ThemeFile | None, list[Failure]]:
    """The theme in a file and what is wrong with it; None if it cannot be used."""
    text = ""
    try:
        read = path.read_bytes()
        text = read.decode("utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        return None, [_left_out(path, f"it cannot be read ({error.strerror or error})")]
    except UnicodeDecodeError as error:
        return None, [_left_out(path, f"line {read[: error.start].count(10) + 1} is not UTF-8: {error}")]
    except ValueError as error:  # not TOML
        return None, [_left_out(path, _syntax(text, error))]
    wrong = [f"{_line_of(text, key)}{key} has to be {fault}" for key, fault in _faults(data)]
    if "primary" not in data:
        wrong.append("it has no primary colour")
    if wrong:
        return None, [_left_out(path, "; ".join(wrong))]
    return (
        ThemeFile(
            name=data.get("name", path.stem),
            dark=data.get("dark", True),
            colours={key: data[key] for key in COLOURS if key in data},
            variables=data.get("variables", {}),
            path=path,
            **{key: float(data[key]) for key in NUMBERS if key in data},
        ),
        [unknown_key(path, text, key, KEYS) for key in data if key not in KEYS],
    )


def _faults(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """What makes a theme unusable: a key, and what its value has to be."""
    if not isinstance(data.get("name", ""), str) or not data.get("name", "-"):
        yield "name", "text"
    if not isinstance(data.get("dark", True), bool):
        yield "dark", "true or false"
    for key in COLOURS:
        value = data.get(key, "#000")
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            yield key, f"a colour such as #5fb3a1, not {value!r}"
    for key in NUMBERS:
        number = data.get(key, 0)
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number <= 1:
            yield key, f"a number from 0 to 1, not {number!r}"
    variables = data.get("variables", {})
    if not isinstance(variables, dict):
        yield "variables", "a table"
        return
    faults = ((name, value, _variable_fault(name, value)) for name, value in variables.items())
    yield from ((f"variables.{name}", f"{fault}, not {value!r}") for name, value, fault in faults if fault)


def _variable_fault(name: str, value: object) -> str:
    """What the variable has to be; empty if it is just that."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return "named with small letters, digits and dashes"
    text = value if isinstance(value, str) else ""
    if "-style" in name:
        good = text == "none" or (text and set(text.split()) <= _STYLES)
        return "" if good else f"none, or of {', '.join(sorted(_STYLES))}"
    if _HEX.fullmatch(text) or text == "transparent":
        return ""
    if name.startswith("text") or name.endswith("foreground"):
        return "" if _AUTO.fullmatch(text) else "a colour such as #5fb3a1, or auto 60%"
    return "a colour such as #5fb3a1"


def unknown_key(path: Path, text: str, key: str, known: Iterable[str]) -> Failure:
    """That a key means nothing, and the one that may be meant."""
    known = list(known)
    near = difflib.get_close_matches(key, known, n=1)
    every = ", ".join(known) if len(known) < 20 else "what https://textual.textualize.io/guide/design/ lists"
    hint = f"Did you mean {near[0]}?" if near else f"It may have {every}."
    where = _line_of(text, key)
    return Failure(f"The theme {path} has an unknown key, {where}{key}, which is ignored.", hint)


def _syntax(text: str, error: ValueError) -> str:
    """What is no TOML, with the line itself: the message has its number."""
    found = re.search(r"line (\d+)", str(error))
    lines = text.splitlines()
    at = int(found[1]) - 1 if found else len(lines)
    return f"{error}: {lines[at].strip()!r}" if at < len(lines) else str(error)


def _line_of(text: str, key: str) -> str:
    """Where a key stands in the file, as `line 3: `; nothing if it cannot be found."""
    table, _, name = key.rpartition(".")
    at = ""
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            at = heading[1].strip("\"'")
            if at == key:
                return f"line {number}: "
        elif at == table and re.match(rf"""\s*["']?{re.escape(name)}["']?\s*=""", line):
            return f"line {number}: "
    return ""


def _left_out(path: Path, why: str) -> Failure:
    return Failure(f"The theme {path} is left out: {why}.", "Mend or delete that file.")
