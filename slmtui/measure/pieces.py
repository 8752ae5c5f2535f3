"""What both models read, and the source's logits, as files that one worker leaves for the next.

For worker processes alone: it imports numpy. `pieces.json` holds the texts with the source's tokens and the
pieces they are read in; `source.f32` the source's logits of all pieces one after the other, each
(tokens, vocabulary) in float32 and row-major, so that a piece can be mapped into memory by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

_PIECES, _LOGITS = "pieces.json", "source.f32"


@dataclass(frozen=True, slots=True)
class Reading:
    """A probe in the source's eyes.

    `tokens` are those of `text` without the ones a tokenizer adds by itself; `pieces` are what the models
    read: those tokens cut to lengths, each with the beginning the source's tokenizer gives a text.
    """

    text: str
    tokens: list[int]
    pieces: list[list[int]]


def save(folder: Path, readings: list[Reading], vocabulary: int) -> None:
    """Write what was read into `folder`."""
    document = {"vocabulary": vocabulary, "readings": [asdict(reading) for reading in readings]}
    (folder / _PIECES).write_text(json.dumps(document), encoding="utf-8")


def load(folder: Path) -> tuple[list[Reading], int]:
    """What was read, and the number of logits a position has."""
    document = json.loads((folder / _PIECES).read_text(encoding="utf-8"))
    return [Reading(**reading) for reading in document["readings"]], int(document["vocabulary"])


def logits_file(folder: Path) -> Path:
    """Where the source's logits lie."""
    return folder / _LOGITS


def source_logits(
    folder: Path, readings: list[Reading], vocabulary: int
) -> Iterator[tuple[list[int], np.ndarray[Any, np.dtype[np.float32]]]]:
    """Each piece with the source's logits, mapped into memory."""
    offset = 0
    for piece in (piece for reading in readings for piece in reading.pieces):
        shape = (len(piece), vocabulary)
        yield piece, np.memmap(folder / _LOGITS, np.float32, "r", offset, shape)
        offset += 4 * len(piece) * vocabulary
