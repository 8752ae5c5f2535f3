"""The numbers of a config.json that decide what is built: a nonsensical one is named before anything runs.

Without this check a model of no layers converts, agrees with its source (which has none either), and is good
for nothing; a text or a negative number ends in the middle of the conversion with a loader's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from slmtui.source.model_source import Problem

_COUNTS = (
    "num_hidden_layers",
    "hidden_size",
    "num_attention_heads",
    "num_key_value_heads",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
)


def number_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What is no whole number of 1 or more but has to be, in a multimodal model in its text part, too."""
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        for key in _COUNTS:
            value = part.get(key)
            # Some architectures have a list, a number for each layer; the loader knows them.
            if value is None or isinstance(value, list) or (type(value) is int and value > 0):
                continue
            yield Problem(
                "error",
                f"config.json says {key} {value!r}, which is no whole number of 1 or more.",
                f"Mend {key} in config.json, or fetch the file again from where the model came from.",
            )


def end_problem(
    config: Mapping[str, Any], generation: Mapping[str, Any], vocab_size: int | None
) -> Problem | None:
    """Why answers would not end by themselves: no end token is named, or none that the model can say.

    What generation_config.json says comes before config.json.
    """
    named = generation.get("eos_token_id")
    named = config.get("eos_token_id") if named is None else named
    if named is None:
        return Problem(
            "warning",
            "Neither config.json nor generation_config.json names an end token (eos_token_id): answers will"
            " not end by themselves.",
            'Add the end token\'s id to generation_config.json, such as {"eos_token_id": 2}.',
        )
    ids = named if isinstance(named, list) else [named]
    if vocab_size is None or any(type(each) is int and 0 <= each < vocab_size for each in ids):
        return None
    return Problem(
        "warning",
        f"The end token (eos_token_id {named!r}) is none of the model's {vocab_size:,} tokens: answers will"
        " not end by themselves.",
        "Name the end token's id in generation_config.json; tokenizer.json has it.",
    )
