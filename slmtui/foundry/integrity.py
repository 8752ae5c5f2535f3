"""Whether a deployed model's files are those the conversion made, byte for byte.

The conversion's record (slmtui.json) has every file's SHA-256. It stays with the conversion, so a deployed
model is compared with the record in the folder it was made from; where there is none, that is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry.copying import pieces, sha256
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.model_folder import check_converted
from slmtui.units import size

_TITLE = "Its files are complete"
# These may be written after the conversion: the template station and people do.
_WEIGHTS = (".onnx", ".data")


def recorded(model_dir: Path) -> Mapping[str, str]:
    """The SHA-256 of each file as the conversion wrote it, by name; empty if there is no such record."""
    try:
        files = json.loads((model_dir / MANIFEST).read_text("utf-8"))["files"]
        return {str(name): str(file["sha256"]) for name, file in files.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def judge(digests: Mapping[str, str], record: Mapping[str, str], said: str) -> Verdict:
    """The verdict `files` on what was brought: `said` tells of its files and bytes."""
    known = {name: digest for name, digest in digests.items() if name in record}
    other = sorted(name for name, digest in known.items() if record[name] != digest)
    if not known:
        evidence = f"{said} The folder has no record of its conversion to compare them with."
        return Verdict("files", _TITLE, "ok", evidence)
    weights = [name for name in other if name.endswith(_WEIGHTS)]
    if weights:
        evidence = f"{said} {', '.join(weights)}: not the bytes that the conversion made."
        fix = "If nobody changed the weights on purpose, convert the model again."
        return Verdict("files", _TITLE, "warn", evidence, fix)
    same = f"{len(known) - len(other)} have the SHA-256 that the conversion recorded"
    since = f"; changed since then: {', '.join(other)}" if other else ""
    return Verdict("files", _TITLE, "ok", f"{said} {same}{since}.")


def unharmed(model: DeployedModel, cancel: Cancel) -> Service[Verdict]:
    """The verdict `files` on a deployed model: all there, and as the conversion made them."""
    try:
        check_converted(model.folder)
        found = pieces(model.folder)
        digests = {}
        for piece in found:
            yield Progress("files", f"Reading {piece.inside}", None)
            digests[piece.inside] = sha256(piece.source, cancel)
    except Failure as failure:
        fix = f"Deploy it again: slmtui deploy {model.model_dir} --name {model.name} --replace"
        verdict = Verdict("files", _TITLE, "fail", failure.cause, fix)
    else:
        said = f"{len(found)} files, {size(sum(piece.bytes for piece in found))}."
        verdict = judge(digests, recorded(model.model_dir), said)
    yield verdict
    return verdict
