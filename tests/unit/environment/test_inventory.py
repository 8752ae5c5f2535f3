"""What a fix changed is told from the metadata folders, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

from slmtui.environment.inventory import changes, inventory, set_aside


def test_what_came_went_and_changed_is_told(tmp_path: Path):
    for name in ("olive_ai-0.12.0", "Gone-1.0", "stays-2.0", "anew-3.0"):
        (tmp_path / f"{name}.dist-info").mkdir()
    before = inventory([str(tmp_path)])
    (tmp_path / "olive_ai-0.12.0.dist-info").rename(tmp_path / "olive_ai-0.13.0.dist-info")
    (tmp_path / "Gone-1.0.dist-info").rmdir()
    (tmp_path / "new.pkg-1.0+cpu.dist-info").mkdir()
    os.utime(tmp_path / "anew-3.0.dist-info", (1, 1))
    assert changes(before, inventory([str(tmp_path)])) == (
        "anew 3.0 installed anew",
        "gone 1.0 removed",
        "new-pkg 1.0+cpu installed",
        "olive-ai 0.12.0 → 0.13.0",
    )


def test_the_first_of_a_name_on_the_path_counts(tmp_path: Path):
    own, lent = tmp_path / "own", tmp_path / "lent"
    for folder, version in ((own, "2.0"), (lent, "1.0")):
        (folder / f"a-{version}.dist-info").mkdir(parents=True)
    found = inventory([str(own), str(tmp_path / "not there"), str(lent)])
    assert found["a"].version == "2.0"


def test_eggs_are_packages_and_other_folders_are_not(tmp_path: Path):
    for name in ("old-1.0-py3.11.egg-info", "bare.egg-info", "torch", "~orch-1.0.dist-info"):
        (tmp_path / name).mkdir()
    assert list(inventory([str(tmp_path)])) == ["old"]
    assert set_aside([str(tmp_path)]) == {tmp_path / "~orch-1.0.dist-info"}
