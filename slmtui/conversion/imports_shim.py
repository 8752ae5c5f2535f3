"""Importing Olive without what a conversion does not use. For the worker alone.

`import olive.workflows` and the model builder bring all of Olive's command line, the compiler of torch,
distributed tensors and onnxscript's optimizer, which take as long as quantizing a small model, and of
which a conversion uses next to nothing. Nothing is taken away: what is put off here is imported when it is
used after all (`import_hooks`, `compiler_shim`), and what is found out by reading thousands of files is
remembered (`walks_shim`).

Bound to the releases it was tried with; with others everything is imported as it always is.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from importlib import metadata

from slmtui.conversion import compiler_shim, walks_shim
from slmtui.conversion.import_hooks import Executing, deferred, finding, later

_RELEASES = {"olive-ai": "0.13.0", "transformers": "5.23.0", "onnxruntime-genai": "0.14.1"}
_TORCH = range(6, 14)  # 2.6 to 2.13
# Executed when something of them is looked at.
_LATER = ("onnxscript.optimizer", "onnxscript.rewriter")
# `import olive` takes the functions of its own Python interface from here, and they take the commands.
_COMMANDS = "olive.cli.api"

# All that a run of the model builder imports sooner or later, transformers first.
_USED = (
    "transformers.modeling_utils",
    "olive.workflows",
    "olive.systems.local",
    "olive.passes.onnx.model_builder",
    "onnxruntime_genai.models.builder",
    "onnxruntime.quantization.matmul_nbits_quantizer",
    "torch.fx.experimental.symbolic_shapes",  # with sympy: torch needs it to lay out a model without data
)


def import_all() -> None:
    """Import what a conversion uses; what cannot be imported shows when it is needed."""
    with contextlib.ExitStack() as stack:
        if _known():
            # To stay: much of this is imported only in the course of the run.
            sys.meta_path.insert(0, Executing(dict.fromkeys(_LATER, later)))
            stack.enter_context(finding(walks_shim.remembering()))
            stack.enter_context(compiler_shim.uncompiled())
            stack.enter_context(deferred(_COMMANDS))
        for module in _USED:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)


def _known() -> bool:
    """Whether the installed releases are those this shim is about."""
    try:
        torch = metadata.version("torch").split(".")
        return all(metadata.version(name) == release for name, release in _RELEASES.items()) and (
            torch[0] == "2" and int(torch[1]) in _TORCH
        )
    except (metadata.PackageNotFoundError, ValueError):
        return False
