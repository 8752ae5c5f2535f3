"""adapter_config.json as PEFT writes it: what a LoRA adapter is, and whether slmtui can merge it.

Merging is arithmetic on the base's tensors (`adapter_changes.py`), which is right for plain LoRA and its
relatives below. Anything else an adapter may do is refused by name: a merge that leaves it out would give
another model without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_json
from slmtui.events import Failure

NAME = "adapter_config.json"

# Keys that merging heeds, or that meant something only while training (PEFT 0.21 and older).
_KNOWN = frozenset({
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "corda_config",
    "ensure_weight_tying", "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode",
    "init_lora_weights", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_bias",
    "lora_dropout", "lora_ga_config", "megatron_config", "megatron_core", "modules_to_save", "peft_type",
    "peft_version", "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config",
    "target_modules", "task_type", "use_dora", "use_rslora",
})  # fmt: skip
# Ways to begin that leave the base as it was. The others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) take a part of
# the base's weights away, so that the adapter fits no base that can be downloaded.
_PLAIN_STARTS = (True, False, None, "gaussian", "eva", "orthogonal")


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """What merging needs to know.

    `base` and `revision` name the base model. A module's part is `alpha / rank` (`alpha / √rank` with
    `rslora`); `alphas` has alphas of its own for modules, by regular expression. `transposed` says that the
    base keeps its matrices as (in, out). `tied` says that a changed embedding is the output layer too.
    """

    kind: str
    base: str
    revision: str | None
    alpha: float
    alphas: Mapping[str, float]
    rslora: bool
    transposed: bool
    tied: bool
    refusal: str

    def scaling(self, module: str, rank: int) -> float:
        """The factor of `module`'s part; PEFT looks for patterns in the same way."""
        found = (a for pattern, a in self.alphas.items() if re.match(rf"(.*\.)?({pattern})$", module))
        alpha = next(found, self.alpha)
        return alpha / (rank**0.5 if self.rslora else rank)


def read_adapter_config(folder: Path) -> AdapterConfig:
    """The configuration in `folder`; `refusal` says why it cannot be merged, "" if it can.

    Raises:
        Failure: it cannot be read.
    """
    data = read_json(folder / NAME)
    patterns = data.get("alpha_pattern")
    try:
        return AdapterConfig(
            kind=str(data.get("peft_type") or "LORA"),
            base=str(data.get("base_model_name_or_path") or ""),
            revision=str(data["revision"]) if data.get("revision") else None,
            alpha=float(data.get("lora_alpha", 8)),
            alphas={str(k): float(v) for k, v in patterns.items()} if isinstance(patterns, dict) else {},
            rslora=bool(data.get("use_rslora")),
            transposed=bool(data.get("fan_in_fan_out")),
            tied=bool(data.get("ensure_weight_tying")),
            refusal=_refusal(data),
        )
    except (TypeError, ValueError) as error:
        raise Failure(f"{NAME} has a value that is no number: {error}.", "Save the adapter again.") from error


def _refusal(data: Mapping[str, Any]) -> str:
    kind = str(data.get("peft_type") or "LORA")
    if kind != "LORA":
        return f"it is of the kind {kind}, and slmtui merges LoRA adapters alone"
    start = data.get("init_lora_weights")
    if start not in _PLAIN_STARTS:
        return f"it was started with {start}, which changes the base's own weights as well"
    unknown = sorted(key for key, value in data.items() if key not in _KNOWN and value)
    return f"it uses {', '.join(unknown)}, which slmtui cannot merge" if unknown else ""
