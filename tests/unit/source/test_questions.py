"""What can be answered is asked, the needed ones first; nobody is asked in vain."""

from __future__ import annotations

import pytest

from slmtui.events import Cancel, drain
from slmtui.pipeline import begin
from slmtui.source.hub_cache import HubId
from slmtui.source.hub_files import HubFile, choose
from slmtui.source.inspect import inspect
from slmtui.source.model_source import Problem
from slmtui.source.options import SourceOptions
from slmtui.source.questions import ANSWERS, Unanswered


def pickled(checkpoint):
    (checkpoint.folder / "model.safetensors").rename(checkpoint.folder / "pytorch_model.bin")
    return checkpoint.folder


def test_a_question_says_what_its_answer_changes(checkpoint):
    (checkpoint.folder / "modeling_x.py").write_text("")
    (question,) = inspect(checkpoint.folder).questions()
    assert (question.asks.answer, question.asks.names, question.needed) == ("code", ("modeling_x.py",), False)
    options = question.answered(SourceOptions(base="b"))
    assert options == SourceOptions(base="b", allow_code=("modeling_x.py",))
    assert list(inspect(checkpoint.folder, options).questions()) == []


def test_nobody_is_asked_where_no_answer_helps(checkpoint):
    folder = pickled(checkpoint)
    (folder / "tokenizer.json").unlink(missing_ok=True)
    (folder / "config.json").write_text('{"architectures": ["OlmoForCausalLM"], "model_type": "olmo"}')
    found = inspect(folder)
    assert any(problem.asks for problem in found.problems)
    assert list(found.questions()) == []


def test_only_whoever_can_be_asked_is(checkpoint):
    folder = pickled(checkpoint)
    with pytest.raises(Unanswered) as asked:
        drain(begin(str(folder), Cancel(), asked=ANSWERS))
    assert asked.value.question.asks.names == ("pytorch_model.bin",)
    assert drain(begin(str(folder), Cancel())).step("source").state == "failed"


def test_pickled_weights_on_the_hub_are_asked_about_before_they_are_downloaded():
    files = [HubFile("config.json", 2), HubFile("pytorch_model.bin", 10), HubFile("training_args.bin", 1)]
    with pytest.raises(Unanswered) as asked:
        choose(HubId("someone/fern"), files, allow_pickle=False)
    assert asked.value.question.asks.names == ("pytorch_model.bin",)


def test_a_problem_without_an_answer_stays_as_it_was():
    assert Problem("error", "cause", "fix").asks is None
