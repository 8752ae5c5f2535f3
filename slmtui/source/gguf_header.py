"""The header of a GGUF file: its metadata and its tensors' places, without reading a tensor.

Format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): "GGUF", version (uint32), number of
tensors and of metadata entries (uint64 each), the entries (key, type, value), the tensors (name, dimensions,
type, offset), then the aligned data.

The gguf package's own reader makes an object of every token: 2.6 s for 49,000 tokens. This one steps over
arrays (0.1 s) and takes only the table of tensor types from the package.
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.config.json_file import refuse_lfs_pointer, unreadable
from slmtui.events import Failure
from slmtui.units import size

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_MAX_NESTING = 4
_ALIGNMENT = 32


@dataclass(frozen=True, slots=True)
class Array:
    """A metadata array; only its length was read."""

    length: int


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """One tensor: its name, ggml type ("Q4_1", "F32", …), number of elements, and bytes on disk."""

    name: str
    type: str
    elements: int
    bytes: int


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """Metadata by key (numbers, text, bool, or `Array`) and all tensors."""

    metadata: dict[str, Any]
    tensors: tuple[GgufTensor, ...]


def read_gguf(path: Path) -> GgufHeader:
    """The header of `path`, once its size agrees with it.

    Raises:
        Failure: unreadable, no GGUF file, a version the loader cannot read, or cut off.
    """
    try:
        with path.open("rb") as file:
            start = file.read(64)
            _refuse_foreign(path, start)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _parse(path, data)
    except OSError as error:
        raise unreadable(path, error) from error


def _refuse_foreign(path: Path, start: bytes) -> None:
    refuse_lfs_pointer(path, start)
    if not start.startswith(MAGIC):
        seen = f"it begins with {start[:12]!r}" if start else "it is empty"
        raise Failure(
            f"{path.name} is no GGUF file: {seen}, not with GGUF.",
            "Choose a file that llama.cpp's converter made, or download it again.",
        )


def _parse(path: Path, data: mmap.mmap) -> GgufHeader:
    cursor = _Cursor(data, len(MAGIC))
    try:
        version = cursor.number("I")
        if version not in _VERSIONS:
            big_endian = version & 0xFFFF == 0
            what = "written for big-endian machines" if big_endian else f"GGUF version {version}"
            raise Failure(f"{path.name} is {what}, which cannot be read.", "Convert the model to GGUF again.")
        tensor_count, entry_count = cursor.number("Q"), cursor.number("Q")
        metadata = {}
        for _ in range(entry_count):
            key = cursor.text()
            metadata[key] = cursor.value(cursor.number("I"))
        tensors, end = _tensors(path, cursor, tensor_count)
    except (struct.error, OverflowError) as error:
        raise Failure(
            f"{path.name} is cut off: the file ends after {size(len(data))}, inside its own header.", _AGAIN
        ) from error
    except UnicodeDecodeError as error:
        raise Failure(f"{path.name} is damaged: its header holds text that is not UTF-8.", _AGAIN) from error
    except ValueError as error:
        raise Failure(f"{path.name} is damaged: {error}.", _AGAIN) from error
    alignment = metadata.get("general.alignment", _ALIGNMENT)
    if not isinstance(alignment, int) or alignment <= 0:
        raise Failure(f"{path.name} is damaged: its alignment is {alignment}.", _AGAIN)
    need = -(-cursor.at // alignment) * alignment + end
    if tensors and need > len(data):
        raise Failure(
            f"{path.name} is cut off: its header speaks of {need:,} bytes, the file has {len(data):,}"
            f" ({100 * len(data) // need} %).",
            _AGAIN,
        )
    return GgufHeader(metadata, tuple(tensors))


def _tensors(path: Path, cursor: _Cursor, count: int) -> tuple[list[GgufTensor], int]:
    """The tensors, and where the data of the last one ends, in bytes from the start of the data."""
    # The package brings numpy (0.2 s), so only who opens a GGUF file pays for it.
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    tensors, end = [], 0
    for _ in range(count):
        name = cursor.text()
        dimensions = [cursor.number("Q") for _ in range(cursor.number("I"))]
        number, offset = cursor.number("I"), cursor.number("Q")
        try:
            kind = GGMLQuantizationType(number)
        except ValueError as error:
            raise Failure(
                f"{path.name}: the tensor {name} has type {number}, which the loader does not know.",
                "Convert the model to GGUF in a common type, such as Q8_0.",
            ) from error
        block, block_bytes = GGML_QUANT_SIZES[kind]
        elements = math.prod(dimensions)
        tensor = GgufTensor(name, kind.name, elements, elements * block_bytes // block)
        tensors.append(tensor)
        end = max(end, offset + tensor.bytes)
    return tensors, end


class _Cursor:
    """Reads values one after the other; beyond the end every read raises `struct.error`."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self._data = data
        self.at = at

    def number(self, code: str) -> Any:
        """One little-endian number, `code` as in `struct`."""
        (value,) = struct.unpack_from("<" + code, self._data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def text(self) -> str:
        """A length (uint64) and that many bytes of UTF-8."""
        length = self.number("Q")
        self._skip(length)
        return self._data[self.at - length : self.at].decode("utf-8")

    def value(self, kind: int, depth: int = 0) -> Any:
        """A metadata value of type `kind`; arrays are stepped over."""
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            return self._array(depth)
        if kind not in _SCALARS:
            raise ValueError(f"its header holds a value of the unknown type {kind}")
        return self.number(_SCALARS[kind])

    def _array(self, depth: int) -> Array:
        kind, length = self.number("I"), self.number("Q")
        if kind in _SCALARS:
            self._skip(length * struct.calcsize("<" + _SCALARS[kind]))
        elif kind == _STRING:
            self._skip_texts(length)
        elif depth < _MAX_NESTING:
            for _ in range(length):
                self.value(kind, depth + 1)
        else:
            raise ValueError("its header nests arrays too deeply")
        return Array(length)

    def _skip_texts(self, count: int) -> None:
        # The hot loop: a vocabulary and its merges are 100,000 texts and more.
        read, data, at = struct.Struct("<Q").unpack_from, self._data, self.at
        for _ in range(count):
            at += 8 + read(data, at)[0]
        self.at = at
        self._skip(0)

    def _skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self._data):
            raise struct.error("beyond the end")


_AGAIN = "Copy or download the file again; it was not transferred whole."
