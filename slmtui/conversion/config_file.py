"""A configuration that the user brings: looked at, understood where the form has words, and run as it is."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.json_file import decode, unreadable
from slmtui.conversion.lint import Finding, LintReport, lint
from slmtui.conversion.options import Precision
from slmtui.conversion.recipe import Recipe
from slmtui.conversion.recognise import precision_of, understood
from slmtui.conversion.rules.document import Document
from slmtui.events import Failure

# The last names of what is replaced whenever it is there.
_REPLACED = ("model_path", "adapter_path", "output_dir", "cache_dir")
# A value of the configuration that has to be ours: where it stands, and what it becomes (None: removed).
_Change = tuple[tuple[str, ...], Any]


@dataclass(frozen=True, slots=True)
class OlivePlan:
    """A configuration to run as it is.

    `recipe` is what the form would call it; where the form has no words for it, None, and `beyond` says why.
    """

    text: str
    config: Mapping[str, Any]
    report: LintReport
    recipe: Recipe | None
    beyond: str

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The errors that stay when it is run here, where the model and the folders are ours."""
        return tuple(
            finding
            for finding in self.report.findings
            if finding.severity == "error" and finding.path.rpartition(".")[2] not in _REPLACED
        )

    def refuse_errors(self) -> None:
        """Raise if Olive would refuse it, make nothing, or make another model than it says."""
        if not self.errors:
            return
        first, *more = self.errors
        others = (
            f" There are {len(more)} more errors." if len(more) > 1 else " There is one more." if more else ""
        )
        raise Failure(
            f"The configuration, line {first.line}: {first.cause}{others}",
            f"{first.fix} `slmtui lint FILE --fix` mends what can be mended; --force runs it all the same.",
        )

    @property
    def precision(self) -> Precision:
        """The precision of the weights, as far as the configuration says it; the closest of ours."""
        return self.recipe.precision if self.recipe else precision_of(self.config)

    def replaced(self, model: Path, *, run_code: bool = False) -> tuple[str, ...]:
        """What is not run as it is written when the checkpoint `model` is converted, for people."""
        return tuple(said for said, _ in self._changes(model, Path(), Path(), run_code) if said)

    def run_config(self, model: Path, output: Path, cache: Path, *, run_code: bool = False) -> dict[str, Any]:
        """The configuration for Olive: the checkpoint `model` into the folder `output`, all else as written.

        `run_code` lets the Python code in `model` run, which the user has been asked about.
        """
        config = copy.deepcopy(dict(self.config))
        for _, (path, value) in self._changes(model, output, cache, run_code):
            _set(config, path, value)
        return config

    def _changes(
        self, model: Path, output: Path, cache: Path, run_code: bool
    ) -> Iterator[tuple[str, _Change]]:
        """Each value that has to be ours, with what is said about it ("" where it makes no difference)."""
        document = _document(self.text)
        given = document.gathered(("input_model",), "config", ("type",))
        path = next(
            (member.path for member in given if member.name == "model_path"), ("input_model", "model_path")
        )
        named = document.at(path)
        said = f"input_model: {model} in place of {named}." if named and Path(named) != model else ""
        yield said, (path, str(model))
        for member in given:
            if member.name == "adapter_path":
                # A checkpoint that comes from an adapter has it merged in already.
                yield (
                    "input_model: the adapter is left out; convert the adapter's folder.",
                    (member.path, None),
                )
        for name, ours in (("output_dir", str(output)), ("cache_dir", str(cache))):
            member = document.engine(name)
            was = f" in place of {member.value}" if member.value else ""
            said = f"output_dir: the folder you name{was}." if name == "output_dir" else ""
            said = said or (f"cache_dir: a fresh one{was}." if was else "")
            yield said, (member.path, ours)
        settings: dict[str, Any] = {"cache_config": None, "log_severity_level": 1, "log_to_file": False}
        for name, fixed in settings.items():
            member = document.engine(name)
            if member.path in document.layout.spans and member.value != fixed:
                yield f"{name}: left to slmtui, which shows the log and its progress.", (member.path, fixed)
        log_level = document.engine("log_severity_level").path
        yield "", (log_level, 1)  # what is pruned, and why, is said on this level only
        if not run_code:
            yield from _without_code(document)


def load(path: Path, *, model: Path | None = None) -> OlivePlan:
    """The configuration in the file `path`; `model` is the checkpoint to be converted, if it is known.

    Raises:
        Failure: the file cannot be read, or holds no configuration.
    """
    return parse(read_text(path), folder=Path.cwd(), model=model)


def parse(text: str, *, folder: Path, model: Path | None = None) -> OlivePlan:
    """The configuration `text`, as a file or an editor holds it; relative paths are relative to `folder`.

    Raises:
        Failure: it is no JSON object.
    """
    report = lint(text, folder=folder, model=model)
    try:
        config = json.loads(text)
    except ValueError as error:
        first = report.findings[0]
        raise Failure(f"The configuration, line {first.line}: {first.cause}", first.fix) from error
    if not isinstance(config, dict):
        raise Failure("The configuration is no JSON object.", 'Begin it with "{" and end it with "}".')
    found, beyond = understood(text)
    return OlivePlan(text, config, report, found, beyond)


def read_text(path: Path) -> str:
    """The text of a configuration's file; a byte order mark stays, for the lint to name.

    Raises:
        Failure: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    return decode(path, raw)


def _without_code(document: Document) -> Iterator[tuple[str, _Change]]:
    """Turn off whatever lets Python code run that comes with the model."""
    for path in document.layout.spans:
        if path and path[-1] == "trust_remote_code" and document.at(path):
            yield "trust_remote_code: false, until you allow the model's code.", (path, False)
    for each in document.passes():
        if each.type.lower() == "modelbuilder":
            given = document.settings(each.path).get("extra_options")
            nested = (*each.path, "config") in document.layout.spans
            path = given.path if given else (*each.path, *(("config",) if nested else ()), "extra_options")
            allowed = (
                isinstance(given.value if given else None, dict) and given and given.value.get("hf_remote")
            )
            yield (
                "hf_remote: false, until you allow the model's code." if allowed else "",
                ((*path, "hf_remote"), False),
            )
            yield "", ((*path, "hf_token"), "false")


def _document(text: str) -> Document:
    return Document.of(text, json.loads(text), Path(), None)


def _set(config: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set the value at `path`, or remove it (None); objects on the way are made where they are missing."""
    part: Any = config
    for name in path[:-1]:
        if isinstance(part, list):
            part = part[int(name[1:-1])]
            continue
        if not isinstance(part.get(name), (dict, list)):
            part[name] = {}
        part = part[name]
    if value is None:
        part.pop(path[-1], None)
    else:
        part[path[-1]] = value
