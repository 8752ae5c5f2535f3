"""What was measured of a model, kept by its weights: a copy of it has the same figures."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.files import write_atomic
from slmtui.config.locations import data_dir
from slmtui.events import Failure
from slmtui.measure.bench_figures import BenchResult
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.quality_figures import Quality
from slmtui.measure.suite import Suite
from slmtui.measure.suite_file import read_suite, write_suite
from slmtui.pipeline.template_proof import chat_template_digest

Found = BenchResult | Quality | Checklist
_FILES: dict[type[Found], str] = {BenchResult: "bench", Quality: "quality", Checklist: "checklist"}
_ASKED = "asked.jsonl"
# Of each file of weights, so many samples of so many bytes tell it from others.
_SAMPLES, _SAMPLE_BYTES = 16, 65536


@dataclass(frozen=True, slots=True)
class Measurements:
    """The latest of each kind; None where there is none. `problems` names files that could not be read.

    A checklist that was gone through with another chat template than the model has now is none.

    `asked` is the suite as it was when the checklist was gone through: its answers are told by their number.
    """

    bench: BenchResult | None = None
    quality: Quality | None = None
    checklist: Checklist | None = None
    problems: tuple[Failure, ...] = ()
    asked: Suite | None = None


def keep(model_dir: Path, found: Found, asked: Suite | None = None) -> None:
    """Keep what was found of the model, in the place of an earlier one of its kind.

    `asked` is the suite whose answers a checklist has.

    Raises:
        Failure: it cannot be written, or the model's folder cannot be read.
    """
    if isinstance(found, Checklist):
        path = _place(model_dir) / _ASKED
        if asked is None:
            path.unlink(missing_ok=True)
        else:
            write_suite(asked, path)
    document = {"model": model_dir.name, "template": chat_template_digest(model_dir)} | found.to_json()
    write_atomic(_file(model_dir, type(found)), json.dumps(document, indent=1, allow_nan=False) + "\n")


def keep_whole(model_dir: Path, found: BenchResult | Checklist, asked: Suite | None = None) -> bool:
    """`keep`, unless it was stopped and one that was not is kept already; returns whether it is kept now.

    Raises:
        Failure: as `keep`.
    """
    earlier: BenchResult | Checklist | None = getattr(measurements(model_dir), _FILES[type(found)])
    kept = found.complete or earlier is None or not earlier.complete
    if kept:
        keep(model_dir, found, asked)
    return kept


def measurements(model_dir: Path) -> Measurements:
    """What was measured of the model so far; nothing, if its folder cannot be read."""
    read: dict[str, Any] = {}
    problems: list[Failure] = []
    for kind, name in _FILES.items():
        try:
            read[name] = _read(_file(model_dir, kind), kind, model_dir)
        except Failure as failure:
            problems.append(failure)
    try:
        asked = _place(model_dir) / _ASKED
        read["asked"] = read_suite(asked) if asked.is_file() else None
    except Failure as failure:
        problems.append(failure)
    return Measurements(**read, problems=tuple(problems))


def _read(path: Path, kind: type[Found], model_dir: Path) -> Found | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document.pop("model")
        template = document.pop("template", None)
        if kind is Checklist and template not in (None, chat_template_digest(model_dir)):
            return None  # with another chat template it is asked something else
        return kind.from_json(document)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(
            f"What was measured cannot be read: {path}: {error}", "Delete that file, and measure again."
        ) from error


def _file(model_dir: Path, kind: type[Found]) -> Path:
    return _place(model_dir) / f"{_FILES[kind]}.json"


def _place(model_dir: Path) -> Path:
    return data_dir() / "measurements" / _key(model_dir)


def _decides(path: Path) -> bool:
    """Whether another content of this file makes another model of it."""
    return path.suffix in (".onnx", ".data") or path.name.startswith("tokenizer.")


def _key(model_dir: Path) -> str:
    """A name for the model's weights and tokenizer: names, sizes and samples of the content of their files.

    A deployed copy has the same ones; its prompt template and search options may be others.
    """
    digest = hashlib.sha256()
    try:
        if not (model_dir / "genai_config.json").is_file():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        for path in sorted(path for path in model_dir.iterdir() if _decides(path)):
            bytes_ = path.stat().st_size
            digest.update(f"{path.name} {bytes_}".encode())
            with path.open("rb") as file:
                # Two fine-tunings of one model differ all over, and a whole digest takes seconds.
                for number in range(_SAMPLES):
                    file.seek(bytes_ * number // _SAMPLES)
                    digest.update(file.read(_SAMPLE_BYTES))
    except OSError as error:
        raise Failure(
            f"The model {model_dir} cannot be read: {error.strerror or error}.", "Is the folder still there?"
        ) from error
    return digest.hexdigest()[:20]
