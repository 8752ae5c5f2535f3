"""Whether the weights of a checkpoint are numbers: a NaN or an infinity among them ruins every answer.

Olive converts such a checkpoint without a word. They are read in a process of their own
(`weights_worker.py`): importing numpy alone would make the screens stand still.
"""

from __future__ import annotations

from pathlib import Path

from slmtui.config import toolchain
from slmtui.config.json_file import unreadable
from slmtui.events import Cancel, Failure, LogLine
from slmtui.process import Child
from slmtui.source.safetensors_file import Tensor, read_tensors

_WORKER = "slmtui.source.weights_worker"


def refuse_damaged(files: list[Path], cancel: Cancel) -> None:
    """Read every weight of the safetensors among `files`.

    Raises:
        Failure: one is not a number, or a file cannot be read; it names the tensor.
        Cancelled: in the middle.
    """
    found = [
        (path, tensor) for path in files if path.suffix == ".safetensors" for tensor in read_tensors(path)
    ]
    if not found:
        return
    asked = [
        {"path": str(path), "offset": tensor.offset, "bytes": tensor.bytes, "dtype": tensor.dtype}
        for path, tensor in found
    ]
    cancel.check()
    with Child(_WORKER, python=toolchain.current().python) as child, cancel.calling(child.kill):
        child.send({"tensors": asked})
        for message in child.messages():
            if isinstance(message, LogLine) or message is None:
                continue
            if message["event"] == "sound":
                return
            if message["event"] == "damaged":
                path, tensor = found[message["number"]]
                raise _damaged(path, tensor, message["count"])
            if message["event"] == "unreadable":
                raise unreadable(Path(message["path"]), OSError(0, message["reason"]))
    cancel.check()
    raise child.death()


def _damaged(path: Path, tensor: Tensor, count: int) -> Failure:
    numbers = "is no number" if count == 1 else "are no numbers"
    return Failure(
        f"The checkpoint is damaged: {count:,} of the {tensor.elements:,} weights of {tensor.name} in"
        f" {path.name} {numbers} (NaN or infinite).",
        "Fetch it again; if it is the same then, its training came to nothing: take an earlier"
        " checkpoint of it.",
    )
