"""Whether the weights of a checkpoint are numbers: a NaN or an infinity among them ruins every answer.

Olive converts such a checkpoint without a word. A float is one of them exactly if all bits of its exponent
are set (IEEE 754, and bfloat16, which is the upper half of a float32), so the bits are looked at as whole
numbers, in place, as fast as the disk delivers them. The float8 kinds are left out: not all have infinities.
"""

from __future__ import annotations

from pathlib import Path

from slmtui.events import Cancel, Failure
from slmtui.source.json_file import unreadable
from slmtui.source.safetensors_file import Tensor, read_tensors

# The exponent's bits, and the whole number as wide as the float.
_EXPONENT = {
    "float64": ("<u8", 0x7FF0_0000_0000_0000),
    "float32": ("<u4", 0x7F80_0000),
    "float16": ("<u2", 0x7C00),
    "bfloat16": ("<u2", 0x7F80),
}
_CHUNK = 4 * 1024 * 1024


def refuse_damaged(files: list[Path], cancel: Cancel) -> None:
    """Read every weight of the safetensors among `files`.

    Raises:
        Failure: one is not a number, or a file cannot be read; it names the tensor.
        Cancelled: in the middle.
    """
    for path in files:
        if path.suffix != ".safetensors":
            continue
        for tensor in read_tensors(path):
            count = _not_numbers(path, tensor, cancel)
            if count:
                numbers = "is no number" if count == 1 else "are no numbers"
                raise Failure(
                    f"The checkpoint is damaged: {count:,} of the {tensor.elements:,} weights of"
                    f" {tensor.name} in {path.name} {numbers} (NaN or infinite).",
                    "Fetch it again; if it is the same then, its training came to nothing: take an earlier"
                    " checkpoint of it.",
                )


def _not_numbers(path: Path, tensor: Tensor, cancel: Cancel) -> int:
    """How many weights of a tensor are NaN or infinite."""
    if tensor.dtype not in _EXPONENT:
        return 0
    import numpy as np  # only who reads weights pays for it

    kind, exponent = _EXPONENT[tensor.dtype]
    mask = np.array(exponent, kind)
    buffer = np.empty(_CHUNK // mask.itemsize, kind)
    count, left = 0, tensor.bytes
    try:
        with path.open("rb") as file:
            file.seek(tensor.offset)
            while left > 0:
                cancel.check()
                part = buffer[: min(_CHUNK, left) // mask.itemsize]
                read = file.readinto(part.data)
                if not read:
                    break
                part = part[: read // mask.itemsize]
                np.bitwise_and(part, mask, out=part)
                # Almost always the largest says that all is well.
                if part.size and part.max() == mask:
                    count += int((part == mask).sum())
                left -= read
    except OSError as error:
        raise unreadable(path, error) from error
    return count
