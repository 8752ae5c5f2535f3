"""What lies beside the weights and belongs to the model: configuration, tokenizer, template, card, code."""

from __future__ import annotations

import shutil
from pathlib import Path

_KEPT = {".json", ".jinja", ".txt", ".model", ".md", ".py"}
_OF_WEIGHTS = (".index.json",)
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "tokenizer.model",
)
TEMPLATES = ("chat_template.jinja", "chat_template.json")


def copy_side_files(source: Path, folder: Path) -> None:
    """Copy them from one checkpoint's folder to another's, code in folders below as well."""
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if len(inside.parts) > 1 and path.suffix != ".py":
            continue
        if path.is_file() and path.suffix in _KEPT and not path.name.endswith(_OF_WEIGHTS):
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / inside)
