"""The JSON editor, in the colours of the app's theme, dark or light."""

from __future__ import annotations

from rich.style import Style
from textual.widgets import TextArea
from textual.widgets.text_area import TextAreaTheme

_THEME = "slmtui"


class JsonEditor(TextArea):
    """A TextArea for JSON whose syntax colours follow the app's theme."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(
            "", language="json", id=id, soft_wrap=False, tab_behavior="indent", show_line_numbers=True
        )

    def on_mount(self) -> None:
        self._follow_theme()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._follow_theme())

    def _follow_theme(self) -> None:
        colours = self.app.current_theme.to_color_system().generate()

        def colour(name: str, *, bold: bool = False) -> Style:
            return Style(color=colours[name][:7], bold=bold)

        self.register_theme(
            TextAreaTheme(
                name=_THEME,
                syntax_styles={
                    "json.label": colour("primary", bold=True),
                    "string": colour("foreground"),
                    "number": colour("warning"),
                    "json.null": colour("warning"),
                    "boolean": colour("warning"),
                    "json.error": colour("error"),
                },
            )
        )
        self.theme = _THEME
        # Setting the same name again is no change to Textual, though the colours behind it are new.
        self._set_theme(_THEME)
        self.refresh()
