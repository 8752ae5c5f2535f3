"""What both models read, and the source's logits, as files that one worker leaves for the next.

For worker processes alone: it imports numpy. `pieces.json` holds the texts with the source's tokens and the
pieces they are read in; `source.f32` the source's logits of all pieces one after the other, each
(tokens, vocabulary) in float32 and row-major, so that a piece can be mapped into memory by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Tokens of one piece: enough context to tell models apart, little enough for a large vocabulary's logits.
_PIECE = 256
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


def length(context: int | None, wanted: int | None = None) -> int:
    """Tokens of a piece: fewer than `wanted` where the model's `context` is short."""
    wanted = wanted or _PIECE
    return max(1, min(wanted, context // 2)) if context else wanted


def cut(
    prompts: Iterable[tuple[str, list[int]]], tokens_of: Callable[[str], list[int]], length: int, limit: int
) -> tuple[list[Reading], int]:
    """Texts, each with the tokens it begins with, as pieces of at most `length` of their own tokens.

    It ends at `limit` tokens; returns how many were left beyond them, too.
    """
    readings, left, over = [], limit, 0
    for text, start in prompts:
        tokens = tokens_of(text)
        read = tokens[: max(0, left)]
        pieces = [start + read[at : at + length] for at in range(0, len(read), length)]
        left -= len(read)
        over += len(tokens) - len(read)
        if pieces:
            readings.append(Reading(text, tokens, pieces))
    return readings, over


def save(folder: Path, readings: list[Reading], vocabulary: int, left: int = 0) -> None:
    """Write what was read into `folder`; of the texts, `left` tokens were not."""
    document = {
        "vocabulary": vocabulary,
        "left": left,
        "readings": [asdict(reading) for reading in readings],
    }
    (folder / _PIECES).write_text(json.dumps(document), encoding="utf-8")


def load(folder: Path) -> tuple[list[Reading], int, int]:
    """What was read, the number of logits a position has, and how many tokens were left."""
    document = json.loads((folder / _PIECES).read_text(encoding="utf-8"))
    return (
        [Reading(**reading) for reading in document["readings"]],
        int(document["vocabulary"]),
        int(document["left"]),
    )


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
