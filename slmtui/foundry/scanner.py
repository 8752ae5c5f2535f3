"""How Foundry Local finds models in a cache folder, emulated, with the reasons it keeps to itself.

The rules are those of the runtime's own scanner (`local_model_scanner.cc` of Foundry Local): only folders
below the root are looked at, at any depth and hidden ones too; one that holds `genai_config.json` and
`inference_model.json` and no `download.tmp` is a model, and is not looked into further; its id is the JSON's
`Name`, with `:0` added if that has no version. Whatever does not fit is skipped without a word.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from slmtui.environment.installed import command_line

GENAI_CONFIG = "genai_config.json"
INFERENCE_MODEL = "inference_model.json"
# A folder with this file is one whose download is not finished: every scanner leaves it alone.
UNFINISHED = "download.tmp"


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """A folder the scanner takes for a model, under the id it gives it (`name:version`)."""

    path: Path
    model_id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Skipped:
    """A folder that looks like a model and is not listed: why, and what to do about it.

    A `leaf` has both files: whatever is wrong with it, the scanner does not look below it.
    """

    path: Path
    reason: str
    fix: str
    leaf: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner makes of one cache folder."""

    listed: tuple[Listed, ...]
    skipped: tuple[Skipped, ...]

    def at(self, folder: Path) -> Listed | None:
        """The model in `folder`, if the scanner lists it."""
        return next((model for model in self.listed if model.path == folder), None)

    def why_not(self, folder: Path) -> Skipped | None:
        """Why `folder` is not listed; None if it is, or if nothing in it looks like a model."""
        return next((skipped for skipped in self.skipped if skipped.path == folder), None)


def scan(root: Path) -> Scan:
    """Look at the cache folder `root` as Foundry Local's scanner does; a missing one has no models."""
    listed: dict[str, Listed] = {}
    skipped: list[Skipped] = []
    if _looks_like_model(root):
        own = root / "custom" / "my-model"
        skipped.append(
            Skipped(root, "it is the cache folder itself", f"Move its files into a folder such as {own}.")
        )
    for found in _below(root, ()):
        if isinstance(found, Skipped):
            skipped.append(found)
        elif (first := listed.setdefault(found.model_id, found)) is not found:
            # The runtime keeps whichever it met last, in no order one could rely on.
            reason = f"{first.path} has the same id {found.model_id}, and only one of the two is listed"
            skipped.append(
                Skipped(found.path, reason, f"Give one of them another Name in its {INFERENCE_MODEL}.", True)
            )
    return Scan(tuple(listed.values()), tuple(skipped))


def _below(folder: Path, above: tuple[Path, ...]) -> Iterator[Listed | Skipped]:
    try:
        inner = sorted(path for path in folder.iterdir() if path.is_dir())
        real = folder.resolve()
    except FileNotFoundError:
        return
    except OSError as error:
        yield _unreadable(folder, error)
        return
    if real in above:
        return  # a link back to where we came from
    for path in inner:
        yield from _look(path, (*above, real))


def _look(folder: Path, above: tuple[Path, ...]) -> Iterator[Listed | Skipped]:
    try:
        missing = [name for name in (GENAI_CONFIG, INFERENCE_MODEL) if not (folder / name).exists()]
        unfinished = (folder / UNFINISHED).exists()
    except OSError as error:
        yield _unreadable(folder, error)
        return
    if missing or unfinished:
        if _looks_like_model(folder):
            yield _incomplete(folder, missing)
        yield from _below(folder, above)
        return
    try:
        name = _name_in((folder / INFERENCE_MODEL).read_bytes())
    except (OSError, ValueError) as error:
        reason = f"its {INFERENCE_MODEL} is no JSON the runtime can read: {error}"
        yield Skipped(folder, reason, "Write it anew on the Template screen, as UTF-8.", True)
    except LookupError as error:
        reason = f"its {INFERENCE_MODEL} {error.args[0]}"
        yield Skipped(folder, reason, 'Add "Name": "my-model", written exactly like that.', True)
    else:
        yield Listed(folder, name if ":" in name else f"{name}:0")


def _unreadable(folder: Path, error: OSError) -> Skipped:
    return Skipped(folder, f"it cannot be read ({error.strerror})", "Give yourself access to it.")


def _incomplete(folder: Path, missing: list[str]) -> Skipped:
    if not missing:
        fix = f"Let the download end; if none is running, delete {folder / UNFINISHED}."
        return Skipped(folder, f"{UNFINISHED} in it says that its download is not finished", fix)
    if missing == [INFERENCE_MODEL]:
        fix = f"Write one: {command_line('slmtui', 'template', str(folder), '--write')}"
    elif missing == [GENAI_CONFIG]:
        fix = "Put the converted model's files beside it: both belong into the same folder."
    else:
        fix = "Convert the model first; what is in here is not in the runtime's format."
    return Skipped(folder, f"it has no {' and no '.join(missing)}", fix)


def _looks_like_model(folder: Path) -> bool:
    named = any((folder / name).is_file() for name in (GENAI_CONFIG, INFERENCE_MODEL))
    try:
        return named or any(folder.glob("*.onnx"))
    except OSError:
        return named


def _name_in(content: bytes) -> str:
    """The `Name` as the runtime's JSON parser (nlohmann) reads it.

    Raises:
        ValueError: it is not JSON to that parser, which is stricter than Python's.
        LookupError: there is no usable name.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError("it is UTF-16")
    try:
        text = content.decode("utf-8-sig")
        document = json.loads(text, parse_constant=_refuse, parse_float=_number, parse_int=_number)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # half a surrogate pair is an error to it
    except RecursionError:
        raise ValueError("it is nested too deeply for slmtui to tell") from None
    if not isinstance(document, dict):
        raise LookupError("is not an object")
    if "Name" not in document:
        other = next((key for key in document if key.lower() == "name"), None)
        raise LookupError(f'says "{other}" where the runtime wants "Name"' if other else "has no Name")
    name = document["Name"]
    if not isinstance(name, str) or not name:
        raise LookupError("has a Name that is empty or no text")
    return name


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not allowed in JSON")


def _number(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError(f"the number {text[:12]}… is too large")
    return value
