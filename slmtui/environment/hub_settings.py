"""What the environment says of the Hugging Face hub: its address, the token, whether to stay offline.

The same variables and files as `huggingface_hub`, read here because importing it takes a second.
"""

from __future__ import annotations

import os
from pathlib import Path

_YES = ("1", "ON", "YES", "TRUE")


def endpoint() -> str:
    """The hub's address, without a slash at its end."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").strip().rstrip("/")


def offline() -> str:
    """The variable that says to stay offline; empty if none does."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return next((name for name in names if os.environ.get(name, "").upper() in _YES), "")


def home() -> Path:
    """The folder of the hub's token and cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or f"{cache}/huggingface").expanduser()


def token_file() -> Path:
    """Where `hf auth login` leaves the token."""
    named = os.environ.get("HF_TOKEN_PATH")
    return Path(named).expanduser() if named else home() / "token"


def token() -> str:
    """The user's token, empty if there is none."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if found := os.environ.get(name, "").strip():
            return found
    try:
        return token_file().read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def cached(model: str) -> Path | None:
    """The folder of a model's snapshots in the hub's cache, None if there is none."""
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or home() / "hub"
    folder = Path(cache).expanduser() / f"models--{model.replace('/', '--')}" / "snapshots"
    try:
        return folder if any(folder.iterdir()) else None
    except OSError:
        return None
