"""Writes the README's tables of what the program has anyway: `python -m tests.readme_tables`.

Each stands between two remarks, `<!-- commands -->` and `<!-- /commands -->`; the rest is written by hand.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from slmtui.cli.exit_codes import MEANINGS
from slmtui.cli.parser import build
from slmtui.config.locations import shipped_dir
from slmtui.config.settings import described
from slmtui.tui.commands import table
from slmtui.tui.key_words import key_name

README = Path(__file__).resolve().parents[1] / "README.md"


def commands() -> list[tuple[str, str]]:
    """What is typed, and what it does."""
    return [(f"`{usage(name, parser)}`", summary) for name, parser, summary in declared(build())]


def declared(
    parser: argparse.ArgumentParser, before: str = "slmtui"
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Every command with its parser and its one line of help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for listed in action._choices_actions:
                name = f"{before} {listed.dest}"
                yield name, action.choices[listed.dest], listed.help or ""
                yield from declared(action.choices[listed.dest], name)


def usage(name: str, parser: argparse.ArgumentParser) -> str:
    """A command with what it has to be given; that there are options is said, and not which."""
    words, more = [name], False
    for action in parser._actions:
        metavar = str(action.metavar or action.dest)
        if isinstance(action, argparse._SubParsersAction) or action.dest in ("help", "json"):
            continue
        if action.option_strings and not action.required:
            more = True
        elif action.option_strings:
            words.append(f"{action.option_strings[0]} {metavar}")
        else:
            several = "…" if action.nargs in ("*", "+") else ""
            words.append(f"[{metavar}{several}]" if action.nargs in ("*", "?") else f"{metavar}{several}")
    return " ".join([*words, *(["[options]"] if more else [])])


def exit_codes() -> list[tuple[str, str]]:
    """Each code and its meaning."""
    return [(str(code.value), meaning) for code, meaning in MEANINGS.items()]


def keys() -> list[tuple[str, str, str]]:
    """The keys that hold on every screen."""
    everywhere = [one for one in table() if one.name.split(".")[0] in ("app", "station")]
    rows = [(_keys(one.keys), one.does, f"`{one.name}`") for one in everywhere]
    return sorted(rows, key=lambda row: row[0] if row[0][1].isdigit() else "")  # the screens by their numbers


def _keys(found: Sequence[str]) -> str:
    # Ctrl+_ and Ctrl+\ are how terminals send other keys.
    return " ".join(f"`{key_name(key)}`" for key in found if key not in ("ctrl+underscore", "ctrl+backslash"))


def settings() -> list[tuple[str, str, str]]:
    """Each setting with its default."""
    return [(f"`{one.key}`", _default(one.default), one.about) for one in described()]


def _default(value: str | bool) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else "empty"


def themes() -> list[tuple[str, str, str]]:
    """Each theme that ships, with what its file says of it."""
    return [_theme(path) for path in sorted(shipped_dir("themes").glob("*.toml"))]


def _theme(path: Path) -> tuple[str, str, str]:
    text = path.read_text(encoding="utf-8")
    said = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        said.append(line.lstrip("# "))
    about = re.split(r"(?<=\.) ", " ".join(said))[0]
    return f"`{path.stem}`", "dark" if tomllib.loads(text)["dark"] else "light", about


TABLES: dict[str, tuple[tuple[str, ...], Callable[[], Iterable[tuple[str, ...]]]]] = {
    "commands": (("command", "what it does"), commands),
    "exit codes": (("exit code", "meaning"), exit_codes),
    "keys": (("keys", "what they do", "name in `keys.toml`"), keys),
    "settings": (("key", "default", "what it is"), settings),
    "themes": (("theme", "", "what it is for"), themes),
}


def drawn(name: str) -> str:
    """A table in Markdown."""
    headings, rows = TABLES[name]
    lines = [headings, ("---",) * len(headings), *rows()]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def written(text: str) -> str:
    """The README with all tables as they are now."""
    for name in TABLES:
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"README.md has no place for the table of {name}: {begin}{end}")
        text = f"{before}{begin}\n{drawn(name)}\n{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
