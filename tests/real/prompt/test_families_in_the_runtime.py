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


def make(converted: Path, folder: Path, name: str) -> Path:
    """The sample's tokenizer with a family's chat template and its beginning-of-sequence token.

    The tokenizer adds that token itself, but for families that write it before every turn: there the older
    runtime would begin with two, which is a finding of its own.
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
    if bos and not expected["user"].startswith(bos):
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


def looks(folders: dict[str, tuple[Path, PromptTemplate]]) -> dict[str, list[Look]]:
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
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(HERE / "make_with_both.py")],
        input=json.dumps(entries),
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(folders, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.fixture(scope="session")
def own(converted_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Look]]:
    """Each family by its own chat template, with the PromptTemplate derived from it."""
    place = tmp_path_factory.mktemp("families")
    folders: dict[str, tuple[Path, PromptTemplate]] = {}
    for name in EXPECTED:
        folder = make(converted_sample, place / name, name)
        folders[name] = (folder, derive(folder).template)
    return looks(folders)


@pytest.fixture(scope="session")
def written(converted_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Look]]:
    """Each family by the chat template that slmtui writes for its PromptTemplate."""
    place = tmp_path_factory.mktemp("written")
    folders: dict[str, tuple[Path, PromptTemplate]] = {}
    for name in EXPECTED:
        folder = make(converted_sample, place / name, name)
        template = derive(folder).template
        sync(sync_plan(folder, template))
        folders[name] = (folder, template)
    return looks(folders)


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
