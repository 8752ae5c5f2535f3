"""The truth token by token, with the real tokenizers: any messages, any Unicode, template tokens in them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from slmtui.events import Cancel, Cancelled, Failure
from slmtui.prompt import truth_teller
from slmtui.prompt.families import family
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.station import plan
from slmtui.prompt.sync import sync, sync_plan
from slmtui.prompt.truth_report import agreement
from slmtui.prompt.truth_teller import TruthTeller
from slmtui.runtime.parameters import Message
from tests.waiting import LONG_BEFORE

TOKENS = ["<|im_start|>", "<|im_end|>", "<|im_end|>\n<|im_start|>assistant\n", "<|endoftext|>", "<|im_", "|>"]
PIECES = [
    *TOKENS,
    "{Content}",
    "{{ x }}",
    "{% if %}",
    "\n",
    "\r\n",
    "\t",
    "  ",
    "a",
    "’s",
    "123",
    "👩‍👩‍👧",
    "你好",
]
# The sample's tokenizer has rules for composed characters (NFC) that the runtime does not have; and a null
# character ends a text there.
words = (
    some.text(some.characters(exclude_categories=["Cs", "Cn", "Co"], exclude_characters="\x00"), max_size=20)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: unicodedata.is_normalized("NFC", text))
)
text = words | some.lists(some.sampled_from(PIECES), max_size=8).map("".join)
conversation = some.tuples(text, some.lists(some.tuples(text, text), max_size=2), text).map(
    lambda parts: [
        Message("system", parts[0]),
        *(Message(role, said) for turn in parts[1] for role, said in zip(("user", "assistant"), turn)),  # noqa: B905
        Message("user", parts[2]),
    ]
)
PATIENT = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def sample(converted_sample: Path) -> Iterator[tuple[TruthTeller, PromptTemplate]]:
    with TruthTeller(converted_sample) as teller:
        yield teller, plan(converted_sample, "fern").inference_model.prompt_template


@pytest.fixture(scope="module")
def smollm(
    converted_sample: Path, smollm2: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TruthTeller, PromptTemplate]]:
    """SmolLM2's own tokenizer and chat template out of its GGUF file; the truth needs no weights."""
    folder = tmp_path_factory.mktemp("smollm2")
    load = "AutoTokenizer.from_pretrained(sys.argv[1], gguf_file=sys.argv[2]).save_pretrained(sys.argv[3])"
    subprocess.run(
        [
            *(sys.executable, "-c", f"import sys; from transformers import AutoTokenizer; {load}"),
            *(str(smollm2.parent), smollm2.name, str(folder)),
        ],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        check=True,
    )
    config = json.loads((converted_sample / "genai_config.json").read_text(encoding="utf-8"))
    config["model"] |= {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2, "vocab_size": 49152}
    (folder / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    with TruthTeller(folder) as teller:
        yield teller, plan(folder, "smollm").inference_model.prompt_template


@PATIENT
@given(conversation)
def test_any_conversation_with_the_sample_is_the_same_three_times(
    sample: tuple[TruthTeller, PromptTemplate], messages: list[Message]
) -> None:
    teller, template = sample
    truth = teller.look(messages, template)
    lacking = "lacks a byte" in truth.verdict.evidence
    assert truth.identical or lacking, truth.first_difference


@PATIENT
@given(conversation)
def test_any_conversation_with_smollm2_is_the_same_three_times(
    smollm: tuple[TruthTeller, PromptTemplate], messages: list[Message]
) -> None:
    teller, template = smollm
    truth = teller.look(messages, template)
    assert truth.identical or "lacks a byte" in truth.verdict.evidence, truth.first_difference


def test_tokens_in_a_message_are_said(sample: tuple[TruthTeller, PromptTemplate]) -> None:
    teller, template = sample
    truth = teller.look([Message("user", "a<|im_end|>b")], template)
    finding = next(f for f in truth.findings if f.id == "content-is-text")
    assert finding.status == "warn"
    assert "<|im_end|>" in finding.evidence
    assert [f.status for f in truth.findings if f is not finding] == ["ok", "ok", "ok"]


@pytest.mark.parametrize("said", ["Hello", "∞ 灯 🙂 naïve"])  # the small vocabulary has bytes for these
def test_special_tokens_are_known_and_text_is_whole(
    sample: tuple[TruthTeller, PromptTemplate], said: str
) -> None:
    teller, template = sample
    made = teller.look([Message("user", said)], template).of("runtime")
    assert made.text is not None
    assert "".join(token.text for token in made.tokens) == made.text
    assert [token.text for token in made.tokens if token.special] == [
        "<|im_start|>",
        "<|im_end|>",
        "<|im_start|>",
    ]


def test_a_loaded_teller_goes_on_answering_without_loading_again(
    sample: tuple[TruthTeller, PromptTemplate],
) -> None:
    teller, template = sample
    messages = [Message("user", "What is wrong with my lamp? " * 20)]
    teller.look(messages, template)
    child = teller._child
    looks = [teller.look(messages, template) for _ in range(10)]
    assert teller._child is child
    assert looks == looks[:1] * 10


def test_a_default_system_message_is_the_first_difference(
    smollm: tuple[TruthTeller, PromptTemplate],
) -> None:
    teller, template = smollm
    truth = teller.look([Message("user", "Hi")], template)
    assert truth.verdict.status == "warn"
    assert truth.first_difference is not None
    assert truth.first_difference.between == ("transformers", "prompt_template")
    assert truth.first_difference.token == 1


def test_another_family_is_found_out(sample: tuple[TruthTeller, PromptTemplate]) -> None:
    teller, _ = sample
    truth = teller.look([Message("user", "Hi")], family("llama3").template)
    states = {finding.id: finding.status for finding in truth.findings}
    assert states["eos-is-end-of-turn"] == "fail"
    assert states["special-tokens-whole"] == "warn"
    assert truth.verdict.status == "warn"


@pytest.fixture
def copied(converted_sample: Path, tmp_path: Path) -> Path:
    """The sample without its weights: the truth needs none."""
    for name in ("tokenizer.json", "tokenizer_config.json", "config.json", "genai_config.json"):
        shutil.copyfile(converted_sample / name, tmp_path / name)
    shutil.copyfile(converted_sample / "chat_template.jinja", tmp_path / "chat_template.jinja")
    return tmp_path


def test_a_template_changed_by_hand_differs_until_the_chat_template_is_written(
    copied: Path, sample: tuple[TruthTeller, PromptTemplate]
) -> None:
    template = PromptTemplate("S {Content}\n", "U {Content}\n", "A {Content}\n", "U {Content}\nA")
    assert not sample[0].look([Message("user", "Hi")], template).identical
    sync(sync_plan(copied, template))
    after = agreement(copied, template)
    assert after.identical
    assert after.as_json()["first_difference"] is None


def test_where_two_chat_templates_stand_the_runtime_reads_the_other_one(copied: Path) -> None:
    config = json.loads((copied / "tokenizer_config.json").read_text(encoding="utf-8"))
    config["chat_template"] = "{% for m in messages %}other {{ m.content }}{% endfor %}"
    (copied / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    template = plan(copied, "fern").inference_model.prompt_template
    made = agreement(copied, template)
    assert made.shown[1].verdict.status == "fail"
    assert "other" in str(made.shown[1].first_difference)
    sync(sync_plan(copied, template))
    assert agreement(copied, template).identical


def test_an_end_of_turn_at_which_the_runtime_does_not_stop_is_a_failure(copied: Path) -> None:
    config = json.loads((copied / "genai_config.json").read_text(encoding="utf-8"))
    config["model"]["eos_token_id"] = 0
    (copied / "genai_config.json").write_text(json.dumps(config), encoding="utf-8")
    with TruthTeller(copied) as teller:
        truth = teller.look([Message("user", "Hi")], plan(copied, "x").inference_model.prompt_template)
    finding = next(f for f in truth.findings if f.id == "eos-is-end-of-turn")
    assert finding.status == "fail"
    assert "eos_token_id" in finding.fix


def test_a_template_without_end_is_stopped_and_the_next_look_starts_anew(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (copied / "chat_template.jinja").read_text(encoding="utf-8")
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    (copied / "chat_template.jinja").write_text(endless, encoding="utf-8")
    monkeypatch.setattr(truth_teller, "LOOK_SECONDS", 1.0)
    with TruthTeller(copied) as teller:
        with pytest.raises(Failure, match="gave no answer") as failure:
            teller.look([Message("user", "Hi")], family("chatml").template)
        assert failure.value.fix
        monkeypatch.setattr(truth_teller, "LOOK_SECONDS", 20.0)
        (copied / "chat_template.jinja").write_text(good, encoding="utf-8")
        assert teller.look([Message("user", "Hi")], family("chatml").template).identical


def test_a_damaged_tokenizer_is_a_failure_with_a_fix(copied: Path) -> None:
    (copied / "tokenizer.json").write_text("{", encoding="utf-8")
    with TruthTeller(copied) as teller, pytest.raises(Failure, match="cannot be loaded") as failure:
        teller.look([Message("user", "Hi")], family("chatml").template)
    assert failure.value.fix


def test_a_cancelled_look_ends_at_once_with_its_child(copied: Path) -> None:
    cancel = Cancel()
    teller = TruthTeller(copied, cancel)
    child = teller._child  # what has to be gone afterwards
    assert child is not None
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        teller.look([Message("user", "Hi")], family("chatml").template)
    assert time.monotonic() - started < LONG_BEFORE
    assert not child.alive
    if os.name == "posix":
        with pytest.raises(ProcessLookupError):
            os.kill(child.pid, 0)
