"""Whether the prompt template on the disk is the one that was proved, and the one that is deployed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from slmtui.prompt.station import FILE_NAME

# What a prompt is made of: the PromptTemplate, and the chat template wherever it stands.
_FILES = (FILE_NAME, "chat_template.jinja", "tokenizer_config.json")


def template_digest(model_dir: Path) -> str:
    """A short name for the content of the files that a prompt is made of; files that are not there count."""
    digest = hashlib.sha256()
    for name in _FILES:
        try:
            content = (model_dir / name).read_bytes()
        except OSError:
            content = b""
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:20]
