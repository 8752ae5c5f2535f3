"""The man page, made from the command line's own parser while the wheel is built; hatchling calls it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent


class ManPage(BuildHookInterface[Any]):
    """Puts `slmtui.1` where `man` looks in the environment that slmtui is installed into."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the page, and name it as a file of the wheel."""
        self._folder = tempfile.TemporaryDirectory(prefix="slmtui-man-")
        page = Path(self._folder.name) / "slmtui.1"
        page.write_text(man_page(), encoding="utf-8")
        build_data["shared_data"][str(page)] = "share/man/man1/slmtui.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Take the page away: it is in the wheel."""
        self._folder.cleanup()


def man_page() -> str:
    """The page, in roff."""
    # The parser alone needs no package but ours: it can be built where nothing is installed.
    sys.path.insert(0, str(ROOT))
    try:
        from slmtui import __version__
        from slmtui.cli.exit_codes import MEANINGS
        from slmtui.cli.parser import build
    finally:
        sys.path.remove(str(ROOT))
    from argparse_manpage.manpage import Manpage

    parser = build()
    examples = (parser.epilog or "").partition("\n\n")[0].splitlines()[1:]
    parser.epilog = None  # as one paragraph it could not be read
    about = {
        "project_name": "slmtui",
        "version": __version__,
        "description": "from a fine-tuned small language model to a verified local deployment",
        "manual_title": "slmtui",
    }
    page = Manpage(parser, _data=about, format="single-commands-section")
    page.add_section("examples", ">", "\n".join([".nf", *map(_verbatim, examples), ".fi"]))
    codes = (f".TP\n{code.value}\n{_verbatim(meaning)}" for code, meaning in MEANINGS.items())
    page.add_section("exit status", ">", "\n".join(codes))
    home = "Moves all of slmtui's own files under one folder."
    page.add_section("environment", ">", f".TP\nSLMTUI_HOME\n{home}")
    return str(page)


def _verbatim(line: str) -> str:
    """A line as roff prints it unchanged."""
    text = line.strip().replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
