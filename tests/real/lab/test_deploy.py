"""A variant put in place: where the model was before, with the templates somebody wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.conversion.recipe import recipe
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Cancelled, Failure, Verdict, drain
from slmtui.lab.deploy import put_in_place

RECIPE = recipe("int4")


def converted(name: str, output: Path) -> Deployment:
    """A deployment of the sample, whose model is in `output`."""
    begun = drain(pipeline.begin("fernlight-support", Cancel(), name))
    plan = pipeline.conversion_plan(begun, output=output, recipe=RECIPE)
    return drain(pipeline.convert(begun, plan, Cancel()))


def test_a_variant_goes_where_the_model_was_and_keeps_its_template_and_takes_nobody_elses_place(
    tmp_path: Path,
) -> None:
    cache, one, other = tmp_path / "a cache", tmp_path / "lab" / "one", tmp_path / "lab" / "other"
    first = converted("fern", one)
    first = pipeline.write_template(first, pipeline.template_plan(first))
    first = drain(pipeline.deploy(first, pipeline.deploy_plan(first, cache, version=2), Cancel()))
    another = converted("another", other)
    derived = (one / "inference_model.json").read_text(encoding="utf-8")
    written = derived.replace("2048", "1024")
    assert written != derived
    (other / "inference_model.json").write_text(written, encoding="utf-8")
    pipeline.sync_chat_template(another, pipeline.sync_plan(another, written))
    synced = (other / "chat_template.jinja").read_bytes()
    made = (other / "slmtui.json").stat().st_mtime_ns

    second = drain(put_in_place(first, other, RECIPE, Cancel()))

    assert second.next_station() == "runtime"
    assert second.step("conversion").record["cached"] is True
    assert (other / "slmtui.json").stat().st_mtime_ns == made
    was, now = first.step("foundry").record, second.step("foundry").record
    assert (now["cache_dir"], now["version"], now["model_id"]) == (str(cache), 2, was["model_id"])
    assert (other / "inference_model.json").read_text(encoding="utf-8") == written
    assert pipeline.is_synced(second)
    for folder in (other, Path(now["target"])):
        assert (folder / "chat_template.jinja").read_bytes() == synced
    assert '"max_length": 1024' in (Path(now["target"]) / "inference_model.json").read_text(encoding="utf-8")

    # What is cancelled or cannot be had leaves the deployment as it was.
    cancel = Cancel()
    service = put_in_place(second, one, RECIPE, cancel)
    next(event for event in service if isinstance(event, Verdict) and event.id == "files")
    cancel.set()
    with pytest.raises(Cancelled):
        drain(service)
    kept = deployments.load("fern")
    assert kept.next_station() == "runtime"
    assert kept.step("conversion").record["output"] == str(other)
    (one / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Failure, match="exists and is not empty"):
        drain(put_in_place(second, one, RECIPE, Cancel()))
    kept = deployments.load("fern")
    assert kept.next_station() == "runtime"
    assert kept.step("conversion").record["output"] == str(other)

    # Somebody else's model of that name stays, and the deployment waits for what its user says of it.
    theirs = pipeline.deploy_plan(first).target
    theirs.mkdir(parents=True)
    (theirs / "genai_config.json").write_text("{}", encoding="utf-8")
    stranger = Deployment.new("fern", Path(first.source))
    third = drain(put_in_place(stranger.with_step("source", "verified"), other, RECIPE, Cancel()))
    assert third.next_station() == "foundry"
    assert third.step("foundry").state == "waiting"
    assert [each.name for each in theirs.iterdir()] == ["genai_config.json"]
