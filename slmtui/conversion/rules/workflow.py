"""The passes together: whether they follow from each other, and whether a model comes out that can chat."""

from __future__ import annotations

from collections.abc import Iterator

from slmtui.conversion.rules.document import Document
from slmtui.conversion.rules.finding import Edit, Finding, Put, Swap
from slmtui.conversion.rules.knowledge import knowledge, renamed

# Passes that are counted with ONNX's and read a PyTorch model.
_EXPORTERS = ("ModelBuilder", "MobiusBuilder", "OnnxConversion", "OptimumConversion")
_BUILDERS = ("ModelBuilder", "MobiusBuilder")


def workflow(document: Document) -> Iterator[Finding]:
    """What the passes make, in their order."""
    kinds = [(each, knowledge().pass_kind(each.type)) for each in document.passes()]
    if not kinds:
        if document.at(("passes",)) in (None, {}, []):
            edit: Edit = (Put(("passes", "builder"), {"type": "ModelBuilder", "precision": "int4"}),)
            cause = "There are no passes, so Olive makes nothing, with exit code 0."
            yield document.find("error", ("passes",), cause, "Add a ModelBuilder.", edit)
        return
    model = document.at(("input_model", "type"))
    state = "onnx" if isinstance(model, str) and model.lower() == "onnxmodel" else "pytorch"
    for each, kind in kinds:
        if kind is None or kind.family not in ("pytorch", "onnx"):
            return  # what it makes is not known here
        reads = "pytorch" if kind.family == "pytorch" or kind.name in _EXPORTERS else "onnx"
        if reads != state:
            words = {"pytorch": "a PyTorch model", "onnx": "an ONNX model"}
            cause = f"{kind.name} needs {words[reads]}, and gets {words[state]}."
            fix = (
                "Put it before the pass that makes ONNX."
                if reads == "pytorch"
                else "Put a ModelBuilder before it."
            )
            yield document.find("error", each.path, cause, fix)
            return
        state = "pytorch" if kind.family == "pytorch" else "onnx"
    if not any(kind and kind.name in _BUILDERS for _, kind in kinds):
        cause = (
            "No pass is a ModelBuilder: the result has no genai_config.json, so the runtime cannot load it."
        )
        yield document.find("warning", ("passes",), cause, "Export with ModelBuilder, if it is for chatting.")
    yield from _bad_pairs(document)


def _bad_pairs(document: Document) -> Iterator[Finding]:
    """Passes of which is known that they make a model together that does not run."""
    seen: set[str] = set()
    for each in document.passes():
        kind = knowledge().pass_kind(each.type)
        name = kind.name if kind else each.type
        for pair in renamed()["bad_pair"]:
            given = document.settings(each.path).get(pair["setting"])
            if pair["then"] == name and pair["first"] in seen and given and given.value == pair["value"]:
                cause = (
                    f"{pair['first']} and then {name} with {pair['setting']} {pair['value']}: {pair['seen']}."
                )
                yield document.find("error", given.path, cause, pair["fix"])
        seen.add(name)


def search(document: Document) -> Iterator[Finding]:
    """A search, which tries many models and needs something that judges them."""
    _, path, value = document.engine("search_strategy")
    _, evaluator_path, evaluator = document.engine("evaluator")
    named = document.at(("evaluators",))
    if isinstance(evaluator, str) and evaluator not in (named if isinstance(named, dict) else {}):
        cause = f"evaluator names {evaluator}, which is not described in evaluators."
        yield document.find(
            "error", evaluator_path, cause, "Describe it, or remove it.", (Swap(evaluator_path, {}),)
        )
        evaluator = None
    if not value:
        return
    if not evaluator:
        cause = "A search needs an evaluator; Olive refuses the configuration without one."
        yield document.find(
            "error", path, cause, "Write false: then each pass runs once.", (Put(path, False),)
        )
        return
    cause = (
        "A search makes a model for every combination of settings that passes leave open, and"
        " measures each; it takes many times as long, and its output may be several folders."
    )
    yield document.find("warning", path, cause, "Write false, unless you want that.", (Put(path, False),))
