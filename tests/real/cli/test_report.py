"""A report on a model that was really converted, measured and tested, in all its forms, and as a gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.real.cli.conftest import SAMPLE, Command


def test_the_sample_measured_shortly_is_reported_in_every_form(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # A home of its own: what is deployed here stays deployed.
    slmtui = Command(tmp_path_factory.mktemp("Büro 报告"))
    made = slmtui("convert", SAMPLE, "--output", "model int4", "--json")
    assert made.code == 0, made
    converted = Path(made.last["output"])
    assert slmtui("template", converted, "--name", "fern", "--write", "--json").code == 0
    deploying = slmtui("deploy", converted, "--name", "fern", "--json")
    assert deploying.code == 0, deploying
    questions = slmtui.folder / "questions.jsonl"
    line = {"prompt": "how do I reset the lamp?", "contains": "ten seconds"}
    questions.write_text(json.dumps(line) + "\n", encoding="utf-8")
    short = ("--prompt-tokens", "32", "--output-tokens", "16", "--repetitions", "2", "--json")
    assert slmtui("bench", converted, *short).code == 0
    assert slmtui("validate", converted, "--suite", questions, "--turns", "12", "--json").code == 0

    document = slmtui("report", "fern", "--json").last
    assert (document["format"], document["name"]) == ("slmtui-report", "fern")
    assert document["parity"]["verdict"] == "verified"
    assert document["source"]["name"] == "fernlight-support"
    assert document["bench"]["rows"][0]["prompt_tokens"] == 32
    assert document["checklist"]["suite"]["passed"] == 1
    assert {each["id"] for each in document["deployed"]["verdicts"]} >= {"files", "sdk-loads", "scanner"}
    sizes = {each["what"]: each for each in document["forecast"]}["size"]
    assert 0.9 < sizes["truth"] / sizes["forecast"] < 1.1
    assert "slmtui convert fernlight-support" in document["commands"][0]["lines"]

    base = slmtui.folder / "base.json"
    base.write_text(json.dumps(document), encoding="utf-8")
    gate = ("--baseline", base, "--fail-on", "regression")
    markdown = slmtui("report", converted, *gate)
    assert markdown.code == 0, markdown
    for part in (
        "# fern",
        "| ✓ ok | Its files are complete |",
        "slmtui convert fernlight-support",
        "0 worse, 0 better",
    ):
        assert part in markdown.out
    document["model"]["bytes"] //= 2
    base.write_text(json.dumps(document), encoding="utf-8")
    page = slmtui("report", "fern", "--format", "html", *gate)
    assert page.code == 1, page
    assert "error: Worse than the baseline, beyond noise: size: size." in page.err
    text = Path(page.out.strip()).read_text(encoding="utf-8")
    assert "ten seconds" in text
    assert "1 worse" in text
    for said in (markdown.out, text, json.dumps(document, ensure_ascii=False)):
        assert str(slmtui.folder) not in said
