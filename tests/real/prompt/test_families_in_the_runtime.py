"""Every family's chat template in transformers, in onnxruntime-genai's own engine, and as PromptTemplate."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from slmtui.prompt.derive import derive
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.sync import sync, sync_plan
from slmtui.prompt.trial import CONVERSATIONS
from slmtui.prompt.truth_teller import TruthTeller
from slmtui.runtime.parameters import Message
from slmtui.runtime.protocol import messages_json

HERE = Path(__file__).parent
TEMPLATES = HERE.parent.parent / "data" / "chat_templates"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((TEMPLATES / "expected.toml").read_text(encoding="utf-8"))
ODD = "  {Content} <|im_end|>\n{{ x }} </s>[INST]\t👩‍👩‍👧 你好 \u202e'\"\\\r\nlast "
ASKED = (
    *(messages for _, messages in CONVERSATIONS),
    (Message("user", ODD),),
    (Message("system", ODD), Message("user", ODD), Message("assistant", ODD), Message("user", ODD)),
)
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "config.json", "genai_config.json")

EOS = "</s>"
# Their templates have line ends behind blocks, which transformers drops (trim_blocks) and the runtime
# (0.14.1) writes into the prompt.
UNLIKE = {"llama3", "zephyr"}
Look = dict[str, dict[str, Any]]


def make(converted: Path, folder: Path, name: str, *, adds_bos: bool | None = None) -> Path:
    """The sample's tokenizer with a family's chat template and its beginning-of-sequence token.

    The tokenizer adds that token itself, but for families that write it before every turn: there the older
    runtime would begin with two, which is a finding of its own (`adds_bos`).
    """
    expected = EXPECTED[name]
    bos = expected["bos"]
    template = (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")
    folder.mkdir()
    for file in _TOKENIZER:
        shutil.copyfile(converted / file, folder / file)
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8", newline="")
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    config |= {"eos_token": EOS} | ({"bos_token": bos} if bos else {})
    add(tokenizer, EOS)
    number = add(tokenizer, bos) if bos else 0
    if adds_bos or (bos and adds_bos is None and not expected["user"].startswith(bos)):
        # "single" and "pair" are a sequence with what stands before it.
        first: Any = {"SpecialToken": {"id": bos, "type_id": 0}}
        one: Any = {"Sequence": {"id": "A", "type_id": 0}}
        tokenizer["post_processor"] = {
            "type": "TemplateProcessing",
            "single": [first, one],
            "pair": [first, one, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {bos: {"id": bos, "ids": [number], "tokens": [bos]}},
        }
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    return folder


def add(tokenizer: dict[str, Any], token: str) -> int:
    """The id of `token`, which the tokenizer never splits from now on."""
    entries = tokenizer["added_tokens"]
    known = {entry["content"]: int(entry["id"]) for entry in entries}
    if token not in known:
        known[token] = max(*known.values(), *tokenizer["model"]["vocab"].values()) + 1
        entries.append(entries[0] | {"id": known[token], "content": token, "special": True})
    return known[token]


Folders = dict[str, tuple[Path, PromptTemplate]]


def looks(folders: Folders) -> subprocess.Popen[str]:
    """The process that makes each conversation with both libraries for every folder."""
    entries = [
        {
            "folder": str(folder),
            "conversations": [
                {
                    "messages": messages_json(messages),
                    "open_answer": True,
                    "prompt_template": template.render(messages),
                }
                for messages in ASKED
            ],
        }
        for folder, template in folders.values()
    ]
    wanted = next(iter(folders.values()))[0].parent / "conversations.json"
    wanted.write_text(json.dumps(entries), encoding="utf-8")
    with wanted.open(encoding="utf-8") as file:
        return subprocess.Popen(
            [sys.executable, "-X", "utf8", str(HERE / "make_with_both.py")],
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
        )


@pytest.fixture(scope="session")
def made(
    converted_sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, list[Look]]]:
    """What both libraries make of every family, by its `own` chat template and by the `written` one."""
    places: dict[str, Folders] = {"own": {}, "written": {}}
    for kind, folders in places.items():
        place = tmp_path_factory.mktemp(kind)
        for name in EXPECTED:
            folder = make(converted_sample, place / name, name)
            template = places["own"][name][1] if kind == "written" else derive(folder).template
            if kind == "written":
                sync(sync_plan(folder, template))
            folders[name] = (folder, template)
    running = {kind: looks(folders) for kind, folders in places.items()}  # side by side: one each
    results: dict[str, dict[str, list[Look]]] = {}
    for kind, process in running.items():
        out, said = process.communicate(timeout=280)
        assert process.returncode == 0, said[-3000:]
        results[kind] = dict(zip(places[kind], json.loads(out.splitlines()[-1]), strict=True))
    return results


@pytest.fixture(scope="session")
def own(made: dict[str, dict[str, list[Look]]]) -> dict[str, list[Look]]:
    """Each family by its own chat template, with the PromptTemplate derived from it."""
    return made["own"]


@pytest.fixture(scope="session")
def written(made: dict[str, dict[str, list[Look]]]) -> dict[str, list[Look]]:
    """Each family by the chat template that slmtui writes for its PromptTemplate."""
    return made["written"]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_runtime_makes_of_a_family_what_transformers_makes(name: str, own: dict[str, list[Look]]) -> None:
    if name in UNLIKE:
        runtime, hugging = (own[name][0][source]["text"] for source in ("runtime", "transformers"))
        assert runtime != hugging
        assert runtime.split() == hugging.split()
        return
    for messages, look in zip(ASKED, own[name], strict=True):
        assert look["runtime"]["text"] == look["transformers"]["text"], messages
        assert look["runtime"]["tokens"] == look["transformers"]["tokens"]
        if look["transformers"]["text"] is None:
            assert look["runtime"]["refusal"]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_chat_template_that_is_written_makes_all_three_the_same(
    name: str, written: dict[str, list[Look]]
) -> None:
    for messages, look in zip(ASKED, written[name], strict=True):
        texts = [look[source]["text"] for source in ("transformers", "runtime", "prompt_template")]
        assert texts[0] is not None, messages
        # The beginning of the sequence is left to the tokenizer by one and written by the others.
        assert [text.removeprefix(EXPECTED[name]["bos"]) for text in texts] == [
            texts[0].removeprefix(EXPECTED[name]["bos"])
        ] * 3, messages
        assert (
            look["runtime"]["tokens"] == look["transformers"]["tokens"] == look["prompt_template"]["tokens"]
        )


def test_a_tokenizer_that_adds_the_token_which_the_template_writes_too_is_found_out(
    converted_sample: Path, tmp_path: Path
) -> None:
    """Llama 2 writes `<s>` before every turn; its tokenizer adds one, and the older runtime gets two."""
    folder = make(converted_sample, tmp_path / "llama2", "llama2", adds_bos=True)
    template = derive(folder).template
    with TruthTeller(folder) as teller:
        truth = teller.look([Message("user", "Hi")], template)
    finding = next(each for each in truth.findings if each.id == "no-doubled-bos")
    assert finding.status == "fail"
    assert "PromptTemplate" in finding.evidence
    assert truth.of("prompt_template").ids[0] == truth.of("prompt_template").ids[1]
    assert truth.of("runtime").ids == truth.of("transformers").ids
    assert truth.of("prompt_template").ids[1:] == truth.of("runtime").ids
