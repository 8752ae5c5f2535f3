"""How to make the same model again: slmtui's command, and Olive's, from what the manifest recorded."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.conversion.command import CONFIG_NAME, command
from slmtui.conversion.config_text import config_text
from slmtui.conversion.options import spelled
from slmtui.conversion.recipe import Recipe, find_preset
from slmtui.conversion.recipe import recipe as find_recipe
from slmtui.environment.installed import command_line
from slmtui.events import Failure
from slmtui.report.document import Command
from slmtui.source import samples
from slmtui.source.model_source import ModelSource

_SNAPSHOT = re.compile(r"models--(?P<org>[\w.-]+?)--(?P<name>[\w.-]+)/snapshots/(?P<commit>[0-9a-f]{40})")


def run_line(*words: str) -> str:
    """A command of slmtui as one line for a shell, in which a path below `~` still leads home."""
    typed = ["slmtui"]
    for word in words:
        home = "~/" if word.startswith("~/") and os.name != "nt" else ""
        typed.append(home + command_line(word.removeprefix(home)))
    return " ".join(typed)


def source_name(path: str) -> str:
    """What a source is called elsewhere: a sample's name, a hub id with its commit, or the last part."""
    for sample in samples.samples():
        if sample.path is not None and sample.path == Path(path):
            return sample.name
    if found := _SNAPSHOT.search(path.replace("\\", "/")):
        return f"{found['org']}/{found['name']}@{found['commit']}"
    return Path(path).name or path


def recipe_of(manifest: Mapping[str, Any]) -> Recipe | None:
    """The recipe a model was made by; None if a configuration of the user's did, or it is not known."""
    made = manifest.get("recipe")
    if not isinstance(made, dict):
        return None
    try:
        options = {str(key): spelled(value) for key, value in made.get("options", {}).items()}
        return find_recipe(str(manifest.get("precision")), str(made.get("preset")), options)
    except Failure:
        return None  # a later slmtui's, or its calibration text is gone


def rebuild(manifest: Mapping[str, Any], name: str) -> tuple[Command, ...]:
    """The commands that make the model of this manifest into a folder called `name`; none without one."""
    described = manifest.get("source")
    if not isinstance(described, dict) or not manifest.get("precision"):
        return ()
    called = source_name(str(described.get("path", "")))
    words = ["convert", called, "--output", name]
    base = described.get("base") or {}
    if base:
        words += ["--base", source_name(str(base.get("path", "")))]
    if code := described.get("code_run") or base.get("code_run"):
        words += ["--allow-remote-code", ",".join(map(str, code))]
    if _pickled(described) or _pickled(base):
        words.append("--allow-pickle")
    made = manifest.get("recipe")
    passes = manifest.get("passes") or {}
    config = Command(
        f"The passes of the configuration it was made with: part of {CONFIG_NAME}",
        json.dumps({"passes": passes}, indent=2, ensure_ascii=False),
        "json",
    )
    if not isinstance(made, dict):
        again = run_line(*words, "--config", CONFIG_NAME)
        return Command("With slmtui, and the configuration of your own", again), config
    words += ["--precision", str(manifest["precision"]), "--preset", str(made.get("preset"))]
    for key, value in made.get("options", {}).items():
        words += ["--option", f"{key}={spelled(value)}"]
    return Command("With slmtui", run_line(*words)), *_olive(manifest, described, called, name)


def _olive(
    manifest: Mapping[str, Any], described: Mapping[str, Any], called: str, name: str
) -> tuple[Command, ...]:
    source = _source(described, Path(called))
    recipe = _recorded(manifest)
    if source is None or recipe is None:
        return ()
    lines = command(source, recipe, Path(name))
    commands = [Command("With Olive alone, without slmtui's proofs", lines)]
    if len(recipe.passes) > 1:
        text = config_text(source, recipe, Path(name))
        commands.append(Command(CONFIG_NAME, text.rstrip(), "json"))
    return tuple(commands)


def _recorded(manifest: Mapping[str, Any]) -> Recipe | None:
    """The recipe with the passes that really ran: a preset may have other values by now."""
    made, passes = manifest["recipe"], manifest.get("passes")
    if not isinstance(passes, dict) or not passes:
        return None
    known = recipe_of(manifest)
    if known is None:
        try:
            preset = find_preset(manifest["precision"], made.get("preset"))
        except Failure:
            return None
        return Recipe(preset.precision, preset.name, made.get("options", {}), preset.title, passes)
    return Recipe(known.precision, known.preset, known.options, known.title, passes)


def _source(described: Mapping[str, Any], path: Path) -> ModelSource | None:
    """The source as far as commands need it; it may be on another machine."""
    form = described.get("format")
    if form not in ("huggingface", "gguf", "adapter"):
        return None
    base = described.get("base")
    return ModelSource(
        path=path,
        format=form,
        architecture=str(described.get("architecture", "")),
        model_type="",
        parameters=0,
        dtype="",
        context_length=None,
        layers=None,
        hidden_size=None,
        vocab_size=None,
        tokenizer=None,
        chat_template=None,
        licence=None,
        bytes=0,
        name=path.name,
        problems=(),
        base=_source(base, Path(str(base.get("path", "")))) if isinstance(base, dict) else None,
        pickled=_pickled(described),
        code=tuple(map(str, described.get("code_run", ()))),
    )


def _pickled(described: Mapping[str, Any]) -> bool:
    files = described.get("files") or {}
    return any(str(name).endswith(".bin") for name in files) and not any(
        str(name).endswith(".safetensors") for name in files
    )
