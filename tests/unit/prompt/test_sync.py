"""The chat template and the search options written on request, and undone byte for byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from slmtui.config import files, originals
from slmtui.events import Failure
from slmtui.prompt.chat_template import read_chat_template
from slmtui.prompt.derive import derive
from slmtui.prompt.families import family
from slmtui.prompt.prompt_template import ModelConfig, PromptTemplate
from slmtui.prompt.search_options import has_search, options_of, search_plan, undo_search, write_search
from slmtui.prompt.sync import is_synced, sync, sync_plan, unsync

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\r\n{{ m.content }}<|im_end|>{% endfor %}"
HAND = PromptTemplate("S {Content}\n", "U {Content}\n", "A {Content}\n", "U {Content}\nA")
GENAI = """{
  "model": {"type": "llama"},
  "search": {
    "do_sample": false,
    "top_k": 50,
    "top_p": 1.0
  }
}"""


def model(folder: Path, **contents: Any) -> Path:
    for name, content in contents.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name.replace("__", ".")).write_bytes(text.encode("utf-8"))
    return folder


def digest(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


PLACES: list[dict[str, Any]] = [
    {"chat_template__jinja": CHATML},
    {"tokenizer_config__json": {"chat_template": "x", "eos_token": "</s>"}},
    {"chat_template__jinja": CHATML, "tokenizer_config__json": {"chat_template": CHATML}},
    {"tokenizer_config__json": {"chat_template": [{"name": "default", "template": "x"}]}},
    {},
    {"chat_template__jinja": ""},
]


@pytest.mark.parametrize("places", PLACES)
def test_wherever_the_chat_template_stands_it_is_replaced_and_put_back(
    tmp_path: Path, places: dict[str, Any]
) -> None:
    folder = model(tmp_path, **places)
    before = digest(folder)
    plan = sync_plan(folder, HAND)
    assert digest(folder) == before, "a plan writes nothing"
    assert plan.diff
    assert not is_synced(folder)

    sync(plan)
    assert is_synced(folder)
    found = read_chat_template(folder)
    assert found is not None
    assert found.text == plan.after
    config = folder / "tokenizer_config.json"
    if config.exists():
        # onnxruntime-genai looks there first.
        assert json.loads(config.read_text(encoding="utf-8"))["chat_template"] == plan.after
    assert derive(folder).template == HAND
    assert sync_plan(folder, HAND).diff == ""

    sync(sync_plan(folder, family("vicuna").template))
    assert unsync(folder), "the way back leads to the very first"
    assert digest(folder) == before
    assert not unsync(folder)


def test_a_kill_between_any_two_writes_leaves_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = model(tmp_path, chat_template__jinja=CHATML, tokenizer_config__json={"chat_template": CHATML})
    before = digest(folder)
    plan = sync_plan(folder, HAND)
    for survived in range(4):
        writes = iter(range(10))

        def write(path: Path, content: bytes, last: int = survived, writes: Any = writes) -> None:
            if next(writes) == last:
                raise KeyboardInterrupt
            files.write_bytes_atomic(path, content)

        monkeypatch.setattr(originals, "write_bytes_atomic", write)
        with pytest.raises(KeyboardInterrupt):
            sync(plan)
        unsync(folder)
        assert digest(folder) == before


def test_the_beginning_token_that_the_tokenizer_adds_is_written_into_the_chat_template(
    tmp_path: Path,
) -> None:
    config = {"bos_token": "<s>", "add_bos_token": True}
    folder = model(tmp_path, tokenizer_config__json=config)
    sync(sync_plan(folder, HAND))
    assert "'<s>'" in (folder / "chat_template.jinja").read_text(encoding="utf-8")
    assert derive(folder).template == HAND


def test_a_null_character_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="null character"):
        sync_plan(model(tmp_path, chat_template__jinja=CHATML), PromptTemplate(prompt="\x00{Content}"))


def test_search_options_are_written_with_a_diff_and_undone(tmp_path: Path) -> None:
    folder = model(tmp_path, genai_config__json=GENAI)
    before = digest(folder)
    plan = search_plan(folder, ModelConfig(512, 0.3, 0.8, 1.2, 40, ("x",)))
    assert '+    "top_p": 0.8,' in plan.diff
    assert digest(folder) == before
    write_search(plan)
    assert has_search(folder)
    written = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    assert written["model"] == {"type": "llama"}
    assert written["search"] == {
        "do_sample": True,
        "top_k": 40,
        "top_p": 0.8,
        "max_length": 512,
        "temperature": 0.3,
        "repetition_penalty": 1.2,
    }
    assert search_plan(folder, ModelConfig(512, 0.3, 0.8, 1.2, 40)).diff == ""
    assert undo_search(folder)
    assert digest(folder) == before
    assert not undo_search(folder)


@pytest.mark.parametrize("config", [ModelConfig(temperature=0), ModelConfig(top_k=1)])
def test_the_likeliest_token_each_time_is_no_sampling(config: ModelConfig) -> None:
    assert options_of(config)["do_sample"] is False
    assert options_of(config).get("temperature") != 0


def test_without_a_runtime_configuration_there_is_nothing_to_write_into(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"no genai_config\.json"):
        search_plan(tmp_path, ModelConfig())


def test_what_others_edited_is_neither_overwritten_nor_undone_unseen(
    tmp_path: Path,
) -> None:
    folder = model(tmp_path, chat_template__jinja=CHATML, genai_config__json=GENAI)
    before = digest(folder)
    wish, options = sync_plan(folder, HAND), search_plan(folder, ModelConfig())
    files = folder / "chat_template.jinja", folder / "genai_config.json"
    for file, deed in zip(files, (lambda: sync(wish), lambda: write_search(options)), strict=True):
        original = file.read_bytes()
        file.write_bytes(original + b" ")
        with pytest.raises(Failure, match="another program"):
            deed()
        file.write_bytes(original)
        deed()
        assert originals.is_kept(originals.original_of(file))
    for file, undo in zip(files, (unsync, undo_search), strict=True):
        ours = file.read_bytes()
        file.write_bytes(ours + b" ")
        with pytest.raises(Failure, match="changed after slmtui wrote it") as failure:
            undo(folder)
        assert originals.original_of(file).name in failure.value.fix
        file.write_bytes(ours)
        assert undo(folder)
    assert digest(folder) == before
