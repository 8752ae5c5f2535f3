"""The worker that reads the probe with the source: `python -m slmtui.measure.source_worker`.

Request: `{"model", "runs_code", "folder", "texts": [text], "conversations": [[{"role", "content"}]],
"limit": tokens, "length": tokens}`;
`length` is that of a piece (256 if it is not there); `model` is a Hugging Face folder or a
GGUF file; code in it is run only if the user has allowed that.
Replies: `loaded`, `read` (`number`, `of`) after each piece, then `saved` (`pieces`): what was read, and the
logits, are files in `folder` (`pieces.py`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from slmtui.child import Link, run


def main(link: Link) -> None:
    """Read the one request's probe."""
    request = link.receive()
    if request is None:
        return
    import torch

    from slmtui.measure import pieces, source_model

    folder = Path(request["folder"])
    tokenizer, model = source_model.load(Path(request["model"]), runs_code=request["runs_code"])
    link.send("loaded")
    length = pieces.length(source_model.context(model), request.get("length"))
    readings, left = _readings(tokenizer, request, length)
    todo = [piece for reading in readings for piece in reading.pieces]
    vocabulary = 0
    with pieces.logits_file(folder).open("wb") as file, torch.inference_mode():
        for number, piece in enumerate(todo, 1):
            logits = model(input_ids=torch.tensor([piece]), use_cache=False).logits[0]
            vocabulary = logits.shape[1]
            file.write(memoryview(logits.float().contiguous().numpy()).cast("B"))
            link.send("read", number=number, of=len(todo))
    pieces.save(folder, readings, vocabulary, left)
    link.send("saved", pieces=len(todo))


def _readings(tokenizer: Any, request: dict[str, Any], length: int) -> tuple[list[Any], int]:
    """The probe as tokens, in its order, until `limit` tokens are reached, and how many were left."""
    from slmtui.measure.pieces import cut

    def tokens_of(text: str) -> list[int]:
        return [int(token) for token in tokenizer(text, add_special_tokens=False)["input_ids"]]

    # What a chat template writes is complete; plain text gets what the tokenizer begins it with.
    begin = tokenizer.bos_token_id
    starts = [begin] if begin is not None and tokenizer("a")["input_ids"][:1] == [begin] else []
    prompts = [(text, starts) for text in request["texts"]]
    prompts += [(text, []) for text in _rendered(tokenizer, request["conversations"])]
    return cut(prompts, tokens_of, length, int(request["limit"]))


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


if __name__ == "__main__":
    run(main)
