"""Fields that explain themselves: what the help begins with while one of them has the focus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Label

from slmtui.events import Failure
from slmtui.tui.widgets.verdicts import FailurePanel, VerdictList


class Helpable(Protocol):
    """A field with its name on the screen, and what it does to size, speed and quality.

    A widget that only has a tooltip explains itself by that.
    """

    label: str
    about: str


@dataclass(frozen=True, slots=True)
class FieldHelp:
    """What a field is called ("" where nobody can say), and what it is for."""

    title: str
    text: str


def field_help(screen: Screen[Any]) -> FieldHelp | None:
    """The help on the field in focus; None if it has none of its own."""
    widget = screen.focused
    while isinstance(widget, Widget) and widget is not screen:
        if text := _about(widget):
            return FieldHelp(_title(widget), text)
        widget = widget.parent if isinstance(widget.parent, Widget) else None
    return None


def failures(screen: Screen[Any]) -> list[Failure]:
    """What a screen says has failed, from the top."""
    found: list[Failure] = []
    for panel in screen.query(FailurePanel):
        if panel.failure is not None and panel.region:
            found.append(panel.failure)
    for verdicts in screen.query(VerdictList):
        if verdicts.region:
            found += [
                Failure(f"{one.title}: {one.evidence}", one.fix)
                for one in verdicts.verdicts
                if one.status == "fail"
            ]
    return found


def _about(widget: Widget) -> str:
    about = getattr(widget, "about", "")
    if not about and isinstance(widget.tooltip, str):
        about = widget.tooltip
    return about if isinstance(about, str) else ""


def _title(widget: Widget) -> str:
    """Its own name, else that of the label before it."""
    own = getattr(widget, "label", "")
    if own:
        return str(own)
    title = ""
    for each in widget.parent.children if isinstance(widget.parent, Widget) else ():
        if each is widget:
            return title
        if isinstance(each, Label):
            title = str(each.content)
    return ""
