"""Both worlds: the chat template that renders what a PromptTemplate changed by hand says.

The older Foundry Local reads `PromptTemplate`; the newer one and slmtui's own chat render the tokenizer's
chat template. Who changes the first by hand has two models in one; `sync` writes the second so that they
agree.

A chat template may stand in two places, and they are read in different order: transformers takes
`chat_template.jinja` first, onnxruntime-genai (0.14.1) `chat_template` in `tokenizer_config.json`. So the
file is written, and where the configuration has a template of its own, that is replaced as well. What was
there before stays beside it (`….original`), and `unsync` puts it back byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from slmtui.config import originals
from slmtui.config.json_text import set_at
from slmtui.events import Failure
from slmtui.prompt.chat_template import read_chat_template
from slmtui.prompt.families import strings
from slmtui.prompt.jinja_writer import chat_template_for
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.text_diff import unified
from slmtui.prompt.tokenizer_files import adds_itself, named_tokens, read_json

FILE_NAME = "chat_template.jinja"
CONFIG_NAME = "tokenizer_config.json"


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What would be written to `target`.

    `before` is the chat template in force, empty if there is none; `diff` is a unified diff, empty if nothing
    would change. `config` is the new text of `tokenizer_config.json`, None where it has no chat template.
    `seen` is what both files held when the plan was made.
    """

    model_dir: Path
    before: str
    after: str
    diff: str
    target: Path
    config: str | None
    seen: tuple[bytes | None, bytes | None]


def sync_plan(model_dir: Path, template: PromptTemplate) -> SyncPlan:
    """What `sync` would write; writes nothing.

    Raises:
        Failure: a file of the tokenizer cannot be read, or a string holds what no chat template can.
    """
    if "\x00" in strings(template):
        raise Failure(
            "PromptTemplate holds a null character, at which the runtime ends every text.", "Take it out."
        )
    config_file = model_dir / CONFIG_NAME
    seen = originals.content_of(model_dir / FILE_NAME), originals.content_of(config_file)
    config = read_json(config_file)
    present = read_chat_template(model_dir)
    before = "" if present is None else present.text
    # PromptTemplate leaves the beginning of the sequence to the tokenizer; a chat template is encoded without
    # the tokens a tokenizer adds, so it has to say it.
    bos = named_tokens(model_dir, config).get("bos_token", "")
    if not bos or not adds_itself(bos, read_json(model_dir / "tokenizer.json"), config):
        bos = ""
    after = chat_template_for(template, bos)
    text = None
    if config.get("chat_template"):
        text = set_at(config_file.read_text(encoding="utf-8-sig"), ("chat_template",), after)
    diff = unified(before, after, FILE_NAME)
    return SyncPlan(model_dir, before, after, diff, model_dir / FILE_NAME, text, seen)


def sync(plan: SyncPlan) -> None:
    """Write the chat template; the originals are kept first, so that a kill leaves nothing lost.

    Raises:
        Failure: the folder cannot be written, or a file was changed since the plan was made.
    """
    config_file = plan.model_dir / CONFIG_NAME
    if plan.config is not None and originals.content_of(config_file) != plan.seen[1]:
        raise originals.changed(config_file)  # before one of the two is written
    originals.replace(plan.target, plan.after, plan.seen[0])
    if plan.config is not None:
        originals.replace(config_file, plan.config, plan.seen[1])


def unsync(model_dir: Path) -> bool:
    """Put the original chat template back, byte for byte; False if there is nothing to undo.

    Raises:
        Failure: the folder cannot be written, or a file was changed since `sync`.
    """
    files = [model_dir / name for name in (CONFIG_NAME, FILE_NAME)]
    for file in files:
        originals.check(file)
    undone = [originals.restore(file) for file in files]
    return any(undone)


def is_synced(model_dir: Path) -> bool:
    """Whether `sync` was here and was not undone."""
    return any(originals.kept(model_dir / name) for name in (FILE_NAME, CONFIG_NAME))
