"""The Olive configuration: its text, what its lint found, and the fix of each finding."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from slmtui.conversion.lint import Finding, LintReport
from slmtui.tui.format import MUTED, icon, safe
from slmtui.tui.key_words import keyed
from slmtui.tui.widgets.hanging import Hanging
from slmtui.tui.widgets.json_editor import JsonEditor
from slmtui.tui.widgets.notes import Note
from slmtui.tui.widgets.rows import Rows

_SIGNS = {"error": "fail", "warning": "warn", "info": "unchecked"}
_TYPING_SECONDS = 0.25


class ConfigPane(Vertical):
    """One text. `Edited` says that the user has changed it."""

    DEFAULT_CSS = """
    ConfigPane {
        height: 1fr;
        #config-note { height: auto; max-height: 7; }
        #config-text {
            height: 1fr;
            min-height: 4;
            background: $surface;
            padding: 0;
            border: none;
            scrollbar-size-vertical: 1;
            scrollbar-size-horizontal: 1;
        }
        #findings {
            height: auto;
            max-height: 5;
            background: $background;
            background-tint: $background 0%;
            border: none;
            padding: 0;
            scrollbar-size-vertical: 1;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        #finding-fix { height: auto; max-height: 5; background: $surface; padding: 0 1; }
    }
    """

    class Edited(Message):
        """The text is another one by the user's doing."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(id="config")
        self._given = ""
        self._report = LintReport((), None)
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        yield Static("Olive configuration", id="config-title", classes="section")
        yield Hanging(id="config-note")
        yield JsonEditor(id="config-text")
        yield Rows(id="findings", compact=True, markup=False)
        yield Static(id="finding-fix")

    @property
    def editor(self) -> JsonEditor:
        """The text's editor."""
        return self.query_one(JsonEditor)

    @property
    def text(self) -> str:
        """The text as it stands."""
        return self.editor.text

    @property
    def finding(self) -> Finding | None:
        """The highlighted finding."""
        at = self.query_one("#findings", OptionList).highlighted
        return self._report.findings[at] if at is not None and at < len(self._report.findings) else None

    def put(self, text: str) -> None:
        """Show another text; one undo step, so that nothing of the user's is lost."""
        self._given = text
        if self.text == text:
            return
        editor = self.editor
        place, scrolled = editor.cursor_location, editor.scroll_offset
        editor.replace(text, (0, 0), editor.document.end)
        editor.move_cursor(min(place, editor.document.end))
        editor.scroll_to(*scrolled, animate=False)

    def show(self, report: LintReport, note: Note) -> None:
        """Show what was found in the text, and how it stands with the form."""
        self.query_one("#config-note", Hanging).show(note)
        self.query_one("#config-note").display = bool(note)
        if report.findings == self._report.findings:
            return
        self._report = report
        rows = self.query_one("#findings", OptionList)
        rows.clear_options()
        rows.add_options([Option(_line(finding)) for finding in report.findings])
        if report.findings:
            mendable = [i for i, finding in enumerate(report.findings) if finding.edit is not None]
            rows.highlighted = mendable[0] if mendable else 0
        rows.display = bool(report.findings)
        self._show_fix()

    def _show_fix(self) -> None:
        finding = self.finding
        panel = self.query_one("#finding-fix", Static)
        panel.display = finding is not None
        if finding is None:
            return
        # A row is one line; what does not fit there stands here in full.
        key = keyed(self, "  Ctrl+G does it") if finding.edit is not None else ""
        fix = Content.assemble(("→ ", "$text-accent"), safe(finding.fix), (key, MUTED))
        panel.update(Content("\n").join([Content(safe(finding.cause)), fix]))

    def on_mount(self) -> None:
        for name in ("#config-note", "#findings", "#finding-fix"):
            self.query_one(name).display = False

    @on(OptionList.OptionHighlighted, "#findings")
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show_fix()

    @on(OptionList.OptionSelected, "#findings")
    def _selected(self, event: OptionList.OptionSelected) -> None:
        """Enter goes to where it stands."""
        event.stop()
        finding = self.finding
        if finding is not None:
            self.editor.move_cursor((max(finding.line - 1, 0), max(finding.column - 1, 0)), center=True)
            self.editor.focus()

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._typing is not None:
            self._typing.stop()
        if self.text != self._given:
            self._typing = self.set_timer(_TYPING_SECONDS, self._tell)

    def _tell(self) -> None:
        if self.text != self._given:
            self._given = self.text
            self.post_message(self.Edited(self._given))


def _line(finding: Finding) -> Content:
    return Content.assemble(
        icon(_SIGNS[finding.severity]),
        (f" {finding.line:>3} ", MUTED),
        " ".join(safe(finding.cause).split()),
        (" (fix)" if finding.edit is not None else "", "$text-accent"),
    )
