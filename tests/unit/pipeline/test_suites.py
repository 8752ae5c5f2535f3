"""A model's own suite: copied from the sample's, grown from the chat; answers keep their lines."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from slmtui.deployment import Deployment
from slmtui.events import Failure
from slmtui.foundry import ledger
from slmtui.measure.checklist_item import Checklist
from slmtui.measure.suite import Suite, SuiteLine
from slmtui.pipeline import grow_suite, measurements, save_suite, suite_of, suite_path
from slmtui.pipeline.measurements import keep
from slmtui.runtime.conversation import Conversation, Turn
from slmtui.runtime.parameters import Message
from slmtui.source import samples

LINE = SuiteLine((Message("user", "How?"),), name="how", contains=("So",))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "genai_config.json").write_text("{}", "utf-8")
    return folder


def talk(*turns: Turn) -> Conversation:
    return Conversation("0" * 16, "model", "", turns)


def test_a_judged_answer_becomes_a_question_and_a_later_judgement_replaces_it(model: Path) -> None:
    said = talk(Turn("Hi", "Hello.", right=True), Turn("How?", "Maybe.", right=False, expected="So."))
    suite, more = grow_suite(model, said, 0)
    assert (more, len(suite.lines), suite.lines[0].equals) == (True, 1, "Hello.")
    suite, more = grow_suite(model, said, 1)
    assert (more, suite.lines[1].equals, suite.lines[1].answer) == (True, "So.", "Maybe.")
    # The question comes after the turn before it, as it was asked.
    assert [message.content for message in suite.lines[1].messages] == ["Hi", "Hello.", "How?"]
    again = dataclasses.replace(said.turns[1], expected="Otherwise.")
    suite, more = grow_suite(model, talk(said.turns[0], again), 1)
    assert (more, len(suite.lines), suite.lines[1].equals) == (False, 2, "Otherwise.")
    assert suite_of(model) == suite


def test_an_answer_that_nobody_judged_is_not_added(model: Path) -> None:
    with pytest.raises(Failure, match="not judged"):
        grow_suite(model, talk(Turn("Hi", "Hello.", right=True), Turn("How?", "So.")), 1)
    assert not suite_path(model).exists()


def test_a_folder_that_no_deployment_speaks_of_has_the_suite_of_its_sample(
    model: Path,
) -> None:
    assert suite_of(model) is None
    made = {"source": {"path": str(samples.resolve("fernlight-support"))}}
    (model / "slmtui.json").write_text(json.dumps(made), "utf-8")
    copy = model.with_name("copy")
    shutil.copytree(model, copy, ignore=shutil.ignore_patterns("slmtui.json"))
    ledger.enter(ledger.Entry("fern", 1, copy, model.parent, model, "deployed"))

    assert [suite.name for each in (model, copy) if (suite := suite_of(each))] == ["suite.jsonl"] * 2

    (model / "slmtui.json").write_text("[]", "utf-8")
    assert suite_of(model) is None


def test_the_samples_suite_stays_as_it_is_and_the_copy_is_the_models_own(model: Path) -> None:
    source = samples.resolve("fernlight-support")
    one = Deployment.new("fern", source).with_step("source", "verified", sample="fernlight-support")
    one.with_step("conversion", "verified", output=str(model)).save()
    shipped = suite_of(model)
    assert shipped is not None
    before = shipped.path.read_bytes() if shipped.path else b""
    suite, more = grow_suite(model, talk(Turn("How?", "So.", right=True)), 0)
    assert more
    assert suite.lines[:-1] == shipped.lines
    assert suite.path == suite_path(model) == suite_path(model).parent / "fern.jsonl"
    assert shipped.path is not None
    assert shipped.path.read_bytes() == before
    assert suite_of(model) == suite


def test_a_suite_without_questions_is_refused(model: Path) -> None:
    save_suite(model, (LINE,))
    with pytest.raises(Failure, match="one question at least"):
        save_suite(model, ())
    assert suite_of(model) == Suite((LINE,), suite_path(model))


def test_the_suite_that_was_asked_is_kept_with_its_answers(model: Path) -> None:
    keep(model, Checklist(()), Suite((LINE,)))
    asked = measurements(model).asked
    assert asked is not None
    assert asked.lines == (LINE,)
    keep(model, Checklist(()))
    assert measurements(model).asked is None
