"""How far two models' next-token distributions are apart, and how well each knows what comes.

For worker processes alone: it imports numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

# Rows (positions) turned to float64 at a time: 16 rows of a vocabulary of 262,144 tokens are 34 MB.
_ROWS = 16


@dataclass(frozen=True, slots=True)
class Divergence:
    """Source and result at the same positions, one value a position.

    `cosine` of the two rows of logits; `top1` whether both put the same token first; `kl` is the
    Kullback-Leibler divergence KL(source || result) = Σ p (ln p - ln q) of the distributions, in nats.
    """

    cosine: np.ndarray[Any, np.dtype[np.float64]]
    top1: np.ndarray[Any, np.dtype[np.bool_]]
    kl: np.ndarray[Any, np.dtype[np.float64]]


def diverge(source: Any, result: Any) -> Divergence:
    """Compare logits of the shape (positions, vocabulary), of any float type; computed in float64."""
    parts = [_block(source[at : at + _ROWS], result[at : at + _ROWS]) for at in range(0, len(source), _ROWS)]
    cosine, top1, kl = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Divergence(cosine, top1, kl)


def surprise(logits: Any, tokens: list[int]) -> Any:
    """-ln p of each of `tokens` but the first, in nats; `logits` are theirs: (len(tokens), vocabulary).

    A model that knows nothing is surprised by ln(vocabulary) at each.
    """
    found = [np.zeros(0)]
    for at in range(0, len(tokens) - 1, _ROWS):
        nexts = tokens[at + 1 : at + 1 + _ROWS]
        rows = _log_softmax(np.asarray(logits[at : at + len(nexts)], np.float64))
        found.append(-rows[np.arange(len(nexts)), nexts])
    return np.concatenate(found)


def perplexity(surprises: list[Any]) -> float | None:
    """The exponential of the mean surprise; None where nothing was predicted, or it is beyond all numbers."""
    every = np.concatenate(surprises) if surprises else np.zeros(0)
    if not len(every) or not every.mean() < np.log(np.finfo(np.float64).max):
        return None
    return float(np.exp(every.mean()))


def _block(source: Any, result: Any) -> tuple[Any, Any, Any]:
    a, b = np.asarray(source, np.float64), np.asarray(result, np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = (a * b).sum(axis=1) / np.maximum(lengths, np.finfo(np.float64).tiny)
    top1 = a.argmax(axis=1) == b.argmax(axis=1)
    ln_p, ln_q = _log_softmax(a), _log_softmax(b)
    kl = (np.exp(ln_p) * (ln_p - ln_q)).sum(axis=1)
    return cosine, top1, kl


def _log_softmax(logits: Any) -> Any:
    """The logarithm of softmax over each row; its maximum is taken out first, so that nothing overflows."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
