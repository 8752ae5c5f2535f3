"""Verdicts with their evidence, and failures with their cause and fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from textual.content import Content
from textual.widgets import Static

from slmtui.events import Failure, Verdict
from slmtui.tui.format import MUTED, icon, safe


def verdict_from(record: Mapping[str, Any]) -> Verdict:
    """A verdict as a deployment has recorded it."""
    return Verdict(
        str(record.get("id", "")),
        str(record.get("title", "")),
        record.get("status", "unchecked"),
        str(record.get("evidence", "")),
        str(record.get("fix", "")),
    )


def recorded_failure(record: Mapping[str, Any]) -> Failure:
    """A failure as a deployment has recorded it."""
    log = record.get("log")
    return Failure(str(record.get("cause", "")), str(record.get("fix", "")), Path(log) if log else None)


class VerdictList(Static):
    """One line a verdict: sign, title, evidence; the fix below it where there is one."""

    def show(self, verdicts: Iterable[Verdict]) -> None:
        """Show these, in order; none hides the list."""
        lines: list[Content] = []
        for verdict in verdicts:
            lines.append(
                Content.assemble(
                    icon(verdict.status),
                    " ",
                    (safe(verdict.title), "bold"),
                    ("  " + safe(verdict.evidence), MUTED),
                )
            )
            if verdict.fix and verdict.status != "ok":
                lines.append(Content.assemble("  ", ("→ ", "$text-accent"), safe(verdict.fix)))
        self.update(Content("\n").join(lines))
        self.display = bool(lines)


class FailurePanel(Static):
    """Why something did not work, what to do, and where the whole story is."""

    DEFAULT_CLASSES = "panel"

    def show(self, failure: Failure | None) -> None:
        """Show a failure; None hides the panel."""
        self.display = failure is not None
        if failure is None:
            return
        parts = [Content.assemble(("✗ ", "$text-error bold"), (safe(failure.cause), "bold"))]
        if failure.fix:
            parts.append(Content.assemble(("→ ", "$text-accent"), safe(failure.fix)))
        if failure.log:
            parts.append(Content.assemble(("log ", MUTED), (str(failure.log), MUTED)))
        self.update(Content("\n").join(parts))
