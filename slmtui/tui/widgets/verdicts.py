"""Verdicts with their evidence, and failures with their cause and fix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from textual.content import Content
from textual.widgets import Static

from slmtui.events import Failure, Verdict
from slmtui.tui.format import ICONS, MUTED, icon, safe
from slmtui.tui.key_words import key_name, keyed


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


def summary(verdicts: Iterable[Verdict]) -> str:
    """What did not pass comes first, lest it be cut off; what is unchecked is never among the passed."""
    states: list[str] = [verdict.status for verdict in verdicts]
    words = {"fail": "failed", "warn": "warned", "unchecked": "unchecked", "ok": "passed"}
    counts = {status: states.count(status) for status in words if status in states}
    return ", ".join(f"{ICONS[status][0]} {count} {words[status]}" for status, count in counts.items())


class VerdictList(Static):
    """Sign, title and evidence of each verdict; the fix below it where there is one."""

    DEFAULT_CSS = "VerdictList { height: auto; display: none; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._verdicts: tuple[Verdict, ...] = ()

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is shown."""
        return self._verdicts

    def show(self, verdicts: Iterable[Verdict]) -> None:
        """Show these, in order; none hides the list."""
        shown = tuple(verdicts)
        if shown != self._verdicts:
            self._verdicts = shown
            self.display = bool(shown)
            self._lay_out()

    def on_resize(self) -> None:
        # What stands around it has taken its old height into account, and asks again only after a refresh.
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        """Long evidence goes on below the title, and a long fix below itself, not below their signs."""
        room = max((self.content_size.width or 60) - 2, 20)
        lines: list[Content] = []
        for verdict in self._verdicts:
            text = Content.assemble((safe(verdict.title), "bold"), ("  " + safe(verdict.evidence), MUTED))
            for index, line in enumerate(text.wrap(room)):
                lines.append(Content.assemble(icon(verdict.status) if index == 0 else " ", " ", line))
            if verdict.fix and verdict.status != "ok":
                for index, line in enumerate(Content(safe(verdict.fix)).wrap(room - 2)):
                    sign = ("→ ", "$text-accent") if index == 0 else "  "
                    lines.append(Content.assemble("  ", sign, line))
        self.update(Content("\n").join(lines))


class FailurePanel(Static):
    """Why something did not work, what to do, and where the whole story is."""

    DEFAULT_CLASSES = "panel"
    DEFAULT_CSS = "FailurePanel { border-left: thick $error; display: none; margin-top: 1; }"
    failure: Failure | None = None

    def show(self, failure: Failure | None) -> None:
        """Show a failure; None hides the panel."""
        self.display = failure is not None
        self.failure = failure
        if failure is None:
            return
        key = self._help_key()
        text = keyed(self, failure_text(failure))
        if key:
            text = Content.assemble(text, "  ", (f"{key} tells more", f"{MUTED} @click=app.help"))
        self.update(text)

    def _help_key(self) -> str:
        """The key that opens the help, which begins with what has failed; "" where none does."""
        active = self.screen.active_bindings.values()
        keys = [one.binding.key for one in active if one.binding.action in ("help", "app.help")]
        return "F1" if "f1" in keys else key_name(keys[0]) if keys else ""


def failure_text(failure: Failure) -> Content:
    """Cause, fix, and where the log is; a line each."""
    parts = [Content.assemble(("✗ ", "$text-error bold"), (safe(failure.cause), "bold"))]
    if failure.fix:
        parts.append(Content.assemble(("→ ", "$text-accent"), safe(failure.fix)))
    if failure.log:
        parts.append(Content.assemble(("log ", MUTED), (str(failure.log), MUTED)))
    return Content("\n").join(parts)
