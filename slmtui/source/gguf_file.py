"""Inspect a GGUF file: what its header says, and what a conversion would stumble over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slmtui.source.architectures import problem_with, table
from slmtui.source.gguf_header import Array, GgufHeader, read_gguf
from slmtui.source.model_source import ModelSource, Problem, main_dtype, worst_first
from slmtui.source.naming import default_name
from slmtui.source.tokenizer_files import NO_CHAT_TEMPLATE

# `tokenizer.ggml.model` names the program a tokenizer comes from; people know the algorithm.
_TOKENIZERS = {"gpt2": "BPE", "llama": "SentencePiece", "bert": "WordPiece", "t5": "Unigram"}
_FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_COUNTS = ("context_length", "block_count", "embedding_length", "feed_forward_length", "attention.head_count")


def inspect_gguf(path: Path) -> ModelSource:
    """What the file holds.

    Raises:
        Failure: it is no GGUF file, or cut off.
    """
    header = read_gguf(path)
    metadata = header.metadata
    stated = _text(metadata, "general.architecture") or "unknown"
    known = table().of_gguf(stated)
    types: Counter[str] = Counter()
    for tensor in header.tensors:
        types[_FLOATS.get(tensor.type, tensor.type)] += tensor.bytes
    dtype = main_dtype(types, 0.5)
    tokens = metadata.get("tokenizer.ggml.tokens")
    count = tokens.length if isinstance(tokens, Array) else None
    kind = _text(metadata, "tokenizer.ggml.model")
    chat_template = _text(metadata, "tokenizer.chat_template")
    return ModelSource(
        path=path,
        format="gguf",
        architecture=known.name if known else stated,
        model_type=known.model_type if known else stated,
        parameters=sum(tensor.elements for tensor in header.tensors),
        dtype=dtype,
        context_length=_number(metadata, f"{stated}.context_length"),
        layers=_number(metadata, f"{stated}.block_count"),
        hidden_size=_number(metadata, f"{stated}.embedding_length"),
        vocab_size=_number(metadata, f"{stated}.vocab_size") or count,
        tokenizer=f"{_TOKENIZERS.get(kind, kind)}, {count:,} tokens" if kind and count else None,
        chat_template=chat_template,
        licence=_text(metadata, "general.license"),
        bytes=path.stat().st_size,
        name=default_name(path),
        problems=worst_first(_problems(header, stated, dtype, bool(kind and count), chat_template)),
    )


def _problems(
    header: GgufHeader, stated: str, dtype: str, tokenizer: bool, chat_template: str | None
) -> list[Problem]:
    problems = []
    whole = "Choose the GGUF file of the whole model."
    kind = _text(header.metadata, "general.type") or "model"
    if kind != "model":
        problems.append(Problem("error", f"The file holds a GGUF {kind}, not a whole model.", whole))
    elif not header.tensors:
        problems.append(Problem("error", "The file holds no tensors (a vocabulary alone).", whole))
    elif unconvertible := _unconvertible(stated):
        problems.append(unconvertible)
    problems += _number_problems(stated, header.metadata)
    parts = _number(header.metadata, "split.count") or 1
    if parts > 1:
        problems.append(
            Problem(
                "error",
                f"The file is one of {parts} parts of a model.",
                "Join them first: `llama-gguf-split --merge FIRST_PART WHOLE.gguf`.",
            )
        )
    if not tokenizer:
        problems.append(
            Problem(
                "error",
                "There is no tokenizer in the file.",
                "Convert the model again, with its vocabulary.",
            )
        )
    if chat_template is None:
        problems.append(NO_CHAT_TEMPLATE)
    if dtype not in _FLOATS.values():
        problems.append(
            Problem(
                "note",
                f"The weights are quantized already ({dtype}); a conversion rounds them a second time.",
                "The checkpoint from before the quantization gives a better result.",
            )
        )
    return problems


def _number_problems(stated: str, metadata: dict[str, Any]) -> Iterator[Problem]:
    """As `config_numbers` says of a config.json: a model of no layers or no context is good for nothing."""
    for key in (f"{stated}.{each}" for each in _COUNTS):
        value = metadata.get(key)
        # Some architectures have a list, a number for each layer; the loader knows them.
        if value is not None and not isinstance(value, Array) and _number(metadata, key) is None:
            yield Problem(
                "error",
                f"The file says {key} {value!r}, which is no whole number of 1 or more.",
                "Fetch the file again from where the model came from, or take another one.",
            )


def _unconvertible(stated: str) -> Problem | None:
    known = table().of_gguf(stated)
    if known is not None:
        return problem_with(known.name)
    readable = ", ".join(
        sorted(a.gguf for a in table().by_name.values() if a.gguf and a.status == "measured")
    )
    return Problem(
        "error",
        f"GGUF files of the architecture {stated} cannot be converted ({table().loader}, {table().builder}).",
        f"Take the model's Hugging Face folder, or a GGUF file of one of: {readable}.",
    )


def _text(metadata: dict[str, Any], key: str) -> str | None:
    value = metadata.get(key)
    return value if isinstance(value, str) and value.strip() else None


def _number(metadata: dict[str, Any], key: str) -> int | None:
    value = metadata.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
