"""`inference_model.json`: what makes a folder a model to Foundry Local, and how it is talked to.

The shape is the tutorial's: `Name`, `Description`, `Version`, `PromptTemplate`, `ModelConfig`. Foundry
Local's scanner asks for `Name` alone, with that very spelling; the older runtime wraps conversations with
`PromptTemplate`, the newer one shows it and renders the chat template instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from slmtui.prompt import rules, schema
from slmtui.prompt.findings import Findings
from slmtui.prompt.issues import Issue, decode, load
from slmtui.prompt.prompt_template import ModelConfig, PromptTemplate

__all__ = ["InferenceModel", "Issue", "ModelConfig", "PromptTemplate", "parse"]

_TEMPLATE = schema.known("PromptTemplate")
_CONFIG = schema.known("ModelConfig")


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
            "ModelConfig": {k: v for k in _CONFIG if (v := getattr(config, k)) not in (None, ())}
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
    findings = Findings(decoded)
    if encoding is not None:
        findings.issues.append(encoding)
    schema.check(document, findings)
    rules.check(document, findings, context_length)
    issues = findings.in_order()
    return (None if any(issue.severity == "error" for issue in issues) else _model(document)), issues


def _model(document: Mapping[str, Any]) -> InferenceModel:
    """The values of a document in which nothing is wrong."""
    config = document.get("ModelConfig", {})
    values = {name: config[name] for name in _CONFIG if name in config}
    # To JSON, 2048.0 is a whole number too.
    values |= {name: int(values[name]) for name in ("max_length", "top_k") if name in values}
    values |= {"stop": tuple(values["stop"])} if "stop" in values else {}
    template = document["PromptTemplate"]
    return InferenceModel(
        name=document["Name"],
        description=document.get("Description", ""),
        version=document.get("Version", "1.0"),
        prompt_template=PromptTemplate(
            **{name: template.get(name, "") for name in _TEMPLATE}, extra=_others(template, _TEMPLATE)
        ),
        model_config=ModelConfig(**values, extra=_others(config, _CONFIG)),
        extra=_others(document, schema.known()),
    )


def _others(values: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in known}
