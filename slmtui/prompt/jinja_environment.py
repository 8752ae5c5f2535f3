"""Jinja as transformers sets it up for chat templates, without transformers.

What a chat template may use, and what it renders, has to be the same as in
`transformers.utils.chat_template_utils` (5.23.0): a sandbox whose objects cannot be changed, blocks that
swallow their line, loop controls, and a handful of functions. A test compares the two. Only the render
worker imports this.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace


class GenerationTag(Extension):
    """`{% generation %}…{% endgeneration %}` marks what the model says, for training; it renders as it is."""

    tags = {"generation"}  # noqa: RUF012  (Jinja's own declaration)

    def parse(self, parser: Parser) -> nodes.Node:
        """Keep the body, in a scope of its own as a macro's would be."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


class GuardedNamespace(Namespace):
    """`namespace()` without names that begin with an underscore: they lead into Python's internals."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        for name in dict(*args[1:], **kwargs):
            _check_name(name)
        Namespace.__init__(*args, **kwargs)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_name(name)
        super().__setitem__(name, value)


class GuardedDict:
    """`dict(…)` and `dict.fromkeys(…)` without the rest of Python's class."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """A new dictionary."""
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:
        """A new dictionary with these keys."""
        return dict.fromkeys(*args)


def compile_template(text: str, now: datetime | None = None) -> jinja2.Template:
    """The chat template, ready to render; `now` is what `strftime_now` tells, the clock's time if None.

    Raises:
        jinja2.TemplateSyntaxError: it is no Jinja, with the line.
    """
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[GenerationTag, loopcontrols],
    )

    def strftime_now(form: str) -> str:
        return (now or datetime.now()).strftime(form)

    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = strftime_now
    environment.globals["namespace"] = GuardedNamespace
    environment.globals["dict"] = GuardedDict()
    return environment.from_string(text)


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Jinja's own escapes for HTML, which no model has seen.
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _check_name(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a namespace cannot hold the name {name!r}")
