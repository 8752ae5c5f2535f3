"""The control: what the source checkpoint, or an untuned base, answers to the same questions.

A wrong answer that the source gives right was lost by the conversion; one that it gives wrong, too, was never
learnt. Both read the prompt that their chat template makes, and answer greedily.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from slmtui.events import Cancel, Failure, Service
from slmtui.measure.workers import Part, offline, work
from slmtui.runtime.parameters import Message
from slmtui.source.model_source import ModelSource

WORKER = "slmtui.measure.control_worker"
STAGE = "control"


def control_answers(
    source: ModelSource,
    lines: Sequence[Sequence[Message]],
    max_tokens: int,
    cancel: Cancel,
    *,
    chat_template: str | None = None,
    repetition_penalty: float = 1.0,
    log: Path | None = None,
    who: str = "source",
) -> Service[tuple[str, ...]]:
    """The answers of `source` to the conversations `lines`, in their order; yields `Progress` and `LogLine`.

    Args:
        source: a plain checkpoint or a GGUF file; an adapter is merged first (`pipeline.plain_source`).
        lines: each the messages of a conversation that ends with the user's question.
        max_tokens: an answer ends here at the latest.
        cancel: ends it within a second.
        chat_template: for a source that has none of its own, as an untuned base: the Jinja text of the
            model it is the control of.
        repetition_penalty: as the model itself is asked with (`ChatParameters.repetition_penalty`).
        log: the file that receives what the worker prints.
        who: what its progress calls the model that answers.

    A line that the source cannot read (its template refuses it, or it is longer than the context) has the
    answer "", and a log line says why.

    Raises:
        Failure: the checkpoint cannot be loaded.
        Cancelled: the worker is gone.
    """
    if source.format == "adapter":
        raise Failure(
            f"{source.name} is an adapter: it cannot answer without its base.",
            "Name the merged model, or the adapter's base.",
        )
    request = {
        "model": str(source.path),
        "runs_code": bool(source.code),
        "conversations": [[{"role": m.role, "content": m.content} for m in line] for line in lines],
        "max_tokens": max_tokens,
        "chat_template": chat_template,
        "repetition_penalty": repetition_penalty,
    }
    part = Part(STAGE, "Control", who, 0.0, 0.1, 1.0, "the questions")
    with tempfile.TemporaryDirectory(prefix="slmtui-", ignore_cleanup_errors=True) as folder:
        reply = yield from work(WORKER, part, request, cancel, log, offline(Path(folder)))
    return tuple(map(str, reply["answers"]))
