from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from slmtui.conversion.import_hooks import Execute, Executing, deferred, finding, later


@pytest.fixture(autouse=True)
def executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """Makes a package of two modules; tells which of them were executed."""
    folder, told = tmp_path / "put_off", tmp_path / "told"
    folder.mkdir()
    told.touch()
    tells = f"with open({str(told)!r}, 'a') as told:\n    print(__name__, file=told)\n"
    (folder / "__init__.py").write_text(f"{tells}value = 1\n", encoding="utf-8")
    (folder / "part.py").write_text(f"{tells}def twice(value):\n    return 2 * value\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda: told.read_text(encoding="utf-8").split()
    for name in ("put_off", "put_off.part"):
        sys.modules.pop(name, None)


def test_what_is_for_later_is_executed_when_something_of_it_is_looked_at(
    executed: Callable[[], list[str]],
) -> None:
    with finding(Executing({"put_off": later})):
        module = importlib.import_module("put_off")
    assert inspect.getmodule(test_what_is_for_later_is_executed_when_something_of_it_is_looked_at)
    assert module.__file__
    assert module.__spec__ is not None
    assert executed() == []
    assert module.value == 1
    assert executed() == ["put_off"]
    assert not hasattr(module, "nothing")


def test_a_part_of_what_is_for_later_comes_after_the_whole(executed: Callable[[], list[str]]) -> None:
    with finding(Executing({"put_off": later})):
        importlib.import_module("put_off")
    assert importlib.import_module("put_off.part").twice(3) == 6
    assert executed() == ["put_off", "put_off.part"]


def test_a_name_of_what_is_deferred_imports_it_when_it_is_called(executed: Callable[[], list[str]]) -> None:
    with deferred("put_off.part"):
        from put_off.part import twice  # type: ignore[import-not-found]
    assert "put_off.part" not in sys.modules
    assert executed() == []
    assert twice(3) == 6
    assert executed() == ["put_off", "put_off.part"]


def test_another_way_to_execute_is_taken_for_the_one_module() -> None:
    def way(module: ModuleType, execute: Execute) -> None:
        execute(module)
        vars(module)["value"] = 2

    finder = Executing({"put_off": way})
    with finding(finder):
        assert importlib.import_module("put_off").value == 2
        assert importlib.import_module("put_off.part").twice(1) == 2
    assert finder not in sys.meta_path
