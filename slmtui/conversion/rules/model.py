"""The model that is read, the folders, and the code that would run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from slmtui.config.json_text import Keys
from slmtui.conversion.rules.builder import python_files
from slmtui.conversion.rules.document import Document, Member
from slmtui.conversion.rules.finding import Edit, Finding, Put, Swap
from slmtui.conversion.rules.knowledge import closest, knowledge

# What tutorials write where the reader's own path belongs.
_PLACEHOLDER = re.compile(
    r"<[^<>]+>|\{\{?\w+\}?\}|\.\.\.|…|\[[\w -]+\]|%\w+%|\$\{?\w+|\bpath[-_/ ]to\b|\byour[-_ ]"
    r"|\b(?:model|output)[-_ ](?:name|path|folder|dir)\b",
    re.IGNORECASE,
)
# People do call their own models so; it stands for another one only where a model should be and is not.
_MINE = re.compile(r"\bmy[-_ ]", re.IGNORECASE)
_HUB_ID = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)?")
# Letters that a single backslash before them turns into something else.
_SWALLOWED = {"\n": "\\n", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\r": "\\r"}
_SCRIPTS = ("user_script", "script_dir", "model_script")


def model(document: Document) -> Iterator[Finding]:
    """The input model."""
    given = document.at(("input_model",))
    if not isinstance(given, dict):
        named = given if isinstance(given, str) else str(document.model or "path/to/model")
        edit: Edit = (Put(("input_model",), {"type": "HfModel", "model_path": named}),)
        there = ("input_model",) in document.layout.spans
        cause = "input_model has to be an object." if there else "There is no input_model."
        yield document.find(
            "error", ("input_model",) if there else (), cause, "Say which model to read.", edit
        )
        return
    known = knowledge().models
    kind = given.get("type")
    right = next((name for name in known if isinstance(kind, str) and name.lower() == kind.lower()), None)
    path = ("input_model", "type")
    if right is None:
        meant = (closest(str(kind), known) if kind else None) or ("HfModel" if kind is None else None)
        cause = "input_model has no type." if kind is None else f"There is no type of model {kind!r}."
        fix = f"Write {meant}." if meant else f"Take one of: {', '.join(known)}."
        yield document.find("error", path, cause, fix, (Put(path, meant),) if meant else None)
        return
    yield from _settings(document, right)
    if right != "HfModel":
        cause = f"{right} is read as it is; a ModelBuilder needs an HfModel."
        if any(each.type.lower() == "modelbuilder" for each in document.passes()):
            yield document.find("error", path, cause, "Write HfModel.", (Put(path, "HfModel"),))
    yield from _trusts_code(document)


def _settings(document: Document, kind: str) -> Iterator[Finding]:
    keys = knowledge().models[kind]
    given = document.gathered(("input_model",), "config", ("type",))
    for member in given:
        name, path, value = member
        key = keys.get(name)
        if key is None:
            meant = closest(name, keys)
            fix = f"Write {meant}." if meant else "Remove it."
            cause = f"{kind} has no setting {name}: Olive stops at it."
            yield document.find("error", path, cause, fix, (Swap(path, {meant: value} if meant else {}),))
        elif not key.accepts(value):
            yield document.find("error", path, f"{name} has to be {key.expected}.", f"Write {key.expected}.")
        elif name == "model_path" and isinstance(value, str):
            yield from _model_path(document, member)
        elif name == "adapter_path" and isinstance(value, str):
            yield from _must_exist(document, member, "the adapter")
    names = {member.name for member in given}
    for name, key in keys.items():
        if key.required and name not in names:
            path = ("input_model", name)
            edit: Edit | None = None
            if name == "model_path" and document.model:
                edit = (Put(path, str(document.model)),)
            yield document.find("error", path, f"{kind} needs {name}.", "Say where the model is.", edit)


def _model_path(document: Document, member: Member) -> Iterator[Finding]:
    """Where the model is: a folder, or else an id on the Hugging Face hub."""
    _, path, value = member
    mine: Edit | None = (Put(path, str(document.model)),) if document.model else None
    here = document.folder / value
    if any(letter in value for letter in _SWALLOWED):
        yield _swallowed(document, member)
    elif here.is_dir():
        if not (here / "config.json").is_file():
            cause = f"{value} is a folder without config.json: no Hugging Face model."
            yield document.find("error", path, cause, "Name the folder that holds config.json.", mine)
    elif here.is_file():
        cause = f"{value} is a file; HfModel reads a folder."
        fix = "Let slmtui read it: `slmtui convert FILE --config …` unpacks a GGUF file first."
        yield document.find("error", path, cause, fix, mine)
    elif value.startswith("~"):
        cause = "Olive does not know what ~ stands for."
        yield document.find(
            "error", path, cause, "Write the whole path.", (Put(path, str(Path(value).expanduser())),)
        )
    elif _PLACEHOLDER.search(missing := _missing(document, value)) or _MINE.search(missing):
        cause = f"{value} stands for a path of your own."
        fix = f"Write {document.model}." if mine else "Write the path of your model's folder."
        yield document.find("error", path, cause, fix, mine)
    elif _HUB_ID.fullmatch(value) and PurePosixPath(value).suffix != ".gguf":
        cause = f"There is no folder {value} here, so Olive takes it for a model on the Hugging Face hub."
        fix = f"If a folder is meant, write {document.model}." if mine else "Name a folder, if that is meant."
        yield document.find("warning", path, cause, fix, mine)
    else:
        cause = f"There is no folder {value}" + (f" in {document.folder}." if _relative(value) else ".")
        yield document.find("error", path, cause, "Write the path of your model's folder.", mine)


def _missing(document: Document, value: str) -> str:
    """The end of a path that is not there: what exists is meant as it is written, whatever it is called."""
    path = document.folder / value
    parts: list[str] = []
    while path != path.parent and not _exists(path):
        parts.append(path.name)
        path = path.parent
    return "/".join(reversed(parts))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # no system has a name so long
        return False


def _relative(value: str) -> bool:
    return not (PurePosixPath(value).is_absolute() or PureWindowsPath(value).is_absolute())


def _swallowed(document: Document, member: Member) -> Finding:
    right = "".join(_SWALLOWED.get(letter, letter) for letter in member.value)
    cause = "A backslash begins an escape in JSON, so this path has letters that cannot be seen."
    return document.find(
        "error", member.path, cause, "Write each backslash twice.", (Put(member.path, right),)
    )


def _must_exist(document: Document, member: Member, what: str) -> Iterator[Finding]:
    if not (document.folder / member.value).exists():
        cause = f"{what[0].upper()}{what[1:]} {member.value} is not there."
        yield document.find("error", member.path, cause, "Write a path that exists.")


def _trusts_code(document: Document) -> Iterator[Finding]:
    """trust_remote_code, at whatever depth it stands."""
    for path in document.layout.spans:
        if path and path[-1] == "trust_remote_code" and document.at(path) is True:
            files = python_files(document)
            names = f" ({', '.join(files)})" if files else ""
            cause = f"trust_remote_code lets Python code run that comes with the model{names}."
            yield document.find(
                "warning", path, cause, "Write false, unless you have read it.", (Put(path, False),)
            )


def folders(document: Document) -> Iterator[Finding]:
    """Where the result, by-products and scripts are."""
    for member in (document.engine("output_dir"), document.engine("cache_dir")):
        value = member.value
        if not isinstance(value, str):
            if member.name == "output_dir" and value is None:
                cause = "Without output_dir the model lands in the folder in which Olive is started."
                yield document.find("warning", member.path, cause, "Name a folder.")
        elif any(letter in value for letter in _SWALLOWED):
            yield _swallowed(document, member)
        elif _PLACEHOLDER.search(_missing(document, value)):
            right = "models/output/model-onnx" if member.name == "output_dir" else "cache"
            cause = f"{value} stands for a name of your own."
            yield document.find(
                "warning", member.path, cause, f"Write for example {right}.", (Put(member.path, right),)
            )
        elif (
            member.name == "output_dir"
            and PurePosixPath(value).suffix
            and not (document.folder / value).is_dir()
        ):
            right = str(PurePosixPath(value).with_name(PurePosixPath(value).name.replace(".", "-")))
            cause = f"The last part of {value} has a dot, so Olive takes it for a file and writes beside it."
            yield document.find("warning", member.path, cause, f"Write {right}.", (Put(member.path, right),))
    yield from _scripts(document)


def _scripts(document: Document) -> Iterator[Finding]:
    for path in document.layout.spans:
        value: Any = document.at(path) if path and path[-1] in _SCRIPTS else None
        if isinstance(value, str) and value:
            yield from _script(document, path, value)


def _script(document: Document, path: Keys, value: str) -> Iterator[Finding]:
    if not (document.folder / value).exists():
        yield document.find(
            "error", path, f"{value} is not there.", "Write a path that exists, or remove it."
        )
    elif path[-1] != "script_dir":
        cause = f"Olive runs the Python code in {value}."
        yield document.find("warning", path, cause, "Read it before you run this configuration.")
