"""How a model is to be measured, where that is not as usual: as people type it, kept for the next time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.files import remove, typed_path, write_atomic
from slmtui.config.locations import data_dir
from slmtui.events import Failure
from slmtui.measure.bench_figures import OUTPUT_TOKENS, PROMPT_TOKENS, REPETITIONS, BenchPlan
from slmtui.measure.bench_runs import parse_count, parse_lengths
from slmtui.measure.checklist import AT_LEAST, TURNS
from slmtui.measure.quality_text import read_text
from slmtui.pipeline.checklist import suite_path
from slmtui.source import hub_cache, samples
from slmtui.source.inspect import inspect


@dataclass(frozen=True, slots=True)
class Wishes:
    """What can be wished for; the fields are those of a `ValidationPlan`, and of its `BenchPlan`."""

    prompt_tokens: tuple[int, ...] = PROMPT_TOKENS
    output_tokens: tuple[int, ...] = OUTPUT_TOKENS
    repetitions: int = REPETITIONS
    text: Path | None = None
    base: str = ""
    at_least: float = AT_LEAST
    turns: int = TURNS

    @property
    def bench(self) -> BenchPlan:
        """The benchmark's lengths and repetitions."""
        return BenchPlan(self.prompt_tokens, self.output_tokens, self.repetitions)

    def of_plan(self) -> dict[str, Any]:
        """The fields of a `ValidationPlan`."""
        same = {name: getattr(self, name) for name in ("text", "base", "at_least", "turns")}
        return {"bench": self.bench, **same}

    def typed(self) -> dict[str, str]:
        """What is not as usual, as it is typed."""
        usual = Wishes()
        return {
            name: shown(name, getattr(self, name))
            for name in READERS
            if getattr(self, name) != getattr(usual, name)
        }


def shown(name: str, value: Any) -> str:
    """A wish as it is typed."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if name == "at_least":
        return f"{100 * value:.10g} %"
    return "" if value is None else str(value)


def read_wishes(typed: Mapping[str, str]) -> Wishes:
    """Wishes as they are typed; what is blank, or is not there, is as usual.

    Raises:
        Failure: one of them makes no sense; files and models are not looked at (`check_wishes`).
    """
    found = {}
    for name, read in READERS.items():
        text = typed.get(name, "")
        if not isinstance(text, str) or "\0" in text:
            raise Failure(f"{name} is no text: {text!r}.", "Write it as it is typed.")
        if text.strip():
            found[name] = read(text.strip())
    return Wishes(**found)


def check_wishes(wishes: Wishes) -> None:
    """Look at the text and the base; what is on the hub is seen when it is fetched. Blocks for a moment.

    Raises:
        Failure: the text is none, or there is no such model.
    """
    if wishes.text is not None:
        read_text(wishes.text)
    sample = samples.find(wishes.base)
    fetched = hub_cache.asked_for(wishes.base) if sample is None else sample.path is None
    if wishes.base and not fetched:
        errors = [each for each in inspect(wishes.base).problems if each.severity == "error"]
        if errors:
            raise Failure(errors[0].cause, errors[0].fix)


def wishes_of(model_dir: Path) -> Wishes:
    """The wishes that were kept for a model; the usual ones without any.

    Raises:
        Failure: their file cannot be read.
    """
    path = _path(model_dir)
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return read_wishes(saved) if isinstance(saved, dict) else Wishes()
    except FileNotFoundError:
        return Wishes()
    except (OSError, ValueError, Failure) as error:
        said = error.cause if isinstance(error, Failure) else error
        raise Failure(
            f"How this model is to be measured cannot be read: {path}: {said}", "Mend or delete that file."
        ) from error


def keep_wishes(model_dir: Path, wishes: Wishes) -> None:
    """Keep them for the next time.

    Raises:
        Failure: they cannot be written.
    """
    path, typed = _path(model_dir), wishes.typed()
    if typed:
        write_atomic(path, json.dumps(typed, indent=1, ensure_ascii=False) + "\n")
    else:
        remove(path)


def _path(model_dir: Path) -> Path:
    return data_dir() / "measuring" / f"{suite_path(model_dir).stem}.json"


def _base(text: str) -> str:
    """A path as it is from anywhere; the name of a sample, or of what is on the hub, as it stands."""
    known = samples.find(text) is not None or hub_cache.asked_for(text) is not None
    return text if known else str(typed_path(text))


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%"))
    except ValueError:
        share = -1.0
    # 0.9 means what it means on the command line.
    share = share if share <= 1 and "%" not in text else share / 100
    if not 0 <= share <= 1:
        raise Failure(f"{text[:40]!r} is no share of the questions.", "Type per cent, from 0 to 100: 90 %.")
    return share


READERS: Mapping[str, Callable[[str], Any]] = {
    "prompt_tokens": parse_lengths,
    "output_tokens": parse_lengths,
    "repetitions": parse_count,
    "text": typed_path,
    "base": _base,
    "at_least": _share,
    "turns": parse_count,
}
