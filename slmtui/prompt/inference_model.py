"""`inference_model.json`: what makes a folder a model to Foundry Local, and how it is talked to.

The shape is the tutorial's: `Name`, `Description`, `Version`, `PromptTemplate`, `ModelConfig`. Foundry
Local's scanner asks for `Name` alone, with that very spelling; the older runtime wraps conversations with
`PromptTemplate`, the newer one shows it and renders the chat template instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slmtui.config.json_text import layout
from slmtui.deployment import check_name
from slmtui.events import Failure
from slmtui.prompt.field_reader import FieldReader
from slmtui.prompt.issues import Issue, decode, load
from slmtui.prompt.prompt_template import ModelConfig, PromptTemplate

__all__ = ["InferenceModel", "Issue", "ModelConfig", "PromptTemplate", "parse"]

_TOP = ("Name", "Description", "Version", "PromptTemplate", "ModelConfig")
_TEMPLATE = ("system", "user", "assistant", "prompt")
_CONFIG = ("max_length", "temperature", "top_p", "repetition_penalty", "top_k")
_NAME_WITH_VERSION = re.compile(r"(?P<name>.*?)(?::(?P<version>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class InferenceModel:
    """The file's content; `extra` keeps top-level keys that slmtui does not know."""

    name: str
    description: str = ""
    version: str = "1.0"
    prompt_template: PromptTemplate = field(default_factory=PromptTemplate)
    model_config: ModelConfig = field(default_factory=ModelConfig)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The file's text: the tutorial's names in its order, two spaces, a line end at the end."""
        template, config = self.prompt_template, self.model_config
        document = {
            "Name": self.name,
            "Description": self.description,
            "Version": self.version,
            "PromptTemplate": {k: v for k in _TEMPLATE if (v := getattr(template, k))} | dict(template.extra),
            "ModelConfig": {k: v for k in _CONFIG if (v := getattr(config, k)) is not None}
            | dict(config.extra),
        }
        return json.dumps(document | dict(self.extra), indent=2, ensure_ascii=False) + "\n"


def parse(
    text: str | bytes, context_length: int | None = None
) -> tuple[InferenceModel | None, tuple[Issue, ...]]:
    """Read the file and say what is wrong with it; with an error there is no model.

    `context_length` is the model's, in tokens: `max_length` must not exceed it. Fast enough for every key
    that is pressed.
    """
    decoded, encoding = decode(text)
    if encoding is not None and not decoded:
        return None, (encoding,)
    document, syntax = load(decoded)
    if syntax is not None:
        return None, tuple(issue for issue in (encoding, syntax) if issue is not None)
    reader = FieldReader(decoded, document, layout(decoded))
    if encoding is not None:
        reader.issues.append(encoding)
    model = _model(reader, context_length)
    issues = tuple(sorted(reader.issues, key=lambda issue: (issue.line or 0, issue.severity)))
    return (None if any(issue.severity == "error" for issue in issues) else model), issues


def _model(reader: FieldReader, context_length: int | None) -> InferenceModel:
    extra = reader.unknown((), _TOP)
    return InferenceModel(
        name=_name(reader),
        description=reader.string(("Description",)),
        version=reader.string(("Version",), "1.0"),
        prompt_template=_prompt_template(reader),
        model_config=_model_config(reader, context_length),
        extra=extra,
    )


def _name(reader: FieldReader) -> str:
    """A name by the rules of `check_name`, with or without `:version`."""
    keys = ("Name",)
    if not reader.has("Name"):
        if not any(issue.where.lower() == "name" for issue in reader.issues):
            reader.add("error", keys, "Name is missing: Foundry Local skips the folder.", 'Add "Name": "…".')
        return ""
    before = len(reader.issues)
    value = reader.string(keys)
    if len(reader.issues) > before:
        return ""
    parts = _NAME_WITH_VERSION.fullmatch(value)
    name, version = (parts["name"], parts["version"]) if parts else (value, None)
    try:
        check_name(name)
    except Failure as failure:
        reader.add("error", keys, failure.cause, failure.fix)
    if version is not None and not (version.isascii() and version.isdigit()):
        cause = f"The version {version!r} behind the colon in Name is no whole number."
        reader.add("error", keys, cause, f'Write "{name}" or "{name}:1".')
    return value


def _prompt_template(reader: FieldReader) -> PromptTemplate:
    name = "PromptTemplate"
    if not reader.section(name, required=True):
        return PromptTemplate()
    extra = reader.unknown((name,), _TEMPLATE)
    shapes = {key: reader.shape((name, key), required=key == "prompt") for key in _TEMPLATE}
    if shapes["prompt"] and not shapes["user"] and not reader.has(name, "user"):
        cause = "user is missing: earlier questions of a conversation are wrapped like the last one."
        reader.add("warning", (name, "user"), cause, 'Add "user": "…{Content}…".')
    return PromptTemplate(**shapes, extra=extra)


def _model_config(reader: FieldReader, context_length: int | None) -> ModelConfig:
    name = "ModelConfig"
    if not reader.section(name, required=False):
        return ModelConfig()
    extra = reader.unknown((name,), _CONFIG)
    standard = ModelConfig()
    max_length = reader.whole((name, "max_length"), standard.max_length)
    if context_length is not None and max_length > context_length and reader.has(name, "max_length"):
        cause = f"max_length is {max_length:,}, but the model's context holds {context_length:,} tokens."
        fix = f"Write {context_length} or less."
        reader.add("error", (name, "max_length"), cause, fix)
    return ModelConfig(
        max_length=max_length,
        temperature=reader.number((name, "temperature"), standard.temperature, 0, 2),
        top_p=reader.number((name, "top_p"), standard.top_p, 0, 1, open_low=True),
        repetition_penalty=reader.number(
            (name, "repetition_penalty"), standard.repetition_penalty, 0, open_low=True
        ),
        top_k=reader.whole((name, "top_k"), 50) if reader.has(name, "top_k") else None,
        extra=extra,
    )
