"""Which files of a hub repository make a model, and whether what came is what the hub has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slmtui.events import Cancel, Failure
from slmtui.source.hub_cache import HubId
from slmtui.source.questions import Asks, Question, Unanswered

_SIDE = (".json", ".jinja", ".model", ".txt", ".md", ".py")
_PICKLED = (".bin",)
_LEFTOVERS = ("optimizer", "scheduler", "training_args", "rng_state", "scaler", "trainer_state")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file as the hub describes it: path, bytes, and either its SHA-256 (large ones) or its git blob id."""

    name: str
    bytes: int
    sha256: str | None = None
    blob: str | None = None


def choose(identifier: HubId, files: Iterable[HubFile], *, allow_pickle: bool) -> tuple[HubFile, ...]:
    """The files a conversion needs: the weights in one form only, and what belongs to them.

    Raises:
        Failure: it is no model of a kind that slmtui reads, or pickled and that was not allowed.
    """
    found = [file for file in files if _plain(file.name)]
    top = [file for file in found if "/" not in file.name]
    names = {file.name for file in top}
    card = f"Look at the model's page on the hub for what {identifier.repository} is."
    if not names & {"config.json", "adapter_config.json"}:
        ggufs = sorted(file.name for file in found if file.name.lower().endswith(".gguf"))
        if ggufs:
            raise Failure(
                f"{identifier} holds GGUF files and no checkpoint.",
                f"Download the one you want, `hf download {identifier.repository} {ggufs[0]} --local-dir .`,"
                " and give that file.",
            )
        raise Failure(f"{identifier} holds no checkpoint (config.json).", card)
    weights = [file for file in top if file.name.endswith(".safetensors")]
    if not weights:
        weights = [f for f in top if f.name.endswith(_PICKLED) and not f.name.startswith(_LEFTOVERS)]
        if not weights:
            raise Failure(f"{identifier} holds no weights that slmtui reads.", card)
        if not allow_pickle:
            raise Unanswered(
                Question(
                    Asks("pickle", tuple(file.name for file in weights)),
                    f"The weights of {identifier} are pickled ({weights[0].name}): loading a pickle can run"
                    " any code it carries, so nothing was downloaded.",
                    "Take a model with safetensors; or, if you trust this one, say so with `--allow-pickle`.",
                )
            )
    # The original weights of some models lie beside those in transformers' form.
    if any(file.name.startswith("model") for file in weights):
        weights = [file for file in weights if not file.name.startswith("consolidated")]
    side = [
        file
        for file in found
        if file.name.endswith(".py") or (file in top and file.name.endswith(_SIDE)) or _is_licence(file.name)
    ]
    return tuple(sorted({*weights, *side}, key=lambda file: file.name))


def differs(path: Path, file: HubFile, cancel: Cancel) -> str:
    """In which way the file at `path` is not the hub's; "" if it is the very same.

    Raises:
        Cancelled: in the middle.
    """
    if not path.is_file():
        return "is missing"
    have = path.stat().st_size
    if have != file.bytes:
        return f"has {have:,} bytes, not {file.bytes:,}"
    if file.sha256:
        digest, wanted = hashlib.sha256(), file.sha256
    elif file.blob:
        digest, wanted = hashlib.sha1(f"blob {have}\0".encode(), usedforsecurity=False), file.blob
    else:
        return ""
    with path.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            cancel.check()
            digest.update(chunk)
    return "" if digest.hexdigest() == wanted else "has another checksum"


def _plain(name: str) -> bool:
    """Whether the name stays inside the folder it is put into."""
    parts = name.split("/")
    return (
        not name.startswith("/") and "\\" not in name and ":" not in name and not {"", ".", ".."} & set(parts)
    )


def _is_licence(name: str) -> bool:
    return name.upper().startswith(("LICENSE", "LICENCE", "COPYING"))
