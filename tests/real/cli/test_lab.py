"""`slmtui lab` on the sample: killed in the middle, gone on with, and the table of the four precisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import published

SAMPLE = "fernlight-support"
FOUR = ("fp32", "fp16", "int8", "int4")
ASKED = ("lab", SAMPLE, "--output", "lab of four", "--suite", "some.jsonl", "--variants", *FOUR)
SHORT = ("--prompt-tokens", "32", "--repetitions", "1")
OF_EACH = 40


def begun(events: list[dict[str, Any]]) -> set[str]:
    """What was at work, as the progress names it: `FP16, benchmark`."""
    texts = [event["text"].split(":")[0] for event in events if event["event"] == "progress"]
    return {text for text in texts if ", " in text}


@pytest.fixture(scope="module")
def killed(slmtui: Any, sample_dir: Path) -> list[dict[str, Any]]:
    """What the lab said until it was killed, while it measured its second row."""
    lines = (sample_dir.parent / "suite.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kinds = [[line for line in lines if f', {kind}"' in line][:OF_EACH] for kind in ("trained", "held out")]
    assert [len(kind) for kind in kinds] == [OF_EACH, OF_EACH]
    (slmtui.folder / "some.jsonl").write_text("".join([*kinds[0], *kinds[1]]), encoding="utf-8")
    said: list[dict[str, Any]] = []
    with slmtui.start(*ASKED, *SHORT, "--json") as process:
        assert process.stdout is not None
        for line in process.stdout:
            published.hold([line], ASKED)
            said.append(json.loads(line))
            if said[-1]["event"] == "variant" and said[-1].get("label") == "FP16" and said[-1]["steps"]:
                break
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.communicate()
    psutil.wait_procs(children, 10)
    return said


@pytest.fixture(scope="module")
def gone_on(slmtui: Any, killed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the same command said afterwards."""
    done = slmtui(*ASKED, *SHORT, "--json")
    assert done.code == 0, done
    return list(done.objects)


def test_what_was_measured_before_the_kill_is_there_and_not_measured_again(
    killed: list[dict[str, Any]], gone_on: list[dict[str, Any]], slmtui: Any
) -> None:
    assert {f"FP32, {step}" for step in ("converting", "benchmark", "reading the text", "suite")} <= begun(
        killed
    )
    rows = [event for event in gone_on if event["event"] == "variant"]
    assert (rows[0]["label"], rows[0]["status"]) == ("FP32", "done")
    assert (rows[1]["label"], rows[1]["status"], rows[1]["steps"]) == ("FP16", "waiting", ["conversion"])
    again = begun(killed) & begun(gone_on)
    assert not {text for text in again if text.startswith("FP32")}
    assert again <= {"FP16, benchmark"}, "the step that was killed alone is done again"
    assert not (slmtui.folder / "lab of four" / SAMPLE / ".source").exists()


def test_the_fp32_stage_is_shared_and_the_source_read_once(
    killed: list[dict[str, Any]], gone_on: list[dict[str, Any]]
) -> None:
    for said in (killed, gone_on):
        texts = [event["text"] for event in said if event["event"] == "progress"]
        # Once the probe, once the text, for however many variants.
        assert sum("loading the source" in text for text in texts) <= 2
    exported = {
        event["text"].split(",")[0]
        for event in killed
        if event["event"] == "progress" and "Loading the checkpoint" in event["text"]
    }
    assert exported == {"FP32"}


def test_the_table_says_what_each_precision_is_and_recommends_one(gone_on: list[dict[str, Any]]) -> None:
    end = gone_on[-1]
    assert (end["status"], end["complete"]) == ("ok", True)
    rows = {row["variant"]["precision"]: row["figures"] for row in end["rows"]}
    assert tuple(rows) == FOUR
    assert rows["fp32"]["bytes"] > rows["fp16"]["bytes"] > rows["int4"]["bytes"]
    assert (
        rows["fp32"]["kl_mean"] < rows["fp16"]["kl_mean"] < rows["int8"]["kl_mean"] < rows["int4"]["kl_mean"]
    )
    for figures in rows.values():
        assert figures["tokens_per_second"] > 0
        assert figures["ttft_ms"] > 0
        assert figures["peak_rss_bytes"] > figures["bytes"]
        # What the card promises of trained and of held-out phrasings: the suite has as many of each.
        assert figures["suite"] > (0.976 + 0.895) / 2 - 0.02
    advice = end["recommendations"][SAMPLE]
    assert advice["label"] == "INT8 whole"
    assert Path(advice["output"]).is_dir()
    assert "smallest" in advice["reason"]


def test_the_suite_alone_is_asked_and_no_checklist_is_replaced(
    gone_on: list[dict[str, Any]], slmtui: Any
) -> None:
    rows = {row["variant"]["precision"]: row for row in gone_on[-1]["rows"]}
    found = slmtui("report", rows["fp16"]["output"], "--format", "json")
    assert found.code == 0, found
    report = json.loads(found.out)
    assert report["bench"] is not None
    assert report["checklist"] is None


def test_constraints_choose_among_what_is_measured_and_end_with_1_where_none_is_left(
    gone_on: list[dict[str, Any]], slmtui: Any
) -> None:
    again = (*ASKED, *SHORT)
    small = slmtui(*again, "--where", "under 3 MB", "--where", "suite >= 90 %", "--markdown")
    assert small.code == 0, small
    assert "| INT8 whole | a quarter | 0.2" in small.out
    none = slmtui(*again, "--where", "bytes<1000")
    assert none.code == 1
    assert "error: No variant keeps size < 1.0 kB." in none.err
    assert not begun([{"event": "progress", "text": line} for line in none.err.splitlines()])


def test_the_recommended_variant_is_deployed_from_where_it_lies(
    gone_on: list[dict[str, Any]], slmtui: Any
) -> None:
    assert slmtui(*ASKED, *SHORT, "--deploy", "no/folder", "--json").failed_clearly()
    done = slmtui(*ASKED, *SHORT, "--deploy", "small-fern", "--json")
    assert done.last["deployed"].startswith("small-fern"), done
    listed = slmtui("list", "--json").last["models"]
    assert [one["name"] for one in listed if one["name"] == "small-fern"] == ["small-fern"]
    # Other tests share this home, and look at what is deployed in it.
    assert slmtui("undeploy", "small-fern", "--json").code == 0


def test_a_ray_cluster_does_the_same(slmtui: Any, killed: list[dict[str, Any]]) -> None:
    pytest.importorskip("ray", reason="Ray is an extra that most go without: pip install 'slmtui[ray]'")
    asked = ("lab", SAMPLE, "--output", "lab on ray", "--suite", "some.jsonl", "--variants", "int8", "int4")
    done = slmtui(*asked, *SHORT, "--ray", "local", "--json")
    assert done.code == 0, done
    assert [row["label"] for row in done.last["rows"]] == ["INT8 whole", "INT4 guide"]
    for row in done.last["rows"]:
        assert row["steps"] == ["conversion", "bench", "quality", "suite"]
        assert (row["status"], row["failure"]) == ("done", "")
    # The models lie where they would without it, and are taken as measured.
    here = slmtui(*asked, *SHORT, "--json")
    assert here.last["rows"] == done.last["rows"]
    assert not begun(list(here.objects))
