"""A baseline that cannot be used is a failure with cause and fix, whatever is in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmtui.events import Failure
from slmtui.report.baseline import read_baseline, read_text
from slmtui.report.compare import compare
from slmtui.report.render import render
from tests.unit.report.made import full

GOOD = render(full(), "json")
JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just([])
    | st.just({})
    | st.just(10**400)
)


def test_it_reads_back_what_a_report_wrote(tmp_path: Path) -> None:
    for text in (GOOD, "\ufeff" + GOOD, render(full(), "json", compare(full(), full()))):
        path = tmp_path / "base.json"
        path.write_text(text, encoding="utf-8")
        assert read_baseline(path) == full()


def test_what_a_later_version_adds_is_left_out(tmp_path: Path) -> None:
    document = json.loads(GOOD) | {"new": 1}
    document["model"]["new"] = {"a": 1}
    path = tmp_path / "base.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_baseline(path) == full()


BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "begun": (b"{", "cut off"),
    "half": (GOOD[: len(GOOD) // 2].encode(), "cut off"),
    "text": (b'"text"', "no report"),
    "foreign": (b'{"a": 1}', "no report"),
    "bytes": (b"\xff\xfe\x00", "no UTF-8"),
    "deep": (b"[" * 100_000, "cut off"),
    "markdown": (b"<!-- slmtui-report 1 -->", "only JSON"),
    "later": (GOOD.replace('"version": 1', '"version": 99').encode(), "version 99"),
    "no version": (GOOD.replace('"version": 1', '"version": "1"').encode(), "which version"),
    "kind": (GOOD.replace('"bytes": 2500000', '"bytes": "many"').encode(), "model.bytes is no whole number"),
    "no name": (GOOD.replace('"name": "lamp",', "", 1).encode(), "the report.name is missing"),
    "word": (GOOD.replace('"status": "pass"', '"status": "fine"').encode(), "is none of pass"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    content, cause = BROKEN[name]
    path = tmp_path / "base.json"
    path.write_bytes(content)
    with pytest.raises(Failure, match=cause) as caught:
        read_baseline(path)
    assert caught.value.fix


def test_none_or_a_folder_says_so(tmp_path: Path) -> None:
    for path, cause in ((tmp_path / "none.json", "cannot be read"), (tmp_path, "is a folder")):
        with pytest.raises(Failure, match=cause):
            read_baseline(path)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to every value in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_damaged_one_is_refused_or_can_be_compared(data: st.DataObject) -> None:
    document = json.loads(GOOD)
    place = data.draw(st.sampled_from(places(document)[1:]))
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = data.draw(JUNK)
    try:
        report = read_text(Path("base.json"), json.dumps(document))
    except Failure:
        return
    assert render(full(), "md", compare(report, full()))
