"""The worker that reads a checkpoint's weights: `python -m slmtui.source.weights_worker`.

Request: `{"tensors": [{"path", "offset", "bytes", "dtype"}, …]}`. Replies: `damaged` (`number` of the tensor,
`count` of its weights that are NaN or infinite) at the first such tensor, `unreadable` (`path`, `reason`), or
`sound`.

A float is one of them exactly if all bits of its exponent are set (IEEE 754, and bfloat16, which is the upper
half of a float32), so the bits are looked at as whole numbers, in place, as fast as the disk delivers them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slmtui.child import Link, run

# The exponent's bits, and the whole number as wide as the float. The float8 kinds are left out: not all have
# infinities.
_EXPONENT = {
    "float64": ("<u8", 0x7FF0_0000_0000_0000),
    "float32": ("<u4", 0x7F80_0000),
    "float16": ("<u2", 0x7C00),
    "bfloat16": ("<u2", 0x7F80),
}
_CHUNK = 4 * 1024 * 1024


def main(link: Link) -> None:
    """Look at the one request's tensors."""
    request = link.receive()
    if request is None:
        return
    for number, tensor in enumerate(request["tensors"]):
        try:
            count = _not_numbers(tensor)
        except OSError as error:
            link.send("unreadable", path=tensor["path"], reason=error.strerror or str(error))
            return
        if count:
            link.send("damaged", number=number, count=count)
            return
    link.send("sound")


def _not_numbers(tensor: dict[str, Any]) -> int:
    """How many weights of a tensor are NaN or infinite."""
    if tensor["dtype"] not in _EXPONENT:
        return 0
    import numpy as np

    kind, exponent = _EXPONENT[tensor["dtype"]]
    mask = np.array(exponent, kind)
    buffer = np.empty(_CHUNK // mask.itemsize, kind)
    count, left = 0, int(tensor["bytes"])
    with Path(tensor["path"]).open("rb") as file:
        file.seek(tensor["offset"])
        while left > 0:
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
    return count


if __name__ == "__main__":
    run(main)
