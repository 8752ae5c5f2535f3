"""Models of the Hugging Face hub that are on this machine: our own downloads, and the user's hub cache.

Both have the hub's own layout: `models--ORG--NAME/snapshots/COMMIT`, and in `refs/REVISION` the commit that
a branch or tag stood for when it was downloaded.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from slmtui.config import locations

_REVISION = r"[A-Za-z0-9][\w./-]*"
_ID = re.compile(rf"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@({_REVISION}))?/?")
_URL = re.compile(
    rf"https?://(?:huggingface\.co|hf\.co)/([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:/tree/({_REVISION}?))?/?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubId:
    """A model on the hub; `revision` is a branch, a tag or a commit, None for the main branch."""

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.repository + (f"@{self.revision}" if self.revision else "")

    @property
    def folder_name(self) -> str:
        """Its folder in a cache."""
        return "models--" + self.repository.replace("/", "--")


def parse(text: str) -> HubId | None:
    """The hub id that `text` is: `org/name`, `org/name@revision` or a page's address; None if it is none."""
    found = _URL.fullmatch(text.strip()) or _ID.fullmatch(text.strip())
    if found is None or ".." in text:
        return None
    return HubId(found[1], found[2])


def asked_for(text: str) -> HubId | None:
    """The hub id that a user means by `text`; None where it can be a path on this machine, mistyped too."""
    identifier = parse(text)
    if identifier is None or "://" in text:
        return identifier
    typed = Path(text.strip())
    return None if typed.exists() or typed.parent.exists() else identifier


def ours() -> Path:
    """Where slmtui's own downloads are."""
    return locations.cache_dir() / "hub"


def find(identifier: HubId) -> Path | None:
    """The folder of a snapshot that is here, our own first; None if there is none."""
    for cache in (ours(), _users()):
        folder = _snapshot(cache / identifier.folder_name, identifier.revision or "main")
        if folder is not None:
            return folder
    return None


def remember(identifier: HubId, commit: str) -> None:
    """Note which commit the revision stands for, for the next time without a connection."""
    from slmtui.config.files import write_atomic

    write_atomic(ours() / identifier.folder_name / "refs" / (identifier.revision or "main"), commit)


def snapshot_folder(identifier: HubId, commit: str) -> Path:
    """Where our own download of that commit goes."""
    return ours() / identifier.folder_name / "snapshots" / commit


def _snapshot(model: Path, revision: str) -> Path | None:
    try:
        reference = model / "refs" / revision
        commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
        if not _COMMIT.fullmatch(commit):
            return None
        folder = model / "snapshots" / commit
        # A tool that looked at a single file (a tokenizer, say) leaves a snapshot without the model.
        whole = any((folder / name).is_file() for name in ("config.json", "adapter_config.json"))
        return folder if whole and _has_weights(folder) else None
    except (OSError, ValueError):
        return None


def _has_weights(folder: Path) -> bool:
    return any(path.suffix in (".safetensors", ".bin") for path in folder.iterdir())


def _users() -> Path:
    """The hub cache of the user's other tools, as huggingface_hub finds it."""
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    general = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(general).expanduser() / "huggingface" / "hub"
