"""The worker that reads the probe with the source: `python -m slmtui.measure.source_worker`.

Request: `{"model", "runs_code", "folder", "texts": [text], "conversations": [[{"role", "content"}]],
"limit": tokens}`;
`model` is a Hugging Face folder or a GGUF file; code in it is run only if the user has allowed that.
Replies: `loaded`, `read` (`number`, `of`) after each piece, then `saved` (`pieces`): what was read, and the
logits, are files in `folder` (`pieces.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import psutil

from slmtui.child import Link, run

# Tokens of one piece: enough context to tell models apart, little enough for a large vocabulary's logits.
_PIECE = 256


def main(link: Link) -> None:
    """Read the one request's probe."""
    request = link.receive()
    if request is None:
        return
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from slmtui.measure import pieces

    torch.set_num_threads(_threads())
    folder, model_path = Path(request["folder"]), Path(request["model"])
    where: dict[str, Any] = {"pretrained_model_name_or_path": str(model_path)}
    if model_path.is_file():
        where = {"pretrained_model_name_or_path": str(model_path.parent), "gguf_file": model_path.name}
    where["trust_remote_code"] = request["runs_code"]
    tokenizer = AutoTokenizer.from_pretrained(**where)
    # Eager attention is the plain formula, which every architecture has; fused kernels differ in rounding.
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, attn_implementation="eager")
    model.eval()
    link.send("loaded")
    readings = _readings(tokenizer, request, _piece_length(model.config))
    todo = [piece for reading in readings for piece in reading.pieces]
    vocabulary = 0
    with pieces.logits_file(folder).open("wb") as file, torch.inference_mode():
        for number, piece in enumerate(todo, 1):
            logits = model(input_ids=torch.tensor([piece]), use_cache=False).logits[0]
            vocabulary = logits.shape[1]
            file.write(memoryview(logits.float().contiguous().numpy()).cast("B"))
            link.send("read", number=number, of=len(todo))
    pieces.save(folder, readings, vocabulary)
    link.send("saved", pieces=len(todo))


def _readings(tokenizer: Any, request: dict[str, Any], length: int) -> list[Any]:
    """The probe as tokens, in its order, until `limit` tokens are reached."""
    from slmtui.measure.pieces import Reading

    def tokens_of(text: str) -> list[int]:
        return [int(token) for token in tokenizer(text, add_special_tokens=False)["input_ids"]]

    # What a chat template writes is complete; plain text gets what the tokenizer begins it with.
    begin = tokenizer.bos_token_id
    starts = [begin] if begin is not None and tokenizer("a")["input_ids"][:1] == [begin] else []
    prompts = [(text, starts) for text in request["texts"]]
    prompts += [(text, []) for text in _rendered(tokenizer, request["conversations"])]
    readings, left = [], int(request["limit"])
    for text, start in prompts:
        tokens = tokens_of(text)
        cut = [start + tokens[at : at + length] for at in range(0, min(len(tokens), left), length)]
        left -= len(tokens)
        if cut:
            readings.append(Reading(text, tokens, cut))
    return readings


def _rendered(tokenizer: Any, conversations: list[list[dict[str, str]]]) -> list[str]:
    """The conversations by the source's own chat template; those it refuses are left out."""
    if not conversations or not tokenizer.chat_template:
        return []
    texts = []
    for messages in conversations:
        try:
            texts.append(tokenizer.apply_chat_template(messages, tokenize=False))
        except Exception as error:  # whatever a template raises: it is a program that came with the model
            print(f"The chat template refuses a conversation of the probe: {error}", file=sys.stderr)
    return texts


def _threads() -> int:
    """All cores but one: torch's threads wait for each other after every step, so that one core taken by
    another program makes them all crawl (two threads on two cores took five times as long as one)."""
    return max(1, (psutil.cpu_count(logical=False) or 2) - 1)


def _piece_length(config: Any) -> int:
    """Tokens of a piece: fewer where the model's context is short."""
    context = getattr(config, "max_position_embeddings", None) or _PIECE
    return max(1, min(_PIECE, int(context) // 2))


if __name__ == "__main__":
    run(main)
