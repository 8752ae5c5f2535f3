"""The worker that reads the probe with the converted model: `python -m slmtui.measure.result_worker`.

Request: `{"model", "folder"}`; `folder` holds what the source's worker left there (`pieces.py`).
Replies: `loaded`, `read` (`number`, `of`) after each piece, then `compared`: `tokens` (how many positions),
the means `cosine` and `top1`, `kl_mean`, `kl_p99`, `finite` (`source`, `result`: whether all logits were
finite numbers; `source_damaged`: whether some of the source's are NaN or +∞) and `other_tokens` (the texts
that the two tokenizers split differently).
Or `other_vocabulary` (`source`, `result`: how many logits each has).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from slmtui.child import Link, run

_SHOWN = 80


def main(link: Link) -> None:
    """Read the one request's pieces and compare."""
    request = link.receive()
    if request is None:
        return
    import numpy as np
    import onnxruntime_genai as og

    from slmtui.measure import pieces
    from slmtui.measure.divergence import diverge

    folder = Path(request["folder"])
    readings, vocabulary = pieces.load(folder)
    model = og.Model(request["model"])
    tokenizer = og.Tokenizer(model)
    link.send("loaded")
    other = [r.text[:_SHOWN] for r in readings if tokenizer.encode(r.text).tolist() != r.tokens]
    number_of_pieces = sum(len(reading.pieces) for reading in readings)
    found, finite = [], {"source": True, "result": True, "source_damaged": False}
    for number, (piece, expected) in enumerate(pieces.source_logits(folder, readings, vocabulary), 1):
        logits = _logits(og, model, piece)
        if logits.shape[1] != vocabulary:
            link.send("other_vocabulary", source=vocabulary, result=int(logits.shape[1]))
            return
        finite["source"] = finite["source"] and bool(np.isfinite(expected).all())
        finite["source_damaged"] = finite["source_damaged"] or not bool((expected < np.inf).all())
        finite["result"] = finite["result"] and bool(np.isfinite(logits).all())
        if finite["source"] and finite["result"]:
            found.append(diverge(expected, logits))
        link.send("read", number=number, of=number_of_pieces)
    figures: dict[str, float] = {}
    if finite["source"] and finite["result"]:
        kl = np.concatenate([each.kl for each in found])
        figures = {
            "cosine": float(np.concatenate([each.cosine for each in found]).mean()),
            "top1": float(np.concatenate([each.top1 for each in found]).mean()),
            "kl_mean": float(kl.mean()),
            "kl_p99": float(np.quantile(kl, 0.99)),
        }
    tokens = sum(len(piece) for reading in readings for piece in reading.pieces)
    link.send("compared", tokens=tokens, finite=finite, other_tokens=other, **figures)


def _logits(og: Any, model: Any, piece: list[int]) -> Any:
    """The logits of every position of a piece: (tokens, vocabulary).

    A generator of its own a piece: recurrent and windowed caches cannot be rewound. A model that gives the
    last position alone reads token by token.
    """
    parameters = og.GeneratorParams(model)
    parameters.set_search_options(max_length=len(piece) + 1, do_sample=False)
    generator = og.Generator(model, parameters)
    generator.append_tokens(piece)
    logits = generator.get_output("logits")[0]
    if len(logits) == len(piece):
        return logits
    print(f"The model gives the logits of {len(logits)} of {len(piece)} tokens.", file=sys.stderr)
    import numpy as np

    generator = og.Generator(model, parameters)
    rows = []
    for token in piece:
        generator.append_tokens([token])
        rows.append(np.array(generator.get_output("logits")[0, -1]))
    return np.stack(rows)


if __name__ == "__main__":
    run(main)
