"""In which tensors two ONNX models differ: `python -m tests.real.weights ONE OTHER`. Imports onnx."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

WEIGHTS = "model.onnx.data"


def differences(one: Path, other: Path) -> dict[str, str]:
    """What differs between the models in two folders, by tensor; nothing if their weights are the same bytes.

    It says how much, where a comparison of bytes would print millions of them.
    """
    if (one / WEIGHTS).read_bytes() == (other / WEIGHTS).read_bytes():
        return {}
    done = subprocess.run(
        [sys.executable, "-m", "tests.real.weights", str(one), str(other)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found or {WEIGHTS: "other bytes between the tensors"}


def _main(folders: list[str]) -> None:
    import numpy as np
    import onnx
    from onnx.numpy_helper import to_array

    one, other = (onnx.load(str(Path(each) / "model.onnx")).graph.initializer for each in folders)
    first, second = ({each.name: to_array(each) for each in made} for made in (one, other))
    found = dict.fromkeys(first.keys() ^ second.keys(), "only in one")
    for name in first.keys() & second.keys():
        a, b = first[name], second[name]
        if a.shape != b.shape or a.dtype != b.dtype:
            found[name] = f"{a.dtype}{list(a.shape)} and {b.dtype}{list(b.shape)}"
        elif a.tobytes() != b.tobytes():
            apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
            found[name] = f"{np.count_nonzero(apart)} of {a.size} numbers, by {apart.max():.3g} at most"
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main(sys.argv[1:])
