"""Runs in a process of its own: renders conversations with transformers, as the truth to compare with.

Standard input: `[{"folder", "template", "tokens", "conversations": [[[role, content], …], …]}, …]`. With a
template, a small tokenizer that has it is made and saved to `folder` first; without, `folder` holds one.
Standard output: for each entry the texts, an answer opened and not; null where the template refuses.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from jinja2.exceptions import TemplateError
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import AutoTokenizer, PreTrainedTokenizerFast


def tokenizer(entry: dict[str, Any]) -> Any:
    if entry["template"] is not None:
        words = Tokenizer(WordLevel({"a": 0, "?": 1}, unk_token="?"))  # noqa: S106
        made = PreTrainedTokenizerFast(
            tokenizer_object=words, chat_template=entry["template"], **entry["tokens"]
        )
        made.save_pretrained(entry["folder"])
    return AutoTokenizer.from_pretrained(entry["folder"])


def render(tokenizer: Any, turns: list[list[str]], opened: bool) -> str | None:
    messages = [{"role": role, "content": content} for role, content in turns]
    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=opened))
    except (TemplateError, TypeError):
        return None


def main() -> None:
    results = []
    for entry in json.load(sys.stdin):
        loaded = tokenizer(entry)
        results.append(
            [[render(loaded, turns, o) for o in (True, False)] for turns in entry["conversations"]]
        )
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
