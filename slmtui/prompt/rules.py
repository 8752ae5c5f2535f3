"""What has to hold of an `inference_model.json` that its JSON Schema cannot say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slmtui.config.json_text import Keys
from slmtui.deployment import check_name
from slmtui.events import Failure
from slmtui.prompt.findings import Findings
from slmtui.prompt.prompt_template import CONTENT
from slmtui.prompt.schema import known, plain

_NAME_WITH_VERSION = re.compile(r"(?P<name>.*?)(?::(?P<version>.*))?", re.DOTALL)


def check(document: Mapping[str, Any], findings: Findings, context_length: int | None) -> None:
    """Look at everything; what is wrong goes to `findings`. `context_length` is the model's, in tokens."""
    for keys in findings.doubles:
        findings.add("warning", keys, f"{keys[-1]} stands here twice; the last one counts.", "Remove one.")
    _keys(document, (), findings)
    if isinstance(document.get("Name"), str):
        _name(document["Name"], findings)
    template = document.get("PromptTemplate")
    if isinstance(template, dict):
        _keys(template, ("PromptTemplate",), findings)
        _shapes(template, findings)
    config = document.get("ModelConfig")
    if isinstance(config, dict):
        _keys(config, ("ModelConfig",), findings)
        _length(config, findings, context_length)


def _keys(values: Mapping[str, Any], section: Keys, findings: Findings) -> None:
    """Foundry Local looks for exact names: one that differs by case alone is an error."""
    spelled = {plain(name): name for name in known(*section)}
    for name in values:
        keys = (*section, name)
        right = spelled.get(plain(name))
        if name in spelled.values():
            continue
        if right is None:
            findings.add("warning", keys, f"{name} is unknown here.", "Remove it if it is a slip.")
        elif right in values:
            findings.add("warning", keys, f"{name} is not read, {right} is.", f"Remove {name}.")
        else:
            cause = f"{name} is written wrongly: Foundry Local looks for {right}."
            findings.add("error", keys, cause, f'Write "{right}".')


def _name(value: str, findings: Findings) -> None:
    """A name by the rules of `check_name`, with or without `:version`."""
    parts = _NAME_WITH_VERSION.fullmatch(value)
    name, version = (parts["name"], parts["version"]) if parts else (value, None)
    try:
        check_name(name)
    except Failure as failure:
        findings.add("error", ("Name",), failure.cause, failure.fix)
    if version is not None and not (version.isascii() and version.isdigit()):
        cause = f"The version {version!r} behind the colon in Name is no whole number."
        findings.add("error", ("Name",), cause, f'Write "{name}" or "{name}:1".')


def _shapes(template: Mapping[str, Any], findings: Findings) -> None:
    for name in known("PromptTemplate"):
        value = template.get(name)
        if isinstance(value, str) and (count := value.count(CONTENT)) > 1:
            cause = f"{name} holds {CONTENT} {count} times: the message would be repeated."
            findings.add("warning", ("PromptTemplate", name), cause, f"Keep one {CONTENT}.")
    if isinstance(template.get("prompt"), str) and not any(plain(name) == "user" for name in template):
        cause = "user is missing: earlier questions of a conversation are wrapped like the last one."
        findings.add("warning", ("PromptTemplate", "user"), cause, f'Add "user": "…{CONTENT}…".')


def _length(config: Mapping[str, Any], findings: Findings, context_length: int | None) -> None:
    length = config.get("max_length")
    if context_length is None or isinstance(length, bool) or not isinstance(length, int):
        return
    if length > context_length:
        cause = f"max_length is {length:,}, but the model's context holds {context_length:,} tokens."
        fix = f"Write {context_length} or less."
        findings.add("error", ("ModelConfig", "max_length"), cause, fix)
