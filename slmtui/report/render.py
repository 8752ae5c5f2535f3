"""A report in one of its three forms, and into a file that no one loses anything by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.config.files import write_atomic
from slmtui.events import Failure
from slmtui.report import markdown, page
from slmtui.report.change import Comparison
from slmtui.report.document import FORMAT, Report

Form: TypeAlias = Literal["md", "html", "json"]
# Where a report of any version says that it is one: within its first lines.
_MARKS = (f"<!-- {FORMAT} ", f'content="{FORMAT} ', f'"format": "{FORMAT}"')
_LOOKED_AT = 4096


def render(report: Report, form: Form, comparison: Comparison | None = None) -> str:
    """The report as text."""
    make: dict[Form, Callable[[], str]] = {
        "md": lambda: markdown.markdown(report, comparison),
        "html": lambda: page.page(report, comparison),
        "json": lambda: _json(report, comparison),
    }
    return make[form]()


def write(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a report, whole or not at all; an earlier report gives way to it, another file only to `replace`.

    Raises:
        Failure: something else lies there, or it cannot be written.
    """
    if path.is_dir():
        raise Failure(f"{path} is a folder.", "Name a file in it with --output.")
    if path.exists() and not replace and not _is_report(path):
        raise Failure(
            f"{path} is there already, and no report of slmtui: it is not replaced.",
            "Give another name with --output, or say --replace.",
        )
    write_atomic(path, text)


def as_json(report: Report, comparison: Comparison | None = None) -> dict[str, object]:
    """The report as a JSON document, with the comparison beside it; it can be a baseline itself."""
    document: dict[str, object] = report.to_json()
    return document | {"comparison": comparison.to_json()} if comparison else document


def _json(report: Report, comparison: Comparison | None) -> str:
    return json.dumps(as_json(report, comparison), indent=1, allow_nan=False) + "\n"


def _is_report(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            beginning = file.read(_LOOKED_AT).decode("utf-8", "replace")
    except OSError:
        return False
    return any(mark in beginning for mark in _MARKS)
