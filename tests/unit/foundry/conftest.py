from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

_FILE = Path(__file__).with_name("stand_in.py")


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The stand-in SDK of `stand_in.py`, installed for one test."""
    from slmtui.foundry import prove, repair

    spec = importlib.util.spec_from_file_location("foundry_stand_in", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Restored by monkeypatch afterwards, whatever `install` does.
    for user in (prove, repair):
        monkeypatch.setattr(user, "FoundrySdk", module.StandInSdk)
    module.install()
    return module


@pytest.fixture
def model_dir(stand_in: ModuleType, tmp_path: Path) -> Path:
    """A small folder in the shape of a converted model, at a path that is not plain ASCII."""
    folder: Path = stand_in.make_model(tmp_path / "my models Модели" / "small int4")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where a cache folder would be; it does not exist yet."""
    return tmp_path / "cache ключ" / "models"
