"""Where an adapter's base model is: looked for on this machine alone, nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

from slmtui.events import Failure
from slmtui.source import hub_cache, samples


def find_base(adapter: Path, name: str, revision: str | None) -> Path | None:
    """The base that adapter_config.json calls `name`, as a path; None if it is not here.

    Looked for as a path (also from the adapter's folder and the one above it), as a sample, as a folder
    beside the adapter that has the model's own name, and in the hub's caches.
    """
    if not name.strip():
        return None
    own = name.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    beside = (adapter / name, adapter.parent / name, adapter.parent / own, adapter.parent.parent / own)
    for path in (Path(name).expanduser(), *beside):
        try:
            here = path.absolute()
            # An adapter is often saved under its base's name.
            if here != adapter and ((here / "config.json").is_file() or _is_gguf(here)):
                return here
        except (OSError, ValueError):
            continue
    sample = samples.find(own)
    if sample is not None and sample.path is not None:
        return sample.path
    identifier = hub_cache.parse(name)
    if identifier is None:
        return None
    return hub_cache.find(hub_cache.HubId(identifier.repository, revision or identifier.revision))


def given_base(text: str) -> Path:
    """The base as the user named it.

    Raises:
        Failure: there is nothing of that name.
    """
    try:
        return samples.resolve(text)
    except Failure as failure:
        raise Failure(f"The base model was not found. {failure.cause}", failure.fix) from failure


def _is_gguf(path: Path) -> bool:
    return path.suffix.lower() == ".gguf" and path.is_file()
