"""What the tokenizer's files say about special tokens, read without loading a tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.config import json_file


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; an empty one if there is no such file.

    Raises:
        Failure: it cannot be read, or holds no JSON object.
    """
    return json_file.read_json(path, again="convert the model again") if path.exists() else {}


def named_tokens(model_dir: Path, config: Mapping[str, Any]) -> dict[str, str]:
    """The named special tokens (`bos_token`, `eos_token`, …) as transformers hands them to a chat template.

    `config` is `tokenizer_config.json`. The old `special_tokens_map.json` counts, and wins, only where
    `tokenizer_config.json` lists no `added_tokens_decoder`: that is how transformers reads them.
    """
    found: dict[str, Any] = dict(config)
    if "added_tokens_decoder" not in config:
        found |= read_json(model_dir / "special_tokens_map.json")
    tokens: dict[str, str] = {}
    for name, value in found.items():
        token = value.get("content") if isinstance(value, dict) else value
        if name.endswith("_token") and isinstance(token, str):
            tokens[name] = token
    return tokens


def added_tokens(tokenizer: Mapping[str, Any]) -> frozenset[str]:
    """The tokens that `tokenizer.json` never splits."""
    entries = tokenizer.get("added_tokens")
    if not isinstance(entries, list):
        return frozenset()
    return frozenset(str(entry.get("content")) for entry in entries if isinstance(entry, dict))


def adds_itself(token: str, tokenizer: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    """Whether the tokenizer puts `token` before every text of its own accord.

    `tokenizer` is `tokenizer.json`, whose post-processor decides; `add_bos_token` in
    `tokenizer_config.json` (`config`) switches it on as well.
    """
    return config.get("add_bos_token") is True or _begins_with(token, tokenizer.get("post_processor"))


def _begins_with(token: str, processor: object) -> bool:
    if not isinstance(processor, dict):
        return False
    if processor.get("type") == "Sequence":
        parts = processor.get("processors")
        return isinstance(parts, list) and any(_begins_with(token, part) for part in parts)
    single = processor.get("single")
    if not isinstance(single, list) or not single or not isinstance(single[0], dict):
        return False
    special = single[0].get("SpecialToken")
    return isinstance(special, dict) and special.get("id") == token
