"""Quality: how well a converted model knows a text, and how far it is from its source on it."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.measure.parity import RESULT_WORKER
from slmtui.measure.quality_figures import BUILT_IN, Quality
from slmtui.measure.quality_text import read_text
from slmtui.measure.source_reading import is_read, read_source
from slmtui.measure.workers import Part, offline, work
from slmtui.source.model_source import ModelSource

__all__ = ["BUILT_IN", "STAGE", "Quality", "quality"]

STAGE = "quality"
# Tokens that are read at most: some minutes for a large model, and plenty for the figures.
LIMIT = 4096
# Tokens of one window: what llama.cpp's perplexity takes, so that figures are of its kind.
WINDOW = 512
# A model that is at a loss between more tokens than these at every step has never learned such text.
_AT_A_LOSS = 1000
_SOURCE = Part(STAGE, "Quality", "source", 0.0, 0.15, 0.6, "the text")
_RESULT = Part(STAGE, "Quality", "model", 0.6, 0.65, 1.0, "the text")
_ALONE = Part(STAGE, "Quality", "model", 0.0, 0.1, 1.0, "the text")


def quality(
    model_dir: Path,
    source: ModelSource | None,
    text: Path | None,
    cancel: Cancel,
    *,
    log: Path | None = None,
    reading: Path | None = None,
) -> Service[Quality]:
    """Read a text with the converted model, and with its source; yields `Progress`, `LogLine` and `Usage`.

    Args:
        model_dir: the folder of the converted model.
        source: a plain checkpoint or a GGUF file (an adapter is merged first, `pipeline.plain_source`); None
            for the model's own perplexity alone.
        text: a file in UTF-8 or UTF-16; None for the built-in one.
        cancel: ends it within a second.
        log: the file that receives what the workers print.
        reading: a folder that keeps what the source says of the text, which it reads once: the next model
            made of it is compared with that. It is the caller's to delete.

    Raises:
        Failure: the text or a model cannot be read, or the two are not of one kind.
        Cancelled: the workers are gone.
    """
    started = time.monotonic()
    if source is not None and source.format == "adapter" and not is_read(reading):
        raise Failure(
            f"{source.name} is an adapter: it cannot be read with without its base.",
            "Name the merged model to compare with.",
        )
    title, words = read_text(text)
    with _folder(reading) as folder:
        asked = {"texts": [words], "conversations": [], "limit": LIMIT, "length": WINDOW}
        if source is not None:
            request = asked | {"model": str(source.path), "runs_code": bool(source.code)}
            yield from read_source(_SOURCE, request, folder, cancel, log)
        request = asked | {"model": str(model_dir), "alone": source is None, "folder": str(folder)}
        part = _ALONE if source is None else _RESULT
        reply = yield from work(RESULT_WORKER, part, request, cancel, log, offline(folder))
    yield Progress(STAGE, "The text was read", 1.0, 0.0)
    _refuse(reply)
    return _quality(reply, title, time.monotonic() - started)


@contextmanager
def _folder(reading: Path | None) -> Iterator[Path]:
    if reading is not None:
        reading.mkdir(parents=True, exist_ok=True)
        yield reading
        return
    with tempfile.TemporaryDirectory(prefix="slmtui-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _refuse(reply: Mapping[str, Any]) -> None:
    """What leaves no figures to speak of is a failure."""
    if reply["event"] == "other_vocabulary":
        raise Failure(
            f"The source tells {reply['source']:,} tokens apart, the model {reply['result']:,}: they are not"
            " of one kind.",
            "Name the checkpoint that this model was converted from.",
        )
    if not reply["tokens"]:
        raise Failure("The text has no tokens to read.", "Name a file with some paragraphs of text.")
    for who in ("source", "result"):
        if not reply["finite"][who]:
            name = "source" if who == "source" else "model"
            raise Failure(
                f"The {name} answers with what is not a number.",
                "Fetch the checkpoint again."
                if who == "source"
                else "Convert it again, in a finer precision.",
            )


def _quality(reply: Mapping[str, Any], title: str, seconds: float) -> Quality:
    def figure(name: str) -> float:
        found = reply.get(name)
        return math.nan if found is None else float(found)

    notes = _other_text(figure("perplexity_source"), figure("perplexity"))
    if reply["other_tokens"]:
        notes.append("The runtime splits the text into other tokens than the source; both read the source's.")
    if reply["tokens_left"]:
        notes.append(f"Of the text, the first {LIMIT:,} tokens were read; {reply['tokens_left']:,} were not.")

    return Quality(
        perplexity=figure("perplexity"),
        perplexity_source=figure("perplexity_source"),
        kl_mean=figure("kl_mean"),
        kl_median=figure("kl_median"),
        kl_p99=figure("kl_p99"),
        top1=figure("top1"),
        cosine=figure("cosine"),
        tokens=int(reply["tokens"]),
        text=title,
        seconds=seconds,
        notes=tuple(notes),
    )


def _other_text(source: float, model: float) -> list[str]:
    """A note where the text is none of the kind that the source has learned, or, without one, the model."""
    beside = math.isfinite(source)
    who, perplexity = ("source", source) if beside else ("model", model)
    if not perplexity > _AT_A_LOSS:
        return []
    still = " KL divergence and top-1 still tell how far the two are apart." if beside else ""
    said = (
        f"The {who} itself has a perplexity of {perplexity:,.0f} on this text: it was trained for other text,"
        f" and perplexity says nothing here.{still} Take a text of the kind that it answers with."
    )
    return [said]
