"""Pickled PyTorch weights, looked at without unpickling anything but their table of tensors.

A file that `torch.save` wrote is a zip archive: `data.pkl` describes the tensors, `data/…` holds their bytes
(https://pytorch.org/docs/stable/notes/serialization.html). A pickle is a program: it may name any function
of any module and have it called. The reader here knows a handful of names, all stood for by harmless
functions of its own; at any other name it stops, and says which one it was.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

from slmtui.config.json_file import read_json, unreadable
from slmtui.events import Failure
from slmtui.source.safetensors_file import DTYPES, Tensor

SINGLE = "pytorch_model.bin"
INDEX = "pytorch_model.bin.index.json"
_AGAIN = "Save the model again as safetensors with `save_pretrained`, on a machine that may run the pickle."
# Storage classes by what they hold, as in safetensors' names and bytes.
_STORAGES = {
    "DoubleStorage": "F64",
    "FloatStorage": "F32",
    "HalfStorage": "F16",
    "BFloat16Storage": "BF16",
    "LongStorage": "I64",
    "IntStorage": "I32",
    "ShortStorage": "I16",
    "CharStorage": "I8",
    "ByteStorage": "U8",
    "BoolStorage": "BOOL",
}
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


def weight_files(folder: Path) -> list[Path]:
    """The pickled files that hold the model in `folder`, as transformers looks for them; none is no error.

    Raises:
        Failure: the index of the shards cannot be read.
    """
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if (folder / INDEX).is_file():
        where = read_json(folder / INDEX).get("weight_map")
        names = {str(name) for name in where.values()} if isinstance(where, dict) else set()
        # An index may not lead out of the folder.
        return [folder / Path(name).name for name in sorted(names)]
    return []


def read_pickled(path: Path) -> list[Tensor]:
    """The tensors that `path` declares.

    Raises:
        Failure: it is cut off, in torch's format from before 2020, or asks for more than tensors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            table = next((name for name in names if name.endswith("/data.pkl")), None)
            if table is None:
                raise _foreign(path)
            with archive.open(table) as file:
                state = _TensorsOnly(file).load()
    except OSError as error:
        raise unreadable(path, error) from error
    except _Forbidden as error:
        raise Failure(
            f"{path.name} is more than weights: loading it would call {error}. It is not opened.",
            "Delete it, and ask whoever made it why it does that.",
        ) from error
    except Failure:
        raise
    # A pickle can fail in as many ways as a program.
    except Exception as error:
        raise _foreign(path) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        raise Failure(f"{path.name} is a trainer's checkpoint with the weights inside it.", _AGAIN)
    if not isinstance(state, dict):
        raise _foreign(path)
    return [
        Tensor(str(name), DTYPES[value.dtype], value.shape, value.elements * _WIDTHS[value.dtype])
        for name, value in state.items()
        if isinstance(value, _Described)
    ]


class _Described:
    """A tensor as the table has it: dtype in safetensors' name, and shape."""

    def __init__(self, dtype: str, shape: tuple[int, ...]) -> None:
        self.dtype = dtype
        self.shape = shape

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        count = 1
        for size in self.shape:
            count *= size
        return count


class _Forbidden(Exception):
    """The pickle names something that no table of tensors needs."""


class _TensorsOnly(pickle.Unpickler):
    """Reads a table of tensors; whatever else a pickle would call ends the reading."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the few stand-ins."""
        if module in ("torch", "torch.storage") and name in _STORAGES:
            return _Storage(_STORAGES[name])
        known = _KNOWN.get((module, name))
        if known is None:
            raise _Forbidden(f"{module}.{name}")
        return known

    def persistent_load(self, reference: Any) -> Any:
        """`("storage", class, key, location, elements)`: the bytes stay where they are."""
        return reference[1]


class _Storage:
    """Stands for a storage class."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype


def _tensor(storage: _Storage, offset: int, shape: Any, *_: Any) -> _Described:
    """Stands for `torch._utils._rebuild_tensor_v2`."""
    return _Described(storage.dtype, tuple(int(size) for size in shape))


def _parameter(tensor: _Described, *_: Any) -> _Described:
    """Stands for `torch._utils._rebuild_parameter`."""
    return tensor


class _OrderedDict(dict[Any, Any]):
    """Stands for `collections.OrderedDict`, whose state (`_metadata`) torch sets; it is not needed."""

    def __setstate__(self, state: Any) -> None:
        pass


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}


def _foreign(path: Path) -> Failure:
    return Failure(f"{path.name} is no file that torch.save writes today, or is damaged.", _AGAIN)
