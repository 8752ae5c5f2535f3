"""The worker that reads a text with the converted model: `python -m slmtui.measure.result_worker`.

Request: `{"model", "folder"}`; `folder` holds what the source's worker left there (`pieces.py`). Or, where no
source was read: `{"model", "alone": true, "texts", "limit", "length"}`, as the source's worker is asked.
Replies: `loaded`, `read` (`number`, `of`) after each piece, then `compared`: `tokens` (positions read),
`tokens_left` (how many were beyond the limit), `perplexity`, `perplexity_source`, the means `cosine` and
`top1`, `kl_mean`, `kl_median`, `kl_p99`, `finite` (`source`, `result`: whether all logits were finite;
`source_damaged`: whether some of the source's are NaN or +∞) and `other_tokens` (the texts that the two
tokenizers split differently). What cannot be said of a model alone is not there.
Or `other_vocabulary` (`source`, `result`: how many logits each has).
"""

from __future__ import annotations

import json
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
    import onnxruntime_genai as og

    model = og.Model(request["model"])
    tokenizer = og.Tokenizer(model)
    link.send("loaded")
    if request.get("alone"):
        _alone(link, og, model, tokenizer, request)
    else:
        _beside_source(link, og, model, tokenizer, Path(request["folder"]))


def _alone(link: Link, og: Any, model: Any, tokenizer: Any, request: dict[str, Any]) -> None:
    """The model's own perplexity."""
    import numpy as np

    from slmtui.measure import pieces
    from slmtui.measure.divergence import perplexity, surprise

    def tokens_of(text: str) -> list[int]:
        return [int(token) for token in tokenizer.encode(text)]

    starts = _starts(og, model, tokens_of)
    length = pieces.length(_context(Path(request["model"])), request["length"])
    readings, left = pieces.cut(
        [(text, starts) for text in request["texts"]], tokens_of, length, int(request["limit"])
    )
    todo = [piece for reading in readings for piece in reading.pieces]
    found, finite = [], True
    for number, piece in enumerate(todo, 1):
        logits = _logits(og, model, piece)
        finite = finite and bool(np.isfinite(logits).all())
        found.append(surprise(logits, piece))
        link.send("read", number=number, of=len(todo))
    link.send(
        "compared",
        tokens=sum(map(len, todo)),
        tokens_left=left,
        finite={"source": True, "result": finite},
        other_tokens=[],
        **({"perplexity": perplexity(found)} if finite else {}),
    )


def _beside_source(link: Link, og: Any, model: Any, tokenizer: Any, folder: Path) -> None:
    """The pieces that the source has read, and how far the two are apart."""
    import numpy as np

    from slmtui.measure import pieces
    from slmtui.measure.divergence import diverge, perplexity, surprise

    readings, vocabulary, left = pieces.load(folder)
    # Asked with a token that every model has: those of another kind of source may be beyond its table.
    if (width := int(_logits(og, model, [0]).shape[1])) != vocabulary:
        link.send("other_vocabulary", source=vocabulary, result=width)
        return
    other = [r.text[:_SHOWN] for r in readings if tokenizer.encode(r.text).tolist() != r.tokens]
    number_of_pieces = sum(len(reading.pieces) for reading in readings)
    found, finite = [], {"source": True, "result": True, "source_damaged": False}
    surprises: dict[str, list[Any]] = {"perplexity": [], "perplexity_source": []}
    for number, (piece, expected) in enumerate(pieces.source_logits(folder, readings, vocabulary), 1):
        logits = _logits(og, model, piece)
        finite["source"] = finite["source"] and bool(np.isfinite(expected).all())
        finite["source_damaged"] = finite["source_damaged"] or not bool((expected < np.inf).all())
        finite["result"] = finite["result"] and bool(np.isfinite(logits).all())
        if finite["source"] and finite["result"]:
            found.append(diverge(expected, logits))
            surprises["perplexity"].append(surprise(logits, piece))
            surprises["perplexity_source"].append(surprise(expected, piece))
        link.send("read", number=number, of=number_of_pieces)
    figures: dict[str, float | None] = {}
    if found and finite["source"] and finite["result"]:
        kl = np.concatenate([each.kl for each in found])
        figures = {
            "cosine": float(np.concatenate([each.cosine for each in found]).mean()),
            "top1": float(np.concatenate([each.top1 for each in found]).mean()),
            "kl_mean": float(kl.mean()),
            "kl_median": float(np.median(kl)),
            "kl_p99": float(np.quantile(kl, 0.99)),
            **{name: perplexity(parts) for name, parts in surprises.items()},
        }
    tokens = sum(len(piece) for reading in readings for piece in reading.pieces)
    link.send("compared", tokens=tokens, tokens_left=left, finite=finite, other_tokens=other, **figures)


def _starts(og: Any, model: Any, tokens_of: Any) -> list[int]:
    """What the tokenizer begins a text with, when it is let."""
    tokenizer = og.Tokenizer(model)
    tokenizer.update_options(add_special_tokens="true")
    whole, plain = [int(token) for token in tokenizer.encode("a")], tokens_of("a")
    begin = int(tokenizer.bos_token_id)
    return [begin] if whole[:1] == [begin] and plain[:1] != [begin] else []


def _context(folder: Path) -> int | None:
    """The context's length, as genai_config.json states it."""
    config = json.loads((folder / "genai_config.json").read_text(encoding="utf-8"))
    found = config.get("model", {}).get("context_length")
    return int(found) if found else None


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
