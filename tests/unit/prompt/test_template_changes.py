"""Changes of a model's template, and the deployed copies that lag behind them."""

from __future__ import annotations

import shutil
from pathlib import Path

from slmtui import deployment as deployments
from slmtui import pipeline
from slmtui.foundry import ledger
from slmtui.foundry.ledger import Entry
from slmtui.foundry.model_folder import inference_model
from tests.tui.template_bench import GUIDE, converted, model_folder


def test_a_model_that_is_deployed_waits_to_be_deployed_again(tmp_path: Path) -> None:
    model = model_folder(tmp_path / "model")
    cache = tmp_path / "cache"
    (model / "inference_model.json").write_text(GUIDE)
    copy = cache / "custom" / "fernlight-support"
    shutil.copytree(model, copy)
    before = converted(model)
    plan = pipeline.template_plan(before)
    written = pipeline.write_template(before, plan, GUIDE)
    (copy / "inference_model.json").write_text(inference_model(model, "fernlight-support", 2048))
    ledger.enter(Entry("fernlight-support", 1, copy, cache, model, "deployed"))
    written.with_step("foundry", "verified", target=str(copy), model_id="fernlight-support:1").save()
    assert pipeline.behind(model) == ()

    wish = pipeline.sync_plan(written, GUIDE)
    after = pipeline.sync_chat_template(deployments.load("fernlight-support"), wish)
    assert after.next_station() == "foundry"
    assert [found.model_id for found in pipeline.behind(model)] == ["fernlight-support:1"]
    assert pipeline.behind(model.parent / "model" / ".." / "model"), "the same folder by another way"
    undone = pipeline.undo_sync(after)
    assert undone is not None
    assert pipeline.behind(model) == ()
