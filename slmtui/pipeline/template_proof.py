"""Whether the prompt template on the disk is the one that was proved, and the one that is deployed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from slmtui.prompt.station import FILE_NAME

# What a prompt is made of: the PromptTemplate, and the chat template wherever it stands.
_CHAT_TEMPLATE = ("chat_template.jinja", "tokenizer_config.json")
_FILES = (FILE_NAME, *_CHAT_TEMPLATE)


def template_digest(model_dir: Path) -> str:
    """A short name for the content of the files that a prompt is made of; files that are not there count."""
    return _digest(model_dir, _FILES)


def chat_template_digest(model_dir: Path) -> str:
    """The same without the PromptTemplate: what the prompts of the chat and of the checklist are made of."""
    return _digest(model_dir, _CHAT_TEMPLATE)


def _digest(model_dir: Path, names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        try:
            content = (model_dir / name).read_bytes()
        except OSError:
            content = b""
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:20]
