"""ModelSource: what the user brings, as far as it can be known without loading a tensor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.source.questions import Asks, Question

Severity: TypeAlias = Literal["error", "warning", "note"]
Format: TypeAlias = Literal["huggingface", "gguf", "adapter"]

_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something missing or dangerous: an error forbids the conversion, the others do not.

    `asks` says which answer of the user's would settle it.
    """

    severity: Severity
    cause: str
    fix: str
    asks: Asks | None = None


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A checkpoint, described from its headers and configuration alone.

    `path` is the absolute folder (Hugging Face, adapter) or file (GGUF). `architecture` is the Hugging Face
    class name where one is known. `parameters` counts the tensors' elements, tied weights once; 0 where the
    weights cannot be read. `dtype` is what most of the weights are stored in, or "mixed". `bytes` are those
    on disk of the files a conversion reads. `chat_template` is its text. None means not stated or missing.

    An adapter is described as the whole model that merging it into its `base` makes. `pickled` says that
    the weights are pickles that may be read; `code` names the Python files in the folder that may be run.
    Both are there only because the user said so (`SourceOptions`).
    """

    path: Path
    format: Format
    architecture: str
    model_type: str
    parameters: int
    dtype: str
    context_length: int | None
    layers: int | None
    hidden_size: int | None
    vocab_size: int | None
    tokenizer: str | None
    chat_template: str | None
    licence: str | None
    bytes: int
    name: str
    problems: tuple[Problem, ...]
    base: ModelSource | None = None
    pickled: bool = False
    code: tuple[str, ...] = ()

    @property
    def unpacks(self) -> bool:
        """Whether a plain checkpoint has to be made of it before Olive can read it."""
        return self.format != "huggingface" or self.pickled

    @property
    def usable(self) -> bool:
        """Whether nothing forbids a conversion."""
        return all(problem.severity != "error" for problem in self.problems)

    @property
    def askable(self) -> bool:
        """Whether answers of the user's settle all that forbids a conversion."""
        return all(problem.asks is not None for problem in self.problems if problem.severity == "error")

    def questions(self) -> Iterator[Question]:
        """What the user can still answer, the needed ones first.

        None where something else forbids the conversion anyway: nobody is asked in vain.
        """
        for problem in self.problems if self.askable else ():
            if problem.asks is not None:
                yield Question(problem.asks, problem.cause, problem.fix, problem.severity == "error")


def worst_first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems without repetition: errors, then warnings, then notes."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: _ORDER[problem.severity]))


def main_dtype(amounts: Mapping[str, int], share: float) -> str:
    """The dtype that holds at least `share` (0 to 1) of all `amounts`, else "mixed"; "unknown" for none."""
    if not amounts:
        return "unknown"
    name, most = max(amounts.items(), key=lambda item: item[1])
    return name if most >= share * sum(amounts.values()) else "mixed"
