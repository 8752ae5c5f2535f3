"""Inspect a LoRA adapter's folder: the whole model that merging it into its base will make."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from slmtui.config.json_file import read_json
from slmtui.events import Failure
from slmtui.source import hub_cache
from slmtui.source.adapter_base import find_base, given_base
from slmtui.source.adapter_changes import EMBEDDINGS, Change, changes
from slmtui.source.adapter_config import NAME, AdapterConfig, read_adapter_config
from slmtui.source.licence import read_licence
from slmtui.source.model_source import ModelSource, Problem, worst_first
from slmtui.source.naming import default_name
from slmtui.source.options import SourceOptions
from slmtui.source.pickled_weights import read_pickled
from slmtui.source.questions import Asks, Question, Unanswered
from slmtui.source.safetensors_file import Tensor, read_tensors
from slmtui.source.tensors import tensors_of
from slmtui.source.tokenizer_files import describe_tokenizer, read_chat_template
from slmtui.source.weights import count_parameters, dtype_of

WEIGHTS, PICKLED = "adapter_model.safetensors", "adapter_model.bin"


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds an adapter alone; trainers leave the base's config.json beside it."""
    if not (folder / NAME).is_file():
        return False
    model = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin")
    return not (folder / "config.json").is_file() or (
        any((folder / name).is_file() for name in (WEIGHTS, PICKLED))
        and not any((folder / name).is_file() for name in model)
    )


def base_path(folder: Path, options: SourceOptions) -> Path | None:
    """Where the base is: the user's word first, then what adapter_config.json says; None if not here.

    Raises:
        Failure: the user named one that does not exist, or the configuration cannot be read.
    """
    if options.base is not None:
        return given_base(options.base)
    config = read_adapter_config(folder)
    return find_base(folder, config.base, config.revision)


def inspect_adapter(folder: Path, base: ModelSource | None, options: SourceOptions) -> ModelSource:
    """What the adapter in `folder` and its `base` make together.

    Raises:
        Failure: adapter_config.json cannot be read.
    """
    config = read_adapter_config(folder)
    problems: list[Problem] = []
    tensors, pickled = _weights(folder, options, problems)
    kind = f"{config.kind} adapter"
    if config.refusal:
        problems.append(_not_merged(folder, f"This {kind} cannot be merged here: {config.refusal}."))
    if base is None:
        problems.append(_no_base(folder, config))
        return _alone(folder, kind, tensors, problems)
    problems += [
        dataclasses.replace(problem, cause=f"Its base {base.name}: {problem.cause}")
        for problem in base.problems
        if not (problem.cause.startswith("There is no chat template") and read_chat_template(folder)[0])
    ]
    rows = base.vocab_size
    if tensors and not config.refusal:
        try:
            found = _changes(config, tensors, base)
            rows = _rows(found, tensors) or rows
        except Failure as failure:
            problems.append(Problem("error", failure.cause, failure.fix))
    own = describe_tokenizer(folder) if (folder / "tokenizer.json").is_file() else None
    if own is not None:
        problems += own.problems
        if own.tokens is not None and rows is not None and own.tokens > rows:
            problems.append(_tokens_without_rows(own.tokens, rows))
    return dataclasses.replace(
        base,
        path=folder,
        format="adapter",
        vocab_size=rows,
        tokenizer=own.summary if own is not None else base.tokenizer,
        chat_template=read_chat_template(folder)[0] or base.chat_template,
        licence=read_licence(folder) or base.licence,
        bytes=base.bytes + _bytes(folder),
        name=default_name(folder),
        problems=worst_first(problems),
        base=base,
        pickled=pickled,
    )


def _weights(folder: Path, options: SourceOptions, problems: list[Problem]) -> tuple[dict[str, Tensor], bool]:
    """The adapter's own tensors, and whether they are pickled."""
    try:
        if (folder / WEIGHTS).is_file():
            return {tensor.name: tensor for tensor in read_tensors(folder / WEIGHTS)}, False
        if not (folder / PICKLED).is_file():
            raise Failure(f"There is no {WEIGHTS} beside {NAME}.", "Copy the whole folder again.")
        if not options.allow_pickle:
            raise Unanswered(
                Question(
                    Asks("pickle", (PICKLED,)),
                    f"The adapter's weights are pickled ({PICKLED}): loading a pickle can run any code it"
                    " carries.",
                    "If you trust where it came from, say so with `--allow-pickle`.",
                )
            )
        return {tensor.name: tensor for tensor in read_pickled(folder / PICKLED)}, True
    except Failure as failure:
        asks = failure.question.asks if isinstance(failure, Unanswered) else None
        problems.append(Problem("error", failure.cause, failure.fix, asks))
        return {}, False


def _changes(config: AdapterConfig, tensors: dict[str, Tensor], base: ModelSource) -> dict[str, Change]:
    """What the adapter changes; of a GGUF base the names are known only once it is unpacked."""
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    there = {name: tensor.shape for name, tensor in tensors_of(base).items()}
    if not there:
        return {}
    tied = bool(
        read_json(base.path / "config.json").get("tie_word_embeddings", "lm_head.weight" not in there)
    )
    return changes(config, shapes, there, tied=tied)


def _rows(found: dict[str, Change], tensors: dict[str, Tensor]) -> int | None:
    """How many tokens the embedding has if the adapter brings its own."""
    change = next((found[name] for name in EMBEDDINGS if name in found), None)
    return tensors[change.replacement].shape[0] if change is not None and change.replacement else None


def _no_base(folder: Path, config: AdapterConfig) -> Problem:
    base = config.base or "an unnamed base model"
    on_hub = hub_cache.parse(config.base) is not None  # a path of the machine it was trained on is none
    fetch = f" `--base {base}` fetches it from the hub, if that is where it is;" if on_hub else ""
    return Problem(
        "error",
        f"This is a {config.kind} adapter for {base}, not a whole model, and its base is not on"
        " this machine.",
        f"Say where the base is with `--base PATH`;{fetch} or merge the adapter elsewhere: in Python,"
        f" `AutoPeftModelForCausalLM.from_pretrained({str(folder)!r})`, then `.merge_and_unload()` and"
        " `.save_pretrained(…)`; save the tokenizer there as well.",
        Asks("base", (config.base + (f"@{config.revision}" if config.revision else ""),)),
    )


def _not_merged(folder: Path, cause: str) -> Problem:
    return Problem(
        "error",
        cause,
        f"Merge it where it was trained: `AutoPeftModelForCausalLM.from_pretrained({str(folder)!r})`, then"
        " `.merge_and_unload()` and `.save_pretrained(…)`; then give that folder.",
    )


def _tokens_without_rows(tokens: int, rows: int) -> Problem:
    return Problem(
        "warning",
        f"The adapter's tokenizer knows {tokens:,} tokens, the merged model {rows:,}: it breaks on the"
        " others.",
        "If tokens were added for the fine-tuning, save the adapter with its embedding (`modules_to_save`).",
    )


def _alone(folder: Path, kind: str, tensors: dict[str, Tensor], problems: list[Problem]) -> ModelSource:
    """An adapter whose base is not here, as far as it can be described."""
    return ModelSource(
        path=folder,
        format="adapter",
        architecture=kind,
        model_type="",
        parameters=count_parameters(tensors, False, None),
        dtype=dtype_of(tensors),
        context_length=None,
        layers=None,
        hidden_size=None,
        vocab_size=None,
        tokenizer=describe_tokenizer(folder).summary,
        chat_template=read_chat_template(folder)[0],
        licence=read_licence(folder),
        bytes=_bytes(folder),
        name=default_name(folder),
        problems=worst_first(problems),
    )


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
