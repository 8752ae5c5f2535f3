"""Which recipe a configuration is: what the form, which knows precisions, presets and options, says."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from slmtui.conversion.options import Precision, options_of
from slmtui.conversion.recipe import PRECISIONS, Recipe, presets, recipe
from slmtui.conversion.rules.document import Document
from slmtui.conversion.rules.knowledge import knowledge
from slmtui.events import Failure

# What the model builder takes where a configuration says nothing, and what changes no weight.
_BUILDER_DEFAULTS: Mapping[str, Any] = {
    "int4_block_size": 32,
    "int4_is_symmetric": True,
    "int4_accuracy_level": 4,
    "int4_algo_config": "default",
    "int4_op_types_to_quantize": ["MatMul"],
}
_NO_WEIGHTS = ("hf_remote", "hf_token")
# What stands at the top of a configuration that the form can express, however it is spelled there.
_EXPRESSIBLE = {
    "input_model", "systems", "passes", "host", "target", "engine", "cache_dir", "output_dir", "workflow_id",
    "log_severity_level", "ort_log_severity_level", "ort_py_log_severity_level", "log_to_file", "clean_cache",
    "evaluate_input_model", "plot_pareto_frontier",
}  # fmt: skip


def as_recipe(config: Mapping[str, Any]) -> Recipe | None:
    """The recipe that makes the same model as `config`; None if no precision, preset and options do."""
    return understood(json.dumps(config))[0]


def understood(text: str) -> tuple[Recipe | None, str]:
    """The recipe a configuration is, or why it is none."""
    document = _document(text)
    more = sorted({m.name for m in document.gathered((), "engine")} - _EXPRESSIBLE)
    more = [name for name in more if document.engine(name).value not in (None, False, [], {})]
    if more:
        return None, f"The form has no words for {', '.join(more)}."
    if document.accelerator()[1] != "CPUExecutionProvider":
        return None, f"The form has no words for {document.accelerator()[1]}."
    kind = document.at(("input_model", "type"))
    if not isinstance(kind, str) or kind.lower() != "hfmodel":
        return None, "The form reads Hugging Face models alone."
    wanted = _normal(document)
    if wanted is None:
        return None, "The form has no words for alternatives of a pass."
    found = _recipes().get(wanted)
    return found, "" if found else "The form has no words for these passes and settings."


@functools.cache
def _recipes() -> dict[str, Recipe]:
    """Every recipe that the form can make, by what it means to Olive; of several the plainest."""
    found: dict[str, Recipe] = {}
    for preset in sorted(presets(), key=lambda each: each.precision != "int4"):  # what most people want
        one = recipe(preset.precision, preset.name)
        found.setdefault(_normal_passes(one.passes), one)
    for precision in reversed(PRECISIONS):
        free = [option for option in options_of(precision) if option.choices]
        for values in itertools.product(*(option.choices for option in free)):
            texts = {option.key: str(value).lower() for option, value in zip(free, values, strict=True)}
            try:
                one = recipe(precision, None, texts)
            except Failure:
                continue  # these do not go together
            found.setdefault(_normal_passes(one.passes), one)
    return found


def _normal_passes(passes: Mapping[str, Mapping[str, Any]]) -> str:
    text = json.dumps({"passes": {name: dict(one) for name, one in passes.items()}})
    return _normal(_document(text)) or ""


def _normal(document: Document) -> str | None:
    """What the passes mean to Olive, whatever they are called and however they are spelled.

    Settings that Olive ignores or that have its default are left out; None if passes have alternatives.
    """
    meaning = []
    for each in document.passes():
        if len(each.path) > 2:
            return None
        kind = knowledge().pass_kind(each.type)
        defaults: Mapping[str, Any] = _BUILDER_DEFAULTS if kind and kind.name == "ModelBuilder" else {}
        settings: dict[str, Any] = {}
        for name, _, value in document.settings(each.path).values():
            key = kind.keys.get(name) if kind else None
            if key is None or value is None or value == defaults.get(name, key.default):
                continue
            if name == "extra_options" and isinstance(value, dict):
                value = {option: given for option, given in value.items() if option not in _NO_WEIGHTS}
            if value not in ({}, False) or key.default is not None or name in defaults:
                settings[name] = value
        if settings.get("precision") not in (None, "int4"):
            settings = {name: value for name, value in settings.items() if not name.startswith("int4_")}
        meaning.append([kind.name if kind else each.type, settings])
    return json.dumps(meaning, sort_keys=True)


def precision_of(config: Mapping[str, Any]) -> Precision:
    """The smallest precision that a pass of `config` names."""
    document = _document(json.dumps(config))
    named: list[Any] = []
    for each in document.passes():
        given = document.settings(each.path)
        for name in ("precision", "bits"):
            value = given[name].value if name in given else None
            named.append({4: "int4", 8: "int8"}.get(value) if isinstance(value, int) else value)
        if each.type.lower() == "onnxfloattofloat16":
            named.append("fp16")
        elif each.type.lower() == "onnxdynamicquantization" and "precision" not in given:
            named.append("int8")
    # Quantized in PyTorch to 8 bits, a model goes through the builder as int4.
    order = ("int8", "int4", "fp16", "fp32")
    return cast("Precision", next((name for name in order if name in named), "fp32"))


def _document(text: str) -> Document:
    return Document.of(text, json.loads(text), Path(), None)
