"""A report leaves the machine: its paths are cut to what they say elsewhere, and nobody is named in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from slmtui.environment.private import Cleaner
from slmtui.environment.private_words import homes, path_spellings

# Absolute paths in the middle of a sentence, of at least two parts; one with a space is cut there.
_PART = r"[^\s/\\:*?'\"<>|,;()\[\]{}]+"
_PATH = re.compile(rf"(?<![\w.~/\\:*>-])(?:[A-Za-z]:)?(?:[/\\]{_PART}){{2,}}")
# What people and models have written is theirs, and names of models stand in commands that have to work.
_AS_WRITTEN = {"name", "samples", "answers", "versions", "key", "sha256", "model_id"}
# What has to run elsewhere: a slash may be part of a tensor's name, and an option be called like a token.
_TO_RUN = {"commands"}


class Private:
    """Cleans the texts of a report; `paths` are those it speaks of."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._cleaner = Cleaner()
        known = {
            spelling: shown(path)
            for path in paths
            if path.is_absolute() and path.name
            for spelling in path_spellings(str(path))
        }
        known |= {spelling: "~" for home in homes() for spelling in path_spellings(home)}
        self._known = sorted(known.items(), key=lambda pair: -len(pair[0]))

    def text(self, text: str) -> str:
        """`text`: what is below the home folder begins with ~, other paths are their last part alone."""
        text = _PATH.sub(lambda found: re.split(r"[/\\]", found.group())[-1], self.known(text))
        return self._cleaner.text(text)

    def known(self, text: str) -> str:
        """The same for known paths alone."""
        for spelling, name in self._known:
            text = re.sub(rf"{re.escape(spelling)}(?![\w-])", name.replace("\\", r"\\"), text)
        return text

    def document(self, value: Any) -> Any:
        """A JSON document with its texts cleaned, but for what is as people or models wrote it."""
        return self._cleaned(value, self.text)

    def manifest(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """A manifest whose passes and options are clean, so that commands can be made of it."""
        made = {key: self.document(manifest[key]) for key in ("passes", "recipe") if key in manifest}
        return {**manifest, **made}

    def _cleaned(self, value: Any, clean: Callable[[str], str]) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, dict):
            return {
                key: each
                if key in _AS_WRITTEN
                else self._cleaned(each, self.known if key in _TO_RUN else clean)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self._cleaned(each, clean) for each in value]
        return value


def shown(path: Path) -> str:
    """A path for others: below the home folder with ~, else its last part."""
    try:
        return (Path("~") / path.relative_to(Path.home())).as_posix()
    except (ValueError, RuntimeError):
        return path.name or str(path)
