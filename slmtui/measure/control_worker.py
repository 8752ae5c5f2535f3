"""The worker that answers questions with a checkpoint: `python -m slmtui.measure.control_worker`.

Request: `{"model", "runs_code", "conversations": [[{"role", "content"}]], "max_tokens", "chat_template": text
or null, "repetition_penalty"}`; `model` is a Hugging Face folder or a GGUF file.
Replies: `loaded`, `read` (`number`, `of`) after each answer, then `answered` (`answers`: in the order of the
conversations). What cannot be answered is "", with a line in the log.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from slmtui.child import Link, run


def main(link: Link) -> None:
    """Answer the one request's conversations, one after the other."""
    request = link.receive()
    if request is None:
        return
    from slmtui.measure import source_model

    tokenizer, model = source_model.load(Path(request["model"]), runs_code=request["runs_code"])
    link.send("loaded")
    conversations = request["conversations"]
    answers = []
    for number, messages in enumerate(conversations, 1):
        try:
            answers.append(_answer(tokenizer, model, messages, request))
        except Exception as error:  # a template's refusal, or what the model's own code raises
            print(f"Question {number} was not answered: {error}", file=sys.stderr)
            answers.append("")
        link.send("read", number=number, of=len(conversations))
    link.send("answered", answers=answers)


def _answer(tokenizer: Any, model: Any, messages: list[dict[str, str]], request: dict[str, Any]) -> str:
    import torch
    from transformers import GenerationConfig

    from slmtui.measure import source_model

    prompt = _prompt(tokenizer, messages, request["chat_template"])
    context = source_model.context(model)
    room = request["max_tokens"] if context is None else min(request["max_tokens"], context - len(prompt))
    if room < 1:
        raise ValueError(f"its {len(prompt):,} tokens leave no room in a context of {context:,}")
    ends = _ends(tokenizer, model)
    # A whole configuration of its own: what the checkpoint's asks for (sampling, a penalty) is not greedy.
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=room,
        repetition_penalty=request["repetition_penalty"],
        eos_token_id=ends or None,
        pad_token_id=ends[0] if ends else 0,
    )
    ids = torch.tensor([prompt])
    with torch.inference_mode():
        made = model.generate(ids, attention_mask=torch.ones_like(ids))[0, len(prompt) :].tolist()
    return str(tokenizer.decode(made, skip_special_tokens=True))


def _prompt(tokenizer: Any, messages: list[dict[str, str]], chat_template: str | None) -> list[int]:
    """By the checkpoint's own chat template, else by the given one; plain lines where there is none."""
    template = tokenizer.chat_template or chat_template
    if not template:
        return [int(each) for each in tokenizer("\n".join(m["content"] for m in messages))["input_ids"]]
    # What a chat template writes is complete: the tokenizer adds nothing.
    text = tokenizer.apply_chat_template(
        messages,
        tokenize=False,
        add_generation_prompt=True,
        **({} if tokenizer.chat_template else {"chat_template": chat_template}),
    )
    return [int(each) for each in tokenizer(text, add_special_tokens=False)["input_ids"]]


def _ends(tokenizer: Any, model: Any) -> list[int]:
    """The tokens that end an answer, by all that state some: the first answer's configuration is kept."""
    found: list[int] = []
    stated = (
        model.generation_config.eos_token_id,
        getattr(model.config, "eos_token_id", None),
        tokenizer.eos_token_id,
    )
    for each in stated:
        numbers = each if isinstance(each, list) else [each]
        found += [int(number) for number in numbers if number is not None]
    return list(dict.fromkeys(found))


if __name__ == "__main__":
    run(main)
