"""Lint of an Olive configuration: what Olive would refuse, ignore or drop without a word, and the fixes.

What Olive knows is data (`rules/olive.json`, read from the tested release); each file in `rules/` looks at
one subject. Nothing heavy is imported, so that it can run at every key stroke.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from slmtui.conversion.rules.builder import builders
from slmtui.conversion.rules.command_line import command_line
from slmtui.conversion.rules.document import Document
from slmtui.conversion.rules.finding import Finding
from slmtui.conversion.rules.model import folders, model
from slmtui.conversion.rules.passes import passes
from slmtui.conversion.rules.structure import settings, systems
from slmtui.conversion.rules.syntax import doubles, syntax
from slmtui.conversion.rules.workflow import search, workflow
from slmtui.events import Failure

__all__ = ["Finding", "LintReport", "apply", "lint"]

_RULES: tuple[Callable[[Document], Iterable[Finding]], ...] = (
    settings,
    model,
    systems,
    passes,
    builders,
    workflow,
    search,
    folders,
)
# A fix may show what another mistake hid; this many follow each other at most.
_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class LintReport:
    """The findings in the order of the text, and the text with every error and warning mended that a fix can
    mend (None if there is none to mend)."""

    findings: tuple[Finding, ...]
    corrected: str | None

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not any(finding.severity == "error" for finding in self.findings)


def lint(text: str, *, folder: Path, model: Path | None = None) -> LintReport:
    """What is to be said about the configuration `text`.

    Args:
        text: an Olive configuration in JSON, or an `olive auto-opt` or `olive optimize` command.
        folder: what relative paths in it are relative to; for Olive, the folder it is started in.
        model: the source to be converted, if it is known: it mends a path that is a placeholder.
    """
    findings = _findings(text, folder, model)
    return LintReport(tuple(findings), _corrected(text, findings, folder, model))


def apply(text: str, finding: Finding) -> str:
    """`text` with the fix of `finding`, its formatting kept.

    Raises:
        Failure: it has no fix that can be applied, or the text has changed so that it does not fit any more.
    """
    if finding.edit is None:
        raise Failure(f"This cannot be mended by itself: {finding.cause}", finding.fix)
    for part in finding.edit:
        text = part.apply(text)
    return text


def _findings(text: str, folder: Path, model: Path | None) -> list[Finding]:
    if (command := command_line(text)) is not None:
        return [command]
    if (slip := syntax(text)) is not None:
        return [slip]
    document = Document.of(text, json.loads(text), folder, model)
    found = [_possible(finding, text) for rule in _RULES for finding in rule(document)]
    return sorted([*doubles(text), *found], key=lambda finding: (finding.line, finding.column))


def _possible(finding: Finding, text: str) -> Finding:
    """`finding`, without its edit where another mistake around it is in the way."""
    try:
        changed = finding.edit is None or apply(text, finding) != text
    except Failure:
        changed = False
    return finding if changed else dataclasses.replace(finding, edit=None)


def _corrected(text: str, findings: list[Finding], folder: Path, model: Path | None) -> str | None:
    start, seen = text, {text}
    for _ in range(_ROUNDS):
        todo = next((f for f in findings if f.edit is not None and f.severity != "info"), None)
        if todo is None:
            break
        text = apply(text, todo)
        if text in seen:
            break
        seen.add(text)
        findings = _findings(text, folder, model)
    return text if text != start else None
