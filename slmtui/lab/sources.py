"""The models that a person names for a lab: each by itself, or a folder that holds some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from slmtui.config.json_file import unreadable
from slmtui.events import Failure
from slmtui.source import hub_cache
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource
from slmtui.source.options import NOTHING_SAID, SourceOptions
from slmtui.source.samples import find, resolve

_MARKS = ("config.json", "adapter_config.json")


def find_sources(
    texts: Iterable[str], options: SourceOptions = NOTHING_SAID
) -> tuple[tuple[ModelSource, ...], tuple[Failure, ...]]:
    """All models that are meant, and why what else lies in their folders is passed over.

    `options` are the answers to what any of them asks.

    Raises:
        Failure: one that is named is no model or cannot be converted, or a folder holds none.
    """
    found: list[ModelSource] = []
    passed_over: list[Failure] = []
    for text in texts:
        path = resolve(text)
        if not path.is_dir() or _is_model(path):
            found.append(_usable(path, options))
            continue
        inside = list(_inside(path, options))
        good = [each for each in inside if isinstance(each, ModelSource)]
        bad = [each for each in inside if isinstance(each, Failure)]
        if not good and bad:
            raise bad[0]
        if not good:
            raise Failure(
                f"{path} is no model, and none lies right in it.",
                "Give a folder with config.json, a .gguf file, or a folder that holds some of them.",
            )
        found += good
        passed_over += bad
    return tuple({source.path: source for source in found}.values()), tuple(passed_over)


def to_fetch(texts: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that are samples or models of the hub, and are not on this machine yet."""
    return tuple(text for text in (each.strip() for each in texts) if text and _is_away(text))


def _is_away(text: str) -> bool:
    sample = find(text)
    if sample is not None:
        return sample.path is None and not sample.bundled
    identifier = hub_cache.asked_for(text)
    return identifier is not None and hub_cache.find(identifier) is None


def _inside(folder: Path, options: SourceOptions) -> Iterator[ModelSource | Failure]:
    """The models right in a folder, and why one of them cannot be converted."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error
    for entry in entries:
        if _is_model(entry):
            try:
                yield _usable(entry, options)
            except Failure as failure:
                yield Failure(f"{entry.name}: {failure.cause}", failure.fix)


def _is_model(path: Path) -> bool:
    if path.is_dir():
        return any((path / mark).is_file() for mark in _MARKS)
    return path.suffix.lower() == ".gguf"


def _usable(path: Path, options: SourceOptions) -> ModelSource:
    source = inspect(path, options)
    for problem in source.problems:
        if problem.severity == "error":
            raise Failure(problem.cause, problem.fix)
    return source
