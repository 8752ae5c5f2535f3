"""Serving a deployed model to other programs, with the web service of the Foundry Local SDK.

The web service speaks OpenAI's protocol on the loopback address, so no other machine reaches it. It answers
for models that its catalog names and that it finds in its cache folder; so it gets a catalog of one
(`catalog_stub.py`), and a cache folder of its own with links to the model's files. The user's cache is not
touched. Whether the service then lists the model is asked before anybody is told an address.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from slmtui.config.files import write_atomic
from slmtui.config.locations import cache_dir
from slmtui.events import Cancel, Event, Failure, Progress, Service
from slmtui.foundry.copying import Piece, link, pieces
from slmtui.foundry.deployed import DeployedModel, find
from slmtui.foundry.locks import Busy, holding
from slmtui.foundry.methods import Method
from slmtui.foundry.model_folder import check_converted
from slmtui.foundry.scanner import INFERENCE_MODEL
from slmtui.foundry.sdk import FoundrySdk

_ASK_SECONDS = 10.0
# What the SDK's runtime reserves for an answer when the request names no limit.
_UNASKED_TOKENS = 2048


@dataclasses.dataclass(frozen=True, slots=True)
class Serving(Event):
    """The service runs: the base address for OpenAI's clients (`http://127.0.0.1:…/v1`), the model's name.

    `advice` is what a client has to know of this model; empty for most.
    """

    kind: ClassVar[str] = "serving"
    url: str
    model: str
    advice: str = ""


def serve(model: DeployedModel | str, cancel: Cancel, *, port: int = 0) -> Service[None]:
    """Serve a deployed model (or one's name) until `cancel` is set; yields `Serving` once it can be asked.

    Returns when it was asked to end. `port` 0 takes a free one.

    Raises:
        Failure: no such model is deployed, the SDK cannot run here, or its service does not see the model.
    """
    if isinstance(model, str):
        name, found = model, find(model)
        if found is None:
            raise Failure(f"No model called {name} is deployed.", "`slmtui list` shows those that are.")
        model = found
    context = check_converted(model.folder)
    yield Progress("load", f"Loading {model.model_id} into the SDK's web service")
    with _view(model) as view, FoundrySdk(view, cancel, serves=_served(model, context, port)) as sdk:
        url = yield from sdk.serve(model.model_id)
        cancel.check()
        _check_seen(url, model.model_id)
        yield Serving(f"{url}/v1", model.model_id, _advice(context))
        yield from sdk.stay(until=cancel)


def _served(model: DeployedModel, context: int | None, port: int) -> dict[str, object]:
    # A request without a limit gets this one: half of the context, so that a question has room.
    limit = min(2048, max(1, (context or 4096) // 2))
    return {"name": model.name, "version": model.version, "port": port, "max_output_tokens": limit}


def _advice(context: int | None) -> str:
    if context is None or context > 2 * _UNASKED_TOKENS:
        return ""
    return (
        f"Name max_tokens in each request: without it the service asks for {_UNASKED_TOKENS:,} tokens, and"
        f" the model's context holds {context:,}."
    )


@contextmanager
def _view(model: DeployedModel) -> Iterator[Path]:
    """A cache folder that holds this one model, by links, under the very name it is registered as."""
    place = cache_dir() / "foundry-serve" / hashlib.sha256(os.fsencode(model.path)).hexdigest()[:16]
    try:
        with holding(f"serve {place}"):
            shutil.rmtree(place, ignore_errors=True)  # of one that was killed
            try:
                _link_all(model, place / "custom" / model.name)
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)
    except Busy as error:
        raise Failure(f"Another slmtui serves {model.model_id} already.", "Use its address.") from error


def _link_all(model: DeployedModel, folder: Path) -> None:
    own = json.loads((model.folder / INFERENCE_MODEL).read_text("utf-8-sig"))
    write_atomic(folder / INFERENCE_MODEL, json.dumps(own | {"Name": model.model_id}, indent=2))
    weights: list[Piece] = []
    text: list[Piece] = []
    for piece in pieces(model.folder):
        # What symbolic links would take: graph and data have to lie in one folder.
        (weights if piece.linked_by("symlink") else text).append(piece)
    if _linked(weights, folder, "link") and (why := _linked(weights, folder, "symlink")):
        raise Failure(
            f"The SDK's web service cannot see {model.folder}: it needs links to the model in a folder of its"
            f" own, and none can be made: {why}.",
            "Deploy the model into a cache folder on the disk of your home folder, or, on Windows, turn the"
            " developer mode on, which allows symbolic links.",
        )
    for piece in text:
        if piece.inside != INFERENCE_MODEL:
            (folder / piece.inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(piece.source, folder / piece.inside)


def _linked(weights: Sequence[Piece], folder: Path, method: Method) -> str:
    """Link all of them; why not, if one cannot be."""
    for piece in weights:
        target = folder / piece.inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if not link(piece.source, target, method):
            return f"{piece.source} and {folder} are on file systems that allow no such link"
    return ""


def _check_seen(url: str, model_id: str) -> None:
    """Ask the service itself what it lists; no proxy stands between.

    Raises:
        Failure: it does not list the model, or does not answer.
    """
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/v1/models", timeout=_ASK_SECONDS) as answer:
            listed = [str(model["id"]) for model in json.load(answer)["data"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Failure(
            f"The Foundry Local SDK's web service at {url} does not answer: {error}",
            "Look whether a firewall keeps programs from the loopback address, then try again.",
        ) from error
    if model_id not in listed:
        raise Failure(
            f"The Foundry Local SDK's web service does not see {model_id}; it lists"
            f" {', '.join(listed) or 'no model'}.",
            "This release of the SDK cannot serve it. `slmtui doctor` says which one is tested.",
        )
