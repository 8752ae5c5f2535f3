"""The passes: their types, the settings Olive would ignore, and values it cannot take."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator
from typing import Any

from slmtui.conversion.rules.document import Document, Member, Pass
from slmtui.conversion.rules.finding import Edit, Finding, Put, Swap
from slmtui.conversion.rules.knowledge import SPECIAL, PassKind, closest, knowledge, renamed


def passes(document: Document) -> Iterator[Finding]:
    """Every pass of the configuration."""
    for name, path, value in document.members(("passes",)):
        entries = value if isinstance(value, list) else [value]
        if not all(isinstance(entry, dict) for entry in entries):
            kind = knowledge().pass_kind(value) if isinstance(value, str) else None
            put: Edit | None = (Put(path, {"type": kind.name}),) if kind else None
            yield document.find(
                "error", path, f"The pass {name} has to be an object.", 'Give it a "type".', put
            )
        elif len(entries) > 1 and not document.engine("search_strategy").value:
            cause = f"{name} holds {len(entries)} alternatives; without a search Olive runs the first alone."
            yield document.find("warning", path, cause, "Keep the one you want.")
    for each in document.passes():
        kind = knowledge().pass_kind(each.type)
        if kind is None:
            yield _no_type(document, each)
            continue
        yield from _settings(document, each, kind)
        yield from _needs(document, each, kind)


def _no_type(document: Document, each: Pass) -> Finding:
    known = knowledge()
    path = (*each.path, "type")
    cause = (
        f"Olive has no pass of the type {each.type}." if each.type else f"The pass {each.name} has no type."
    )
    word = each.type or each.name
    meant = renamed()["types"].get(word) or closest(word, known.passes)
    if meant is None and word.lower() in ("builder", "model_builder", "genai"):
        meant = "ModelBuilder"
    if meant:
        return document.find("error", path, cause, f"Write {meant}.", (Put(path, meant),))
    return document.find("error", path, cause, 'Give it a "type" that Olive has, for example ModelBuilder.')


def _settings(document: Document, each: Pass, kind: PassKind) -> Iterator[Finding]:
    for _, path, _ in document.shadowed(each.path, "config"):
        cause = f"{path[-1]} stands in config, too, and that one counts."
        yield document.find("warning", path, cause, "Remove one.", (Swap(path, {}),))
    given = document.settings(each.path)
    for member in given.values():
        if member.name not in kind.keys:
            yield _unknown(document, kind, member, given)
        elif finding := _wrong(document, kind, member):
            yield finding
    for name, key in kind.keys.items():
        if key.required and name not in given:
            nested = (*each.path, "config") in document.layout.spans
            path = (*each.path, "config", name) if nested else (*each.path, name)
            edit: Edit | None = (Put(path, "int4"),) if name == "precision" else None
            fix = 'Write for example "precision": "int4".' if edit else f"Write {key.expected}."
            yield document.find("error", path, f"{kind.name} needs {name}.", fix, edit)


def _unknown(document: Document, kind: PassKind, member: Member, given: dict[str, Member]) -> Finding:
    """A setting that Olive drops with a line in its log: the result is another than was asked for."""
    name, path, value = member
    cause = f"Olive ignores {name}: {kind.name} has no such setting, and the model is made without it."
    table = renamed()["passes"].get(kind.name, {})
    if name in table.get("containers", ()) and isinstance(value, dict):
        return _container(document, kind, member, given)
    if name.startswith("_") or "comment" in name.lower():
        return document.find("info", path, f"Olive ignores {name}.", "It may stay as a remark.")
    if kind.name == "ModelBuilder" and name in knowledge().builder_options and name not in kind.keys:
        edit: Edit = (Swap(path, {}), Put((*path[:-1], "extra_options", name), value))
        return document.find("error", path, cause, f"It belongs into extra_options: move {name} there.", edit)
    right = _meant(kind, name)
    if right and right not in given:
        return document.find("error", path, cause, f"Write {right}.", (Swap(path, {right: value}),))
    return document.find("error", path, cause, "Remove it.", (Swap(path, {}),))


def _container(document: Document, kind: PassKind, member: Member, given: dict[str, Member]) -> Finding:
    """An object whose members belong one level higher, as tutorials write it."""
    moved: dict[str, Any] = {}
    lost = []
    for name, value in member.value.items():
        right = _meant(kind, name)
        if right is None:
            lost.append(name)
        elif right not in given:
            moved[right] = _right_value(kind, right, value)
    cause = (
        f"Olive ignores {member.name}: {kind.name} has no such setting. The model is made as if it were not"
        " there."
    )
    fix = f"Write {', '.join(moved)} in its place." if moved else "Remove it."
    if lost:
        fix += f" Nothing corresponds to {', '.join(lost)}."
    return document.find("error", member.path, cause, fix, (Swap(member.path, moved),))


def _right_value(kind: PassKind, name: str, value: Any) -> Any:
    key = kind.keys[name]
    return value if key.accepts(value) or key.nearest(value) is None else key.nearest(value)


def _meant(kind: PassKind, name: str) -> str | None:
    """The setting that `name` means."""
    if name in kind.keys:
        return name
    if name in renamed()["pass"]:
        return None
    table: dict[str, str] = renamed()["passes"].get(kind.name, {}).get("keys", {})
    return table.get(name) or closest(name, kind.keys)


def _wrong(document: Document, kind: PassKind, member: Member) -> Finding | None:
    """A value that Olive refuses for the setting."""
    name, path, value = member
    key = kind.keys[name]
    searching = bool(document.engine("search_strategy").value)
    if isinstance(value, str) and value in SPECIAL and "str" not in key.types:
        if key.required or (value == "SEARCHABLE_VALUES" and not searching):
            cause = f"{value} means a search, and no search is on."
            return document.find(
                "error", path, cause, "Remove it, then the default counts.", (Swap(path, {}),)
            )
        return None
    if key.searchable and isinstance(value, list) and all(key.accepts(item) for item in value) and value:
        if searching or key.accepts(value):
            return None
        cause = f"{name} holds several values to try, and no search is on: Olive refuses that."
        return document.find("error", path, cause, f"Keep {value[0]!r}.", (Put(path, value[0]),))
    if key.accepts(value):
        return None
    right = key.nearest(value)
    fix = f"Write {key.expected}." if right is None else f"Write {right!r}: it has to be {key.expected}."
    edit: Edit | None = None if right is None else (Put(path, right),)
    return document.find("error", path, f"{name} cannot be {value!r}.", fix, edit)


def _needs(document: Document, each: Pass, kind: PassKind) -> Iterator[Finding]:
    """Packages, and data to calibrate with."""
    missing = [need for need in kind.needs if not _installed(need)]
    if missing:
        yield document.find(
            "warning",
            each.path,
            f"{kind.name} needs packages that are not installed here: {', '.join(missing)}.",
            f"Install them beside Olive: pip install {' '.join(missing)}",
        )
    given = document.settings(each.path)
    if kind.dataset == "required" and not any(name.endswith("data_config") for name in given):
        cause = f"{kind.name} calibrates on data, and has no data_config."
        yield document.find("error", each.path, cause, "Describe the data in data_configs, and name it here.")
    elif kind.name in ("Gptq", "GptqModel", "GptqQuantizer") and "data_config" not in given:
        yield document.find(
            "warning",
            each.path,
            f"Without a data_config {kind.name} fetches a data set from the hub to calibrate on.",
            "Give it text of your own in data_configs.",
        )


def _installed(requirement: str) -> bool:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
