"""An adapter without its base model: recognized and explained, not converted."""

from __future__ import annotations

from pathlib import Path

from slmtui.events import Failure
from slmtui.source.json_file import read_json
from slmtui.source.licence import read_licence
from slmtui.source.model_source import ModelSource, Problem, worst_first
from slmtui.source.naming import default_name
from slmtui.source.safetensors_file import Tensor, read_tensors
from slmtui.source.tokenizer_files import describe_tokenizer, read_chat_template
from slmtui.source.weights import count_parameters, dtype_of

_WEIGHTS = "adapter_model.safetensors"


def inspect_adapter(folder: Path, bytes_on_disk: int) -> ModelSource:
    """What an adapter's folder holds; its one error says how to merge it.

    Raises:
        Failure: adapter_config.json cannot be read.
    """
    config = read_json(folder / "adapter_config.json")
    base = str(config.get("base_model_name_or_path") or "its base model")
    kind = str(config.get("peft_type") or "LORA")
    problems = [
        Problem(
            "error",
            f"This is a {kind} adapter for {base}, not a whole model; merging is not supported yet.",
            "Merge it and give the merged folder: in Python,"
            f" `AutoPeftModelForCausalLM.from_pretrained({str(folder)!r})`, then `.merge_and_unload()` and"
            " `.save_pretrained(…)`;"
            " save the tokenizer there as well.",
        )
    ]
    tensors: dict[str, Tensor] = {}
    if (folder / _WEIGHTS).is_file():
        try:
            tensors = {tensor.name: tensor for tensor in read_tensors(folder / _WEIGHTS)}
        except Failure as failure:
            problems.append(Problem("error", failure.cause, failure.fix))
    return ModelSource(
        path=folder,
        format="huggingface",
        architecture=f"{kind} adapter",
        model_type="",
        parameters=count_parameters(tensors, False, None),
        dtype=dtype_of(tensors),
        context_length=None,
        layers=None,
        hidden_size=None,
        vocab_size=None,
        tokenizer=describe_tokenizer(folder).summary,
        chat_template=read_chat_template(folder)[0],
        licence=read_licence(folder),
        bytes=bytes_on_disk,
        name=default_name(folder),
        problems=worst_first(problems),
    )
