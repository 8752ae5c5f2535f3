"""What can stand at an argument: asked for by a shell while somebody presses Tab.

The commands declare their arguments without knowing of this; what an argument takes is told by its metavar
and its name, as it is in the help.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that has started this process, and end it."""
    import argcomplete

    _equip(parser, "")
    # Options once a dash was typed: before it, what a command is about.
    argcomplete.autocomplete(parser, always_complete_options=False)


def _equip(parser: argparse.ArgumentParser, name: str) -> None:
    """Tell argcomplete what each argument of a command takes."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child, subparser in action.choices.items():
                _equip(subparser, f"{name} {child}".strip())
            continue
        words = _words(name, action)
        if words is not None:
            action.completer = _Completer(words, files=_takes_files(action))  # type: ignore[attr-defined]


def _words(command: str, action: argparse.Action) -> Callable[[], Iterable[str]] | None:
    """What lists the words that an argument takes; None: nothing that is known here."""
    if action.choices is not None or action.nargs == 0:
        return None
    of_command = {
        ("samples get", "name"): _samples,
        ("schema", "name"): _schemas,
        ("settings", "key"): _settings,
        ("settings", "value"): _nothing,
        ("report", "name"): _models,
        ("undeploy", "name"): _deployed,
        ("verify", "name"): _deployed,
        ("serve", "name"): _deployed,
        ("convert", "precision"): _precisions,
        ("convert", "preset"): _presets,
        ("template", "family"): _families,
    }
    of_metavar = {"SOURCE": _samples, "TARGET": _models}
    chosen = of_command.get((command, action.dest)) or of_metavar.get(str(action.metavar))
    if chosen is not None:
        return chosen
    return _nothing if _takes_files(action) else None


def _takes_files(action: argparse.Action) -> bool:
    files = ("SOURCE", "TARGET", "MODEL", "MODEL_DIR", "DIR", "FILE", "FOLDER", "PATH")
    return str(action.metavar) in files


class _Completer:
    """The words that begin as what was typed; and files and folders, where the argument takes them."""

    def __init__(self, words: Callable[[], Iterable[str]], *, files: bool) -> None:
        self._words = words
        self._files = files

    def __call__(self, prefix: str, **_: Any) -> list[str]:
        from argcomplete.completers import FilesCompleter

        found = {word for word in self._words() if word.startswith(prefix)}
        if self._files:
            found |= set(FilesCompleter()(prefix))
        return sorted(found)


def _nothing() -> Iterable[str]:
    return ()


def _samples() -> Iterable[str]:
    from slmtui.source.samples import samples

    return (sample.name for sample in samples())


def _settings() -> Iterable[str]:
    from slmtui.config import settings

    return (each.key for each in settings.described())


def _models() -> Iterable[str]:
    from slmtui.deployment import saved

    yield from (deployment.name for deployment in saved()[0])
    yield from _deployed()


def _deployed() -> Iterable[str]:
    # The ledger as it is: the list that `slmtui list` shows puts right what was left half-done, and Tab
    # changes nothing.
    from slmtui.foundry import ledger

    return (entry.name for entry in ledger.read().entries if entry.state == "deployed")


def _precisions() -> Iterable[str]:
    return {preset.precision for preset in _all_presets()}


def _presets() -> Iterable[str]:
    return {preset.name for preset in _all_presets()}


def _all_presets() -> Iterable[Any]:
    from slmtui.conversion.recipe import presets

    return presets()


def _families() -> Iterable[str]:
    from slmtui.prompt.families import families

    return (family.id for family in families())


def _schemas() -> Iterable[str]:
    from slmtui.cli.commands.schema import events, objects

    return [*events()["$defs"], *objects()["$defs"]]
