"""Where a model of one's own is named: a path, completed while it is typed, or an id on the hub."""

from __future__ import annotations

from pathlib import Path

from textual.suggester import Suggester
from textual.widgets import Input

from slmtui.config.files import typed_path
from slmtui.events import Failure

PLACEHOLDER = "a folder, .gguf file, or hub org/name"
# One line each: the field says it while it has the focus.
EXPLAINED = (
    ("folder", "a Hugging Face checkpoint, or a LoRA adapter; → completes the path"),
    ("file", "a .gguf"),
    ("hub", "org/name, or org/name@revision for a branch, a tag or a commit; Enter fetches it"),
)


class PathSuggester(Suggester):
    """Completes the path of a file or folder while it is typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        if not value:
            return None
        start = value.replace("\\", "/").rpartition("/")[2]
        try:
            folder = typed_path(value[: len(value) - len(start)] or ".")
            names = sorted(p.name + ("/" if p.is_dir() else "") for p in folder.iterdir())
        except (OSError, ValueError, Failure):
            return None
        found = next((n for n in names if n.startswith(start) and (start or not n.startswith("."))), None)
        return value[: len(value) - len(start)] + found if found else None


class PathInput(Input):
    """The field; the same one asks for an adapter's base."""

    def __init__(self, value: str = "", *, id: str, placeholder: str = PLACEHOLDER) -> None:  # noqa: A002
        super().__init__(value, placeholder=placeholder, suggester=PathSuggester(), id=id, compact=True)
        # Where a slash is the key that goes to the field, it may have been the first of a path.
        self.opened_by_slash = False

    @property
    def text(self) -> str:
        """What is typed, without blanks around it."""
        return self.value.strip()

    @property
    def meant(self) -> str:
        """The same; a path whose own first slash has opened the field gets it back."""
        text = self.text
        if not text or not self.opened_by_slash or text[0] in "/~.":
            return text
        try:
            lost = not Path(text).exists() and Path("/" + text).exists()
        except (OSError, ValueError):
            return text
        return "/" + text if lost else text

    def empty(self) -> None:
        """Clear it without a word to anybody."""
        with self.prevent(Input.Changed):
            self.clear()
