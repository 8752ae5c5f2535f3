"""What is recorded of a model: its manifest, the deployment that speaks of it, the deployed copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.conversion.manifest import NAME as MANIFEST
from slmtui.deployment import Deployment
from slmtui.events import Verdict
from slmtui.foundry.deployed import DeployedModel
from slmtui.report.decode import decode


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that can be read of a model without measuring anything.

    Attributes:
        folder: the model that is meant.
        made: the conversion that it is a copy of, `folder` itself if it is none; it has the manifest.
        name: the deployment's, else the folder's.
        manifest: empty where there is none.
        notes: what could not be read, in sentences.
    """

    folder: Path
    made: Path
    name: str
    manifest: Mapping[str, Any]
    deployment: Deployment | None
    deployed: DeployedModel | None
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The folders and files that its texts may name."""
        found = {self.folder, self.made, self.folder.resolve(), self.made.resolve()}
        if self.deployment:
            found.add(Path(self.deployment.source))
            records = (self.deployment.step(station).record for station in deployments.STATIONS)
            found |= {
                Path(str(record[key]))
                for record in records
                for key in ("output", "target", "cache_dir", "file", "log")
                if record.get(key)
            }
        if self.deployed:
            found |= {
                self.deployed.path,
                self.deployed.folder,
                self.deployed.cache_dir,
                self.deployed.model_dir,
            }
        source = self.manifest.get("source", {})
        found |= {Path(str(each["path"])) for each in (source, source.get("base") or {}) if each.get("path")}
        return tuple(found)


def recorded(target: str) -> Recorded:
    """Of a deployed or converted model by its name, or of a converted model's folder.

    Raises:
        Failure: there is no such model.
    """
    folder = pipeline.chat_folder(target)
    owner = _owner(folder, target)
    deployed = _deployed(folder, target, owner)
    made = _made(folder, deployed, owner)
    manifest, notes = _manifest(made)
    if made != folder and not _is_copy(folder, manifest):
        made, manifest, notes = folder, {}, ("The model it was deployed from is another by now.",)
    named = owner.name if owner else deployed.name if deployed else deployments.usable_name(folder.name)
    return Recorded(folder, made, named, manifest, owner, deployed, notes)


def verdicts(saved: Any) -> tuple[Verdict, ...]:
    """Verdicts as a record has them; those that cannot be read are left out."""
    try:
        return decode(tuple[Verdict, ...], saved or [], "verdicts")
    except ValueError:
        return ()


def _made(folder: Path, deployed: DeployedModel | None, owner: Deployment | None) -> Path:
    """Where the model was converted to: a deployed copy is without its manifest."""
    output = owner.step("conversion").record.get("output") if owner else None
    places = [folder, *([deployed.model_dir] if deployed else []), *([Path(str(output))] if output else [])]
    return next((place for place in places if (place / MANIFEST).is_file()), folder)


def _is_copy(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether the weights in `folder` are as large as those that the manifest describes.

    Deploying has compared their digests, and `slmtui verify` does; a report reads no gigabytes.
    """
    files = manifest.get("files")
    weights = {n: each for n, each in files.items() if ".onnx" in n} if isinstance(files, dict) else {}
    try:
        return bool(weights) and all((folder / n).stat().st_size == e["bytes"] for n, e in weights.items())
    except (OSError, KeyError, TypeError):
        return False


def _manifest(folder: Path) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return found, ()
    except FileNotFoundError:
        return {}, (f"The model has no {MANIFEST}: what it was made of, and how, is not known.",)
    except (OSError, ValueError):
        pass
    return {}, (f"Its {MANIFEST} cannot be read: what it was made of, and how, is not known.",)


def _owner(folder: Path, target: str) -> Deployment | None:
    """The deployment that made this folder, or deployed it; the one that was named, if several did."""
    found = []
    for saved in deployments.saved()[0]:
        made = (saved.step("conversion").record.get("output"), saved.step("foundry").record.get("target"))
        if str(folder) in (str(each) for each in made if each):
            found.append(saved)
    return next((one for one in found if one.name == target), found[0] if found else None)


def _deployed(folder: Path, target: str, owner: Deployment | None) -> DeployedModel | None:
    """The deployed copy of this model: the one that was named, else the one that its deployment speaks of."""
    models = pipeline.deployed_models()
    wanted = owner.step("foundry").record.get("model_id") if owner else None
    ours = [one for one in models if folder in (one.folder, one.path, one.model_dir)]
    named = [one for one in ours if target in (one.name, one.model_id)]
    spoken = [one for one in ours if one.model_id == wanted]
    return next(iter([*named, *spoken, *ours]), None)
