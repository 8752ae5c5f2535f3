"""What lies in a model's folder besides its weights and could harm: pickles, code, adapters, leftovers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slmtui.source.model_source import Problem
from slmtui.source.questions import Asks
from slmtui.units import size

_PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl"}
# What a trainer writes to go on later: pickled too, but no weights, and nothing here reads it.
_LEFTOVER = re.compile(r"(?:optimizer|scheduler|rng_state|scaler|training_args)[\w.-]*\.(?:bin|pt|pth|ckpt)")
_FOREIGN = {"tf_model.h5": "TensorFlow", "flax_model.msgpack": "Flax"}
# Methods the model builder reads by itself (its quantized_model.py); others need packages we do not have.
_READABLE_QUANTIZATION = {"awq", "gptq", "olive", "quark"}


def weight_dangers(folder: Path, have_safetensors: bool, *, allowed: bool = False) -> list[Problem]:
    """Pickled weights, weights of other frameworks, none at all, and a trainer's leftovers.

    `allowed` says that the user trusts the pickled ones, and that they will be read.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    leftovers = [path for path in files if _LEFTOVER.fullmatch(path.name)]
    pickled = [p.name for p in files if p.suffix in _PICKLED and p not in leftovers]
    problems = []
    if pickled and have_safetensors:
        problems.append(
            Problem(
                "warning",
                f"Pickled weights lie beside the safetensors ({_some(pickled)}): a pickle can run any code"
                " when it is loaded. They are not used.",
                f"Delete {_some(pickled)}.",
            )
        )
    elif pickled and allowed:
        problems.append(
            Problem(
                "warning",
                f"The weights are pickled ({_some(pickled)}), and you said that they may be read. torch reads"
                " them in the way that makes tensors and calls nothing else (`weights_only`).",
                "Save the model as safetensors (`save_pretrained`), and nobody has to trust it.",
            )
        )
    elif pickled:
        problems.append(
            Problem(
                "error",
                f"The weights are pickled ({_some(pickled)}): loading a pickle can run any code it carries,"
                " so slmtui does not.",
                "If you trust where it came from, save it again as safetensors: load it with"
                f" `AutoModelForCausalLM.from_pretrained({str(folder)!r})`, then `save_pretrained` to a new"
                " folder; or say that it may be read with `--allow-pickle`.",
                Asks("pickle", tuple(pickled)),
            )
        )
    elif not have_safetensors:
        other = next((name for name in _FOREIGN if (folder / name).is_file()), None)
        cause = "There are no weights (model.safetensors), only a configuration."
        if other:
            cause = f"There are no weights in safetensors, only {other}, which is {_FOREIGN[other]}'s."
        problems.append(
            Problem(
                "error", cause, "Copy or download model.safetensors into the folder, or save the model there."
            )
        )
    if leftovers:
        room = sum(path.stat().st_size for path in leftovers)
        problems.append(
            Problem(
                "note",
                f"The trainer's own files lie here too ({_some([p.name for p in leftovers])}, {size(room)});"
                " they are not used.",
                "Delete them once the training is over.",
            )
        )
    return problems


def code_in(folder: Path, *configs: Mapping[str, Any]) -> tuple[str, ...]:
    """The Python files that come with the model, by their paths in the folder.

    They are those in the folder, and those that `auto_map` names, which may lie elsewhere.
    """
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    for config in configs:
        auto_map = config.get("auto_map")
        for value in auto_map.values() if isinstance(auto_map, dict) else ():
            for reference in value if isinstance(value, list) else [value]:
                if isinstance(reference, str) and "." in reference:
                    names.add(reference.rpartition(".")[0] + ".py")
    return tuple(sorted(names))


def allowed_code(
    folder: Path, code: tuple[str, ...], said: tuple[str, ...]
) -> tuple[tuple[str, ...], Problem | None]:
    """The files that may be run (all of them, or none), and what is wrong with what the user said.

    A yes names every file: what is imported cannot be told apart beforehand.
    """
    if not said or not code:
        return (), None
    absent = [name for name in code if not (folder / name).is_file()]
    if absent:
        # `auto_map` may point to another repository; nothing is fetched that nobody has looked at.
        return (), Problem(
            "error",
            f"The model's code lies elsewhere: {_some(absent)} is not in its folder.",
            "Copy those files into the folder, and read them there.",
        )
    missing = [name for name in code if name not in said]
    if missing:
        return (), Problem(
            "error",
            f"You allowed {', '.join(said)}, but the model also brings {', '.join(missing)}.",
            f"Read them all; if you trust them, say `--allow-remote-code {','.join(code)}`.",
            Asks("code", code),
        )
    return code, Problem(
        "warning",
        f"The model's own Python code will be run, as you said: {', '.join(code)}.",
        "It can do whatever you can: read your files, send them, change them.",
    )


def code_danger(code: tuple[str, ...]) -> Problem:
    """The model brings code that it does not need."""
    return Problem(
        "warning",
        f"The model comes with Python code ({_some(list(code))}). slmtui does not run it: transformers' own"
        " implementation is used.",
        "If the code changes what the model computes, the result will differ: compare the answers, or read"
        f" the code and say that it may be run with `--allow-remote-code {','.join(code)}`.",
        Asks("code", code),
    )


def adapter_beside(folder: Path) -> Problem | None:
    """An adapter in a folder that has whole weights as well."""
    if not (folder / "adapter_config.json").is_file():
        return None
    return Problem(
        "warning",
        "An adapter lies beside the weights (adapter_config.json); nothing says whether it is merged in.",
        "If it is merged, move adapter_config.json and adapter_model.* away; if not, merge it first.",
    )


def quantization_danger(quantization: Mapping[str, Any] | None) -> Problem | None:
    """The checkpoint is quantized already."""
    if quantization is None:
        return None
    method = str(quantization.get("quant_method", "an unknown method"))
    fix = "Take the checkpoint from before its quantization; merge an adapter into the full-precision base."
    if method in _READABLE_QUANTIZATION:
        return Problem(
            "warning",
            f"The weights are quantized already ({method}); how well they convert was not measured.",
            fix,
        )
    return Problem("error", f"The weights are quantized by {method}, which the converter cannot read.", fix)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
