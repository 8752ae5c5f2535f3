from __future__ import annotations

import errno
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from slmtui.conversion import walks_shim

STRUCTURE = {frozenset[str](): {"llama": {"Llama", "LlamaConfig"}}, frozenset({"torch"}): {"phi": {"Phi"}}}


@pytest.fixture
def read() -> list[str]:
    """The folders that were read."""
    return []


@pytest.fixture
def module(tmp_path: Path, read: list[str]) -> Any:
    """Stands for transformers' module, before it is changed."""
    (tmp_path / "transformers" / "models").mkdir(parents=True)

    def define_import_structure(module_path: str | Path, prefix: str | None = None) -> Any:
        read.append(f"{module_path} {prefix}")
        return STRUCTURE

    return SimpleNamespace(
        __file__=str(tmp_path / "transformers" / "utils" / "import_utils.py"),
        define_import_structure=define_import_structure,
    )


def ask(module: Any) -> Any:
    """What it is asked for as transformers is imported: the folder, then the file in it."""
    walks_shim._remember_models(module)
    models = Path(module.__file__).parents[1] / "models"
    with_prefix = module.define_import_structure(models, prefix="models")
    assert with_prefix[frozenset({"torch"})] == {"models.phi": {"Phi"}}
    return module.define_import_structure(str(models / "__init__.py"))


def test_the_models_are_read_once_where_nothing_can_be_kept(
    module: Any, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(walks_shim.FILE, raising=False)
    assert ask(module) == STRUCTURE
    assert len(read) == 1


def test_they_are_known_the_next_time_and_read_anew_when_they_change(
    module: Any, read: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(walks_shim.FILE, str(tmp_path / "cache" / "imports.json"))
    plain = module.define_import_structure
    for _ in range(2):
        module.define_import_structure = plain
        assert ask(module) == STRUCTURE
    assert len(read) == 1
    (tmp_path / "transformers" / "models" / "new").mkdir()
    module.define_import_structure = plain
    assert ask(module) == STRUCTURE
    assert len(read) == 2
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text("{}", encoding="utf-8")  # damaged
    module.define_import_structure = plain
    assert ask(module) == STRUCTURE
    assert json.loads(kept.read_text(encoding="utf-8"))["models"]


def test_what_is_given_may_be_changed(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(walks_shim.FILE, raising=False)
    ask(module)[frozenset()].clear()
    models = Path(module.__file__).parents[1] / "models"
    assert module.define_import_structure(models / "__init__.py") == STRUCTURE


def test_other_folders_are_read_as_before(module: Any, read: list[str], tmp_path: Path) -> None:
    walks_shim._remember_models(module)
    module.define_import_structure(tmp_path, prefix="other")
    assert read == [f"{tmp_path} other"]


def test_a_full_disk_leaves_no_half_of_it(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(file: Path, *_: Any, **__: Any) -> None:
        file.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv(walks_shim.FILE, str(tmp_path / "cache" / "imports.json"))
    monkeypatch.setattr(Path, "write_text", no_room)
    assert ask(module) == STRUCTURE
    assert not list((tmp_path / "cache").iterdir())
