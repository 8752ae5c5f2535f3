"""Whether a deployed model's files are those that were deployed, or that the conversion made, byte for byte.

The conversion's record (slmtui.json) has every file's SHA-256, and stays with the conversion: what is being
deployed is compared with it; where there is none, that is said. What was deployed is kept in the ledger.
Verifying reads every byte of the model anew: a file that the disk has damaged has its old size and time.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.events import Cancel, Failure, Progress, Service, Verdict
from slmtui.foundry.copying import Piece, pieces, unreadable
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.model_folder import check_converted
from slmtui.units import size

_TITLE = "Its files are complete"
# These may be written after the conversion: the template station and people do.
_WEIGHTS = (".onnx", ".data")
_CHUNK = 8 << 20
_SAY_SECONDS = 0.1


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


def unharmed(model: DeployedModel, cancel: Cancel, share: float = 1.0) -> Service[Verdict]:
    """The verdict `files` on a deployed model: all there, every byte read anew, and as it was deployed.

    The progress runs from 0 to `share`.
    """
    fix = f"Deploy it again: {model.again}"
    try:
        check_converted(model.folder)
        found = pieces(model.folder)
        digests = yield from _read_anew(found, cancel, share)
    except Failure as failure:
        verdict = Verdict("files", _TITLE, "fail", failure.cause, fix)
    else:
        said = f"{len(found)} files, {size(sum(piece.bytes for piece in found))}, read from the disk anew."
        if model.digests:
            verdict = _as_deployed(digests, dict(model.digests), said, fix)
        else:
            verdict = judge(digests, recorded(model.model_dir), said)
    yield verdict
    return verdict


def _as_deployed(digests: Mapping[str, str], record: Mapping[str, str], said: str, fix: str) -> Verdict:
    gone = sorted(record.keys() - digests.keys())
    other = sorted(name for name in record.keys() & digests.keys() if record[name] != digests[name])
    weights = [name for name in other if name.endswith(_WEIGHTS)]
    if gone:
        return Verdict("files", _TITLE, "fail", f"{', '.join(gone)}: no longer there. {said}", fix)
    if weights:
        evidence = f"{', '.join(weights)}: not the bytes that were deployed. {said}"
        return Verdict("files", _TITLE, "fail", evidence, f"The disk may be damaged. {fix}")
    if other:
        evidence = f"{said} Changed since it was deployed: {', '.join(other)}."
        return Verdict("files", _TITLE, "warn", evidence, f"If nobody changed that on purpose: {fix}")
    return Verdict("files", _TITLE, "ok", f"{said} All have the SHA-256 they were deployed with.")


def _read_anew(found: Sequence[Piece], cancel: Cancel, share: float) -> Service[Mapping[str, str]]:
    """The SHA-256 of each file by its path inside the folder, whatever is remembered of it."""
    total = max(1, sum(piece.bytes for piece in found))
    done, said, started = 0, 0.0, time.monotonic()
    digests: dict[str, str] = {}
    for piece in found:
        digest = hashlib.sha256()
        try:
            with piece.source.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    cancel.check()
                    digest.update(chunk)
                    done += len(chunk)
                    if (now := time.monotonic()) - said >= _SAY_SECONDS:
                        said = now
                        left = (total - done) * (now - started) / done
                        yield Progress("files", f"Reading {piece.inside}", share * done / total, left)
        except OSError as error:
            raise unreadable(piece.source, error) from error
        digests[piece.inside] = digest.hexdigest()
    return digests
