"""Every folder slmtui uses of its own accord, in one place.

`SLMTUI_HOME` moves all of them under one folder, for tests, portable installations and CI.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP_NAME = "slmtui"


def _home() -> Path | None:
    value = os.environ.get("SLMTUI_HOME", "").strip()
    return Path(value).expanduser().absolute() if value else None


def config_dir() -> Path:
    """Settings, the key map and the user's own themes."""
    home = _home()
    return home / "config" if home else platformdirs.user_config_path(APP_NAME, appauthor=False)


def data_dir() -> Path:
    """Deployments and converted models: what a user would miss."""
    home = _home()
    return home / "data" if home else platformdirs.user_data_path(APP_NAME, appauthor=False)


def cache_dir() -> Path:
    """Downloads and build caches: what can be made again."""
    home = _home()
    return home / "cache" if home else platformdirs.user_cache_path(APP_NAME, appauthor=False)


def log_dir() -> Path:
    """Whole logs of conversions and model hosts."""
    home = _home()
    return home / "logs" if home else platformdirs.user_log_path(APP_NAME, appauthor=False)


def deployments_dir() -> Path:
    """One TOML file a deployment."""
    return data_dir() / "deployments"


def models_dir() -> Path:
    """Where conversions go unless the user says otherwise."""
    return data_dir() / "models"


def settings_file() -> Path:
    """The user's settings, TOML."""
    return config_dir() / "settings.toml"


def user_themes_dir() -> Path:
    """The user's own themes, one TOML file each."""
    return config_dir() / "themes"


def foundry_home() -> Path:
    """The folder the Foundry Local SDK keeps its files in when slmtui starts it.

    The SDK's own default is `~/.<app_name>`; it is only kept there while nothing moves slmtui's files.
    """
    home = _home()
    return home / "foundry" if home else Path.home() / f".{APP_NAME}"


def shipped_dir(name: str) -> Path:
    """`themes` or `sample_models` as they came with slmtui.

    In a wheel they lie inside the package, in a checkout beside it.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "shipped" / name
    return inside if inside.is_dir() else package.parent / name
