"""The model builder: precisions it cannot make on the provider, and its own extra options."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from slmtui.conversion.recipe import recipe
from slmtui.conversion.rules.document import Document, Member, Pass
from slmtui.conversion.rules.finding import Edit, Finding, Put, Swap
from slmtui.conversion.rules.knowledge import closest, knowledge
from slmtui.events import Failure

_MAKES = ("fp32", "fp16", "bf16", "int4")
# What a person who asks for one of these most likely wants.
_NEAREST = {"uint4": "int4", "nf4": "int4", "fp4": "int4", "uint8": "int8", "fp8": "int8", "int16": "fp16"}


def builders(document: Document) -> Iterator[Finding]:
    """Every ModelBuilder of the configuration."""
    for each in document.passes():
        if each.type.lower() == "modelbuilder":
            given = document.settings(each.path)
            yield from _precision(document, each, given)
            yield from _extra_options(document, each, given)
            yield from _values(document, given)


def _precision(document: Document, each: Pass, given: dict[str, Member]) -> Iterator[Finding]:
    """Precisions for which Olive makes nothing, and ends with exit code 0."""
    member = given.get("precision")
    if member is None or not isinstance(member.value, str):
        return
    precision = member.value
    device, provider = document.accelerator()
    if precision == "int8":
        cause = (
            "The model builder makes no INT8: Olive stops at `KeyError: <Precision.INT8>`, with exit code 0."
        )
        yield document.find("error", member.path, cause, *_recipe_of(document, each, "int8"))
    elif precision in _NEAREST or precision in ("int32", "uint16", "uint32"):
        meant = _NEAREST.get(precision, "fp32")
        cause = f"The model builder makes no {precision}: Olive drops the pass, with exit code 0."
        yield document.find("error", member.path, cause, f"Write {meant}.", (Put(member.path, meant),))
    elif precision == "fp16" and (device != "gpu" or provider == "CPUExecutionProvider"):
        cause = "FP16 is not supported on the CPU: Olive drops the pass and makes nothing, with exit code 0."
        yield document.find("error", member.path, cause, *_recipe_of(document, each, "fp16"))
    elif precision == "bf16" and provider != "CUDAExecutionProvider":
        cause = f"BF16 is for CUDA alone, not for {provider}: Olive makes nothing, with exit code 0."
        yield document.find("error", member.path, cause, "Write fp32.", (Put(member.path, "fp32"),))
    if precision in _MAKES and precision != "int4":
        for name, (_, path, _) in given.items():
            if name.startswith("int4_"):
                cause = f"{name} means nothing for {precision}."
                yield document.find("warning", path, cause, "Remove it.", (Swap(path, {}),))


def _recipe_of(document: Document, each: Pass, precision: str) -> tuple[str, Edit | None]:
    """The fix: the passes that can make the precision, with block size and symmetry as asked for."""
    given = document.settings(each.path)
    options = {
        ours: str(given[name].value)
        for name, ours in (("int4_block_size", "block_size"), ("int4_is_symmetric", "symmetric"))
        if name in given
    }
    try:
        passes = recipe(precision, options=options).passes
    except Failure:  # the precision has no such option, or not such a value
        passes = recipe(precision).passes
    made = {name: copy.deepcopy(dict(one)) for name, one in passes.items()}
    kinds = ", then ".join(str(options["type"]) for options in made.values())
    fix = f"Take the passes that make it: {kinds}."
    taken = {name for name, _, _ in document.members(("passes",))} - {each.path[1]}
    # A pass with alternatives, or one among others, cannot be replaced without knowing what is meant.
    alone = len(each.path) == 2 and not taken & set(made)
    return fix, (Swap(each.path, made),) if alone else None


def _extra_options(document: Document, each: Pass, given: dict[str, Member]) -> Iterator[Finding]:
    """What is handed to the builder as it is, without a check by anybody."""
    member = given.get("extra_options")
    options = document.members(member.path) if member else []
    for name, path, value in options:
        key = knowledge().builder_options.get(name)
        if key is None:
            meant = closest(name, knowledge().builder_options)
            fix = f"Write {meant}." if meant else "Remove it."
            cause = f"The model builder ignores {name}: it has no such option."
            edit: Edit = (Swap(path, {meant: value} if meant else {}),)
            yield document.find("error", path, cause, fix, edit)
        elif key.types == ("bool",) and isinstance(value, str):
            # The builder asks whether the value is true, and any text is.
            right = value.lower() in ("true", "1")
            cause = f"{name} is a text, and the model builder takes every text for true."
            yield document.find("error", path, cause, f"Write {str(right).lower()}.", (Put(path, right),))
        elif name == "hf_token" and not isinstance(value, str):
            text = str(value).lower()
            cause = "hf_token has to be a text: the model builder stops at anything else."
            yield document.find("error", path, cause, f'Write "{text}".', (Put(path, text),))
        elif name in given and given[name].value != value:
            cause = f"{name} stands beside extra_options, too, with another value; this one counts."
            yield document.find(
                "warning", given[name].path, cause, "Remove one.", (Swap(given[name].path, {}),)
            )
    if {option.name: option.value for option in options}.get("hf_remote", True) is not False:
        yield _runs_code(document, each, member)


def _runs_code(document: Document, each: Pass, member: Member | None) -> Finding:
    nested = (*each.path, "config") in document.layout.spans
    path = member.path if member else (*each.path, *(["config"] if nested else []), "extra_options")
    code = python_files(document)
    cause = "The model builder runs Python code that comes with a model, unless it is told not to."
    if code:
        cause = f"The model builder would run the Python code that lies beside the model: {', '.join(code)}."
    edit: Edit = (Put((*path, "hf_remote"), False),)
    fix = "Set hf_remote to false, unless you have read that code."
    return document.find("warning" if code else "info", path, cause, fix, edit)


def python_files(document: Document) -> list[str]:
    """The Python files in the folder of the model that will be converted."""
    named = next(
        (m.value for m in document.gathered(("input_model",), "config") if m.name == "model_path"), None
    )
    folder = document.model or (document.folder / named if isinstance(named, str) else None)
    return sorted(file.name for file in Path(folder).glob("*.py")) if folder and folder.is_dir() else []


def _values(document: Document, given: dict[str, Member]) -> Iterator[Finding]:
    """Values that Olive takes and that do not do what they seem to."""
    algorithms = knowledge().builder_algorithms
    algorithm: Any = given["int4_algo_config"].value if "int4_algo_config" in given else None
    if isinstance(algorithm, str) and algorithm not in algorithms:
        path = given["int4_algo_config"].path
        meant = closest(algorithm, algorithms)
        cause = f"The model builder knows no algorithm {algorithm}, and takes its default without a word."
        fix = f"Write {meant}." if meant else f"Take one of: {', '.join(algorithms)}."
        yield document.find("error", path, cause, fix, (Put(path, meant),) if meant else None)
    for name, lack in (("exclude_lm_head", "makes no logits"), ("exclude_embeds", "reads no tokens")):
        if name in given and given[name].value is True:
            cause = f"With {name} the model {lack}: nobody can chat with it."
            yield document.find(
                "warning", given[name].path, cause, "Remove it.", (Swap(given[name].path, {}),)
            )
    if "metadata_only" in given and given["metadata_only"].value is True:
        path = given["metadata_only"].path
        cause = "metadata_only makes no model, and refuses a Hugging Face folder."
        yield document.find("error", path, cause, "Remove it.", (Swap(path, {}),))
