"""The header of a safetensors file: names, dtypes and shapes, and whether the data behind it is whole.

Format (https://huggingface.co/docs/safetensors): 8 bytes little-endian header length N, N bytes of JSON
`{name: {"dtype", "shape", "data_offsets": [begin, end]}}`, then the data, offsets counted from its start.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.json_file import refuse_lfs_pointer, unreadable
from slmtui.events import Failure
from slmtui.units import size

# The library itself refuses longer headers.
_MAX_HEADER = 100_000_000

DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3",
    "F8_E5M2": "float8_e5m2",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a checkpoint: its name, numpy-style dtype name, shape, and bytes on disk.

    `offset` is where they begin in a safetensors file, 0 in other files.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    bytes: int
    offset: int = 0

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


def read_tensors(path: Path) -> list[Tensor]:
    """The tensors that `path` declares, once its size agrees with them.

    Raises:
        Failure: unreadable, not safetensors, or cut off.
    """
    try:
        total = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(64)
            refuse_lfs_pointer(path, start)
            length = int.from_bytes(start[:8], "little")
            if len(start) < 8 or length > _MAX_HEADER:
                raise _foreign(path)
            if 8 + length > total:
                # A text file's first bytes make an absurd length; a real header begins with a brace.
                raise _cut_off(path, total, None) if start[8:9] == b"{" else _foreign(path)
            file.seek(8)
            header = json.loads(file.read(length))
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise _foreign(path) from error
    if not isinstance(header, dict):
        raise _foreign(path)
    tensors, end = [], 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        tensor, tensor_end = _tensor(path, name, entry, 8 + length)
        tensors.append(tensor)
        end = max(end, tensor_end)
    if 8 + length + end > total:
        raise _cut_off(path, total, 8 + length + end)
    return tensors


def _tensor(path: Path, name: str, entry: Any, start: int) -> tuple[Tensor, int]:
    """The tensor, and where it ends in the data that begins at `start`."""
    try:
        begin, end = (int(offset) for offset in entry["data_offsets"])
        shape = tuple(int(n) for n in entry["shape"])
        dtype = str(entry["dtype"])
    except (TypeError, ValueError, KeyError) as error:
        raise _foreign(path) from error
    if not 0 <= begin <= end or any(n < 0 for n in shape):
        raise _foreign(path)
    return Tensor(name, DTYPES.get(dtype, dtype.lower()), shape, end - begin, start + begin), end


def _cut_off(path: Path, have: int, need: int | None) -> Failure:
    seen = f"the file ends after {size(have)}, inside its own header"
    if need is not None:
        seen = f"its header speaks of {need:,} bytes, the file has {have:,} ({100 * have // need} %)"
    return Failure(
        f"{path.name} is cut off: {seen}.",
        f"Copy or download {path.name} again; it was not transferred whole.",
    )


def _foreign(path: Path) -> Failure:
    return Failure(
        f"{path.name} is no safetensors file: its header cannot be read.",
        f"Copy or download {path.name} again, or save the model with `save_pretrained`.",
    )
