"""From the options' values to Olive's passes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slmtui.conversion.options import Precision, Value


def passes(precision: Precision, values: Mapping[str, Value]) -> dict[str, dict[str, Any]]:
    """Olive's passes, by name and in order, for these `values` of the precision's options."""
    if precision == "fp32":
        return {"builder": {"type": "ModelBuilder", "precision": "fp32"}}
    if precision == "fp16":
        return {
            "builder": {"type": "ModelBuilder", "precision": "fp32"},
            "halve": {"type": "OnnxFloatToFloat16"},
        }
    built = {
        "type": "ModelBuilder",
        "precision": "int4",
        "int4_block_size": values["block_size"],
        "int4_is_symmetric": values["symmetric"],
        "int4_accuracy_level": values["accuracy_level"],
    }
    return {"builder": built}


def title(precision: Precision, values: Mapping[str, Value]) -> str:
    """What people read: "INT4, block size 32, symmetric"."""
    parts = [precision.upper()]
    if "block_size" in values:
        parts.append(f"block size {values['block_size']}")
    if "symmetric" in values:
        parts.append("symmetric" if values["symmetric"] else "asymmetric")
    return ", ".join(parts)
