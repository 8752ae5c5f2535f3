"""Inspect a Hugging Face folder: configuration, weights' headers, tokenizer, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_json, unreadable
from slmtui.events import Failure
from slmtui.source import dangers
from slmtui.source.architectures import problem_with, table
from slmtui.source.config_numbers import end_problem, number_problems
from slmtui.source.licence import read_licence
from slmtui.source.model_source import ModelSource, Problem, worst_first
from slmtui.source.naming import default_name
from slmtui.source.options import NOTHING_SAID, SourceOptions
from slmtui.source.pickled_weights import weight_files
from slmtui.source.tokenizer_files import describe_tokenizer, read_chat_template
from slmtui.source.weights import (
    check_against_config,
    count_parameters,
    dtype_of,
    find_pickled,
    find_weights,
)

_CONTEXT = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx")
_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
_HIDDEN = ("hidden_size", "n_embd", "d_model")


def inspect_folder(folder: Path, options: SourceOptions = NOTHING_SAID) -> ModelSource:
    """What the folder holds.

    Raises:
        Failure: it is no checkpoint at all, or its config.json cannot be read.
    """
    try:
        bytes_on_disk = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        _refuse_what_is_none(folder)
        return _checkpoint(folder, bytes_on_disk, options)
    except OSError as error:
        raise unreadable(folder, error) from error


def _checkpoint(folder: Path, bytes_on_disk: int, options: SourceOptions) -> ModelSource:
    config = read_json(folder / "config.json")
    problems: list[Problem] = []
    architecture, model_type = _architecture(config, problems)
    code = dangers.code_in(folder, config, _side_file(folder, "tokenizer_config.json", problems))
    allowed, about_code = dangers.allowed_code(folder, code, options.allow_code)
    unconvertible = problem_with(architecture, code, allowed=bool(allowed)) if architecture else None
    if about_code:
        problems.append(about_code)
    if unconvertible:
        problems.append(unconvertible)
    elif code and not allowed:
        problems.append(dangers.code_danger(code))

    layers, vocab_size = _number(config, _LAYERS), _number(config, ("vocab_size",))
    tied = _tied(config, architecture)
    quantization = config.get("quantization_config")
    quantization = quantization if isinstance(quantization, dict) else None
    weights = find_weights(folder)
    # Safetensors come first, whatever is allowed.
    pickled = options.allow_pickle and not weights.found and bool(weight_files(folder))
    if pickled:
        weights = find_pickled(folder)
    problems += weights.problems
    problems += dangers.weight_dangers(folder, weights.found and not pickled, allowed=pickled)
    # Against half of the weights every comparison would repeat what was said already.
    if not weights.problems and quantization is None:
        problems += check_against_config(weights.tensors, layers, vocab_size, tied)

    tokenizer = describe_tokenizer(folder)
    chat_template, template_problems = read_chat_template(folder)
    problems += [*tokenizer.problems, *template_problems]
    if tokenizer.tokens is not None and vocab_size is not None and tokenizer.tokens > vocab_size:
        problems.append(_tokens_without_rows(tokenizer.tokens, vocab_size))
    generation = _side_file(folder, "generation_config.json", problems)
    problems += number_problems(config)
    problems += filter(None, [end_problem(config, generation, vocab_size)])
    problems += filter(None, [dangers.adapter_beside(folder), dangers.quantization_danger(quantization)])

    return ModelSource(
        path=folder,
        format="huggingface",
        architecture=architecture,
        model_type=model_type,
        parameters=count_parameters(weights.tensors, tied, quantization),
        dtype=dtype_of(weights.tensors),
        context_length=_number(config, _CONTEXT),
        layers=layers,
        hidden_size=_number(config, _HIDDEN),
        vocab_size=vocab_size,
        tokenizer=tokenizer.summary,
        chat_template=chat_template,
        licence=read_licence(folder),
        bytes=bytes_on_disk,
        name=default_name(folder),
        problems=worst_first(problems),
        pickled=pickled,
        code=allowed,
    )


def _refuse_what_is_none(folder: Path) -> None:
    """Raise for a folder that is something else, with a hint at what the user may have meant."""
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        raise Failure(f"The folder {folder} is empty.", "Choose the one that holds config.json and weights.")
    if "genai_config.json" in names:
        raise Failure(
            f"{folder} is converted already: it holds an ONNX model with its genai_config.json.",
            "Chat with it (`slmtui chat FOLDER --prompt …`) or deploy it (`slmtui deploy FOLDER --name …`).",
        )
    if "config.json" in names:
        return
    cause = f"{folder} holds no config.json, so it is no Hugging Face checkpoint."
    if ggufs := [name for name in names if name.lower().endswith(".gguf")]:
        raise Failure(cause, f"Give the GGUF file itself: {folder / ggufs[0]}")
    if below := sorted({*folder.glob("*/config.json"), *folder.glob("snapshots/*/config.json")}):
        raise Failure(cause, f"Choose the folder below it that does: {below[-1].parent}")
    if any(name.endswith(".onnx") for name in names):
        raise Failure(
            f"{folder} holds an ONNX file, but no checkpoint to convert.",
            "Choose the checkpoint it was made from.",
        )
    raise Failure(cause, "Choose the folder that holds config.json, the weights and the tokenizer.")


def _architecture(config: Mapping[str, Any], problems: list[Problem]) -> tuple[str, str]:
    """Class name and model type; what is missing is filled in where it is known, and reported."""
    model_type = str(config.get("model_type") or "")
    named = config.get("architectures")
    if isinstance(named, list) and named and isinstance(named[0], str):
        known = table().by_name.get(named[0])
        return named[0], model_type or (known.model_type if known else "")
    known = table().of_model_type(model_type)
    example = known.name if known else "LlamaForCausalLM"
    problems.append(
        Problem(
            "error",
            "config.json names no architecture, so the converter cannot tell what to build.",
            f'Add the model\'s class to config.json, such as "architectures": ["{example}"].',
        )
    )
    return (known.name if known else ""), model_type


def _tied(config: Mapping[str, Any], architecture: str) -> bool:
    """Whether the output layer is the embedding; configurations leave out what is their class's default."""
    known = table().by_name.get(architecture)
    stated = config.get("tie_word_embeddings", known.tied if known else False)
    return bool(stated)


def _number(config: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    """The first whole positive number under one of `keys`, in a multimodal model its text part's."""
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        for key in keys:
            value = part.get(key)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                return value
    return None


def _side_file(folder: Path, name: str, problems: list[Problem]) -> dict[str, Any]:
    """An optional JSON file; a broken one is a problem, because the tools stumble over it later."""
    if not (folder / name).is_file():
        return {}
    try:
        return read_json(folder / name)
    except Failure as failure:
        problems.append(Problem("error", failure.cause, failure.fix))
        return {}


def _tokens_without_rows(tokens: int, vocab_size: int) -> Problem:
    return Problem(
        "warning",
        f"The tokenizer knows {tokens:,} tokens, the model {vocab_size:,}: it breaks on the tokens beyond.",
        "If tokens were added for the fine-tuning, save the model after `resize_token_embeddings`.",
    )
