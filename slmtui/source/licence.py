"""The licence a model states, in its card or in a file of its own."""

from __future__ import annotations

import re
from pathlib import Path

_HEADINGS = (
    (re.compile(r"Apache License\s+Version 2\.0"), "apache-2.0"),
    (re.compile(r"MIT License|Permission is hereby granted, free of charge"), "mit"),
    (re.compile(r"GNU GENERAL PUBLIC LICENSE\s+Version 3"), "gpl-3.0"),
    (re.compile(r"LLAMA ([\d.]+) COMMUNITY LICENSE"), "llama community licence"),
    (re.compile(r"Gemma Terms of Use"), "gemma"),
)


def read_licence(folder: Path) -> str | None:
    """The licence: the model card's own word (front matter), else what the licence file is or is called."""
    stated = _front_matter(folder / "README.md")
    if stated:
        return stated
    for name in ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING"):
        if (folder / name).is_file():
            text = _lenient(folder / name)[:2000]
            return next((licence for heading, licence in _HEADINGS if heading.search(text)), f"see {name}")
    return None


def _front_matter(card: Path) -> str:
    """`license` (for "other", `license_name`) between the card's `---` lines; "" if there is none."""
    front = re.match(r"---\s*\n(.*?)\n---", _lenient(card).replace("\r\n", "\n"), re.DOTALL)
    if front is None:
        return ""
    found: list[tuple[str, str]] = re.findall(r"^(license|license_name):[ \t]*(\S.*?)[ \t]*$", front[1], re.M)
    fields = {key: value.strip("\"'") for key, value in found}
    stated = fields.get("license", "")
    return fields.get("license_name", stated) if stated == "other" else stated


def _lenient(path: Path) -> str:
    """Text for people: one that cannot be read or decoded is no reason to stop."""
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return ""
