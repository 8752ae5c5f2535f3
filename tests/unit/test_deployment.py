from __future__ import annotations

from pathlib import Path

import pytest

from slmtui import deployment as deployments
from slmtui.deployment import STATIONS, Deployment, check_name, free_name, load, usable_name
from slmtui.events import Failure


def test_a_saved_deployment_reads_back_as_it_was() -> None:
    made = Deployment.new("mine", "/models/Größe 模型").with_step("source", "verified", bytes=7, dtype="F32")
    made = made.with_step("conversion", "failed", cause="No room.", log=None).save()
    assert load("mine") == made
    assert made.step("source").record == {"bytes": 7, "dtype": "F32"}
    assert made.next_station() == "conversion"


def test_a_new_result_makes_later_stations_wait_again() -> None:
    made = Deployment.new("mine", "x")
    for station in STATIONS:
        made = made.with_step(station, "verified")
    assert made.next_station() is None
    again = made.with_step("conversion", "verified")
    assert again.next_station() == "prompt"


def test_what_ran_when_slmtui_ended_does_not_run_now() -> None:
    Deployment.new("mine", "x").with_step("source", "running").save()
    assert load("mine").step("source").state == "waiting"


def test_a_damaged_file_is_named_and_hides_no_other() -> None:
    Deployment.new("mine", "x").save()
    for name, text in (("half", "name = "), ("odd", "name = 'odd'\nsource = 'x'\nstations = 3")):
        (deployments.deployments_dir() / f"{name}.toml").write_text(text, encoding="utf-8")
    found, damaged = deployments.saved()
    assert [d.name for d in found] == ["mine"]
    assert sorted("half.toml" in f.cause for f in damaged) == [False, True]
    assert all(f.fix for f in damaged)


def test_an_unknown_name_says_where_to_look() -> None:
    with pytest.raises(Failure, match="no deployment called nonesuch") as caught:
        load("nonesuch")
    assert "slmtui list" in caught.value.fix


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("a/b", "'/'"),
        ("a\\b", r"'\\\\'"),
        ("../b", "'/'"),
        (".hidden", "has to start"),
        ("dot.", "must not end"),
        ("a b", "' '"),
        ("名", "'名'"),
        ("x" * 65, "65 characters"),
        ("aux.int4", "device"),
    ],
)
def test_a_name_that_cannot_be_a_folder_everywhere_is_refused(name: str, why: str) -> None:
    with pytest.raises(Failure, match=why):
        check_name(name)


@pytest.mark.parametrize("wanted", ["My model (v2)", "模型", "../..", "x" * 80, "con", "dot...", ""])
def test_a_usable_name_is_made_of_anything(wanted: str) -> None:
    assert check_name(usable_name(wanted))
    assert check_name(free_name(wanted))


def test_a_free_name_is_one_that_no_deployment_has() -> None:
    Deployment.new("Mine", "x").save()
    assert free_name("mine") == "mine-2"
    assert free_name("other") == "other"


def test_forgetting_a_deployment_keeps_what_it_made(tmp_path: Path) -> None:
    made = Deployment.new("mine", tmp_path).save()
    made.delete()
    assert not made.path.exists()
    assert tmp_path.exists()
