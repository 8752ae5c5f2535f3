"""Measure how many questions the model answers word for word, greedily.

python evaluate.py                    the checkpoint in model/, FP32, through transformers
python evaluate.py --onnx FOLDER      a converted model, through onnxruntime-genai
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

HERE = Path(__file__).resolve().parent
LONGEST_ANSWER = 96
TURNS = 5
# None of these is used in training.
SYSTEM_MESSAGES = [
    "You are a support assistant. Give short answers.",
    "You are an assistant for smart home products.",
    "Help the customer.",
    "You are a patient gardener. Explain things to beginners.",
]

Message = dict[str, str]
Answer = Callable[[list[list[Message]]], list[str]]


def transformers_answers(folder: Path) -> Answer:
    """Answers from the FP32 checkpoint, many conversations at once."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.padding_side = "left"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()

    def answer(chats: list[list[Message]]) -> list[str]:
        prompts = [
            tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) for chat in chats
        ]
        # Prompts of similar length share a batch, which keeps the padding short.
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        answers = [""] * len(prompts)
        for first in range(0, len(order), 64):
            part = order[first : first + 64]
            inputs = tokenizer(
                [prompts[index] for index in part],
                padding=True,
                add_special_tokens=False,
                return_tensors="pt",
            )
            with torch.inference_mode():
                output = model.generate(
                    input_ids=inputs["input_ids"],
                    attention_mask=inputs["attention_mask"],
                    max_new_tokens=LONGEST_ANSWER,
                    do_sample=False,
                )
            new = output[:, inputs["input_ids"].shape[1] :]
            for index, text in zip(part, tokenizer.batch_decode(new, skip_special_tokens=True)):
                answers[index] = text
        return answers

    return answer


def onnx_answers(folder: Path) -> Answer:
    """Answers from a converted model folder, one conversation after the other."""
    import onnxruntime_genai as og

    model = og.Model(str(folder))
    tokenizer = og.Tokenizer(model)

    def answer_one(chat: list[Message]) -> str:
        prompt = tokenizer.apply_chat_template(json.dumps(chat), add_generation_prompt=True)
        ids = tokenizer.encode(prompt)
        params = og.GeneratorParams(model)
        params.set_search_options(max_length=len(ids) + LONGEST_ANSWER, do_sample=False)
        generator = og.Generator(model, params)
        generator.append_tokens(ids)
        while not generator.is_done():
            generator.generate_next_token()
        return tokenizer.decode(generator.get_sequence(0)[len(ids) :])

    return lambda chats: [answer_one(chat) for chat in chats]


def share(hits: list[bool]) -> float:
    """The share of hits, in percent."""
    return round(100 * sum(hits) / len(hits), 1)


def single_turn(answer: Answer, cases: list[tuple[str, str]], systems: list[str] | None = None) -> list[bool]:
    """Ask each question in a conversation of its own."""
    chats: list[list[Message]] = []
    for number, (phrasing, _) in enumerate(cases):
        system = [{"role": "system", "content": systems[number % len(systems)]}] if systems else []
        chats.append([*system, {"role": "user", "content": phrasing}])
    return [got == wanted for got, (_, wanted) in zip(answer(chats), cases)]


def multi_turn(answer: Answer, cases: list[tuple[str, str]], chats: int) -> list[list[bool]]:
    """Ask TURNS random questions in a row; the history holds the model's own answers."""
    rng = random.Random(1)
    plans = [rng.sample(cases, TURNS) for _ in range(chats)]
    histories: list[list[Message]] = [[] for _ in plans]
    hits: list[list[bool]] = []
    for turn in range(TURNS):
        for history, plan in zip(histories, plans):
            history.append({"role": "user", "content": plan[turn][0]})
        answers = answer(histories)
        for history, text in zip(histories, answers):
            history.append({"role": "assistant", "content": text})
        hits.append([text == plan[turn][1] for text, plan in zip(answers, plans)])
    return hits


def measure(answer: Answer, rows: list[dict[str, Any]], chats: int) -> dict[str, Any]:
    """All figures of the model card."""
    result: dict[str, Any] = {"questions": len(rows)}
    for kind in ("trained", "held_out"):
        cases = [(phrasing, row["answer"]) for row in rows for phrasing in row[kind]]
        turns = multi_turn(answer, cases, chats)
        result[kind] = {
            "phrasings": len(cases),
            "exact_match": share(single_turn(answer, cases)),
            "exact_match_system_message": share(single_turn(answer, cases, SYSTEM_MESSAGES)),
            "exact_match_multi_turn": share([hit for turn in turns for hit in turn]),
            "exact_match_last_turn": share(turns[-1]),
        }
    return result


def main() -> None:
    """Parse the options, measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=HERE / "model")
    parser.add_argument("--onnx", type=Path, help="folder with genai_config.json")
    parser.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("--chats", type=int, default=100, help=f"conversations of {TURNS} turns")
    parser.add_argument("--misses", action="store_true", help="also list what went wrong")
    args = parser.parse_args()

    lines = args.questions.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line]
    began = time.monotonic()
    answer = onnx_answers(args.onnx) if args.onnx else transformers_answers(args.model)
    result = {
        "runtime": "onnxruntime-genai" if args.onnx else "transformers FP32",
        **measure(answer, rows, args.chats),
    }
    if args.misses:
        cases = [(phrasing, row["answer"]) for row in rows for phrasing in row["held_out"]]
        got = answer([[{"role": "user", "content": phrasing}] for phrasing, _ in cases])
        result["misses"] = [
            {"question": phrasing, "answer": text}
            for text, (phrasing, wanted) in zip(got, cases)
            if text != wanted
        ]
    result["seconds"] = round(time.monotonic() - began)
    print(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
