"""torch without its compiler, as long as nobody compiles. For the worker alone.

torch and transformers mark functions that the compiler (`torch._dynamo`) is to leave alone or to take whole,
and import it to do so: with sympy and distributed tensors, a second. Nothing is compiled in a conversion. So
transformers marks nothing while it is imported, and a function that torch itself has marked
(`torch._disable_dynamo`) is called as it is until somebody imports the compiler.

To transformers, torch is one that was built without `torch.distributed`, as there are.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from slmtui.conversion.import_hooks import Execute, Executing, deferred, finding

_COMPILER = "torch._dynamo"
# What transformers marks functions with.
_MARKS = ("allow_in_graph", "assume_constant_result", "disable")
# Its one name is a context manager for masks that are made with vmap.
_MASKS = "torch._dynamo._trace_wrapped_higher_order_op"


@contextlib.contextmanager
def uncompiled() -> Iterator[None]:
    """While it lasts, torch and transformers are imported without the compiler."""
    if "torch" in sys.modules:
        yield
        return
    with finding(Executing({"torch._compile": _marking_late})), contextlib.suppress(ImportError):
        importlib.import_module("torch.distributed")
    with contextlib.ExitStack() as stack:
        if "torch" in sys.modules and _COMPILER not in sys.modules:
            stack.enter_context(_unmarking(sys.modules["torch"]))
            stack.enter_context(deferred(_MASKS))
        yield


def _marking_late(module: Any, execute: Execute) -> None:
    """Execute `torch._compile`; what it marks is not marked before there is a compiler."""
    execute(module)
    mark = module._disable_dynamo

    def mark_late(function: Callable[..., Any] | None = None, recursive: bool = True) -> Any:
        if function is None:
            return functools.partial(mark_late, recursive=recursive)
        marked = mark(function, recursive)

        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            return (marked if _COMPILER in sys.modules else function)(*arguments, **options)

        return call

    module._disable_dynamo = mark_late


@contextlib.contextmanager
def _unmarking(torch: ModuleType) -> Iterator[None]:
    """While it lasts, `torch.compiler` and `torch._dynamo` mark nothing. Nothing is distributed, for good."""
    torch.distributed.is_available = lambda: False
    real = {mark: getattr(torch.compiler, mark) for mark in _MARKS}
    for mark in _MARKS:
        setattr(torch.compiler, mark, _unmarked)
    vars(torch)["_dynamo"] = _Compiler()
    try:
        yield
    finally:
        for mark, function in real.items():
            setattr(torch.compiler, mark, function)
        if isinstance(vars(torch).get("_dynamo"), _Compiler):
            del vars(torch)["_dynamo"]


class _Compiler:
    """Stands for `torch._dynamo` as an attribute of torch: marks nothing, and has all else when asked."""

    def __getattr__(self, name: str) -> Any:
        return _unmarked if name in _MARKS else getattr(importlib.import_module(_COMPILER), name)


def _unmarked(function: Any = None, *_: Any, **__: Any) -> Any:
    """The function itself, for a decorator with or without arguments."""
    return function if function is not None else lambda function: function
