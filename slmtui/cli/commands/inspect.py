"""`slmtui inspect`: what is this model?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from slmtui.cli.declare import Commands, add_json, add_source, command, source_options
from slmtui.units import count, size

if TYPE_CHECKING:
    from slmtui.cli.report import Report
    from slmtui.events import Cancel
    from slmtui.source.model_source import ModelSource


_FORMATS = {"huggingface": "Hugging Face folder", "gguf": "GGUF file", "adapter": "LoRA adapter"}


def declare(commands: Commands) -> None:
    """Add `inspect`."""
    parser = command(
        commands,
        "inspect",
        inspect_source,
        "say what a model is, and what is wrong with it",
        "Read a Hugging Face folder or a GGUF file without loading it, and say what it is, what is missing\n"
        "and what is dangerous. Exits with 0 if it can be converted, with 1 if a problem of severity error\n"
        "is in the way.",
        example="slmtui inspect ./my-fine-tuned-model\nslmtui inspect model.Q4_1.gguf --json",
        cancellable=False,
    )
    add_source(parser)
    add_json(parser)


def inspect_source(arguments: argparse.Namespace, report: Report, cancel: Cancel) -> int:
    """Say what the source is."""
    from slmtui.source.inspect import inspect, refuse_useless_base
    from slmtui.source.samples import resolve

    options = source_options(arguments)
    model = inspect(resolve(arguments.source), options)
    refuse_useless_base(model, options)
    if report.json:
        report.object(_as_json(model))
    else:
        _say(model, report)
    return 0 if model.usable else 1


def _as_json(model: ModelSource) -> dict[str, object]:
    from slmtui.events import jsonable

    fields: dict[str, object] = jsonable(model) | {"usable": model.usable}
    return fields


def _say(model: ModelSource, report: Report) -> None:
    report.pairs(
        [
            ("path", str(model.path)),
            ("format", _FORMATS[model.format]),
            ("architecture", model.architecture),
            ("parameters", count(model.parameters)),
            ("dtype", model.dtype),
            ("context length", f"{model.context_length:,}" if model.context_length else "unknown"),
            ("layers", str(model.layers or "")),
            ("hidden size", str(model.hidden_size or "")),
            ("tokenizer", model.tokenizer or "missing"),
            ("chat template", f"{len(model.chat_template):,} characters" if model.chat_template else "none"),
            ("licence", model.licence or "not stated"),
            ("on disk", size(model.bytes)),
        ]
    )
    for problem in model.problems:
        report.line(f"\n{problem.severity}: {problem.cause}")
        if problem.fix:
            report.line(f"  fix: {problem.fix}")
