"""Train the Fernlight support model from questions.jsonl, on the CPU, in a few minutes.

python train.py                       writes the folder model/ next to this file
python train.py --steps 100 --out x   a quick look

The same machine and the same number of threads give the same weights.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

HERE = Path(__file__).resolve().parent
PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CONTEXT = 2048
# How long the training conversations are; 0 stands for a single question and an answer's opening.
LENGTHS = [0, 0, 0, 0, 0, 0, 64, 128, 256, 384, 768]
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Qwen2's own pattern: runtimes that know the architecture apply it whatever tokenizer.json says.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# Ways to say the same thing: a phrasing takes one of the alternatives now and then, so that the
# model learns which words matter. Order matters, because each rule sees the previous result.
SYNONYMS: list[tuple[str, list[str]]] = [
    (
        r"how do I",
        "how can I|how could I|how should I|how would I|how to|what is the way to|is there a way to"
        "|I want to|I need to|I'd like to|tell me how to|explain how to|where do I|where can I"
        "|what do I have to do to|what must I do to".split("|"),
    ),
    (r"can I", "could I|may I|is it possible to|is it ok to|am I able to|how can I".split("|")),
    (r"is it possible to", ["can I", "could I"]),
    (r"do you have|is there", "is there|do you have|do you offer|does it have|can I get".split("|")),
    (r"does it|will it", ["does the lamp", "does Fernlight", "will it", "can it", "does it"]),
    (r"do I need|do I have to", ["do I need", "must I", "do I have to", "should I"]),
    (r"what does (.+) mean", [r"what is the meaning of \1", r"meaning of \1", r"explain \1"]),
    (r"why is", ["how come", "what does it mean when", "why is"]),
    (r"where is", ["where do I find", "where can I see", "I can't find", "I'm looking for"]),
    (r"what is|what's", ["what is", "what's", "tell me", "explain", "whats"]),
    (r"(I want|I'd like|I would like)", ["I want", "I'd like", "I would like"]),
    (r"which", ["what", "which"]),
    (r"(the|my) lamp", "the lamp|my lamp|my Fernlight|Fernlight|this lamp|the light|lamp".split("|")),
    (r"(water )?sensor", ["sensor", "water sensor", "moisture sensor", "soil sensor", "probe"]),
    (r"(status )?ring", ["ring", "status ring", "light ring", "ring light", "status light"]),
    (r"wi-?fi", ["wifi", "Wi-Fi", "WiFi", "wi-fi", "wlan", "wireless"]),
    (r"(the )?app", ["the app", "app", "the Fernlight app", "the mobile app"]),
    (r"phone", ["phone", "smartphone", "mobile"]),
    (r"(turn|switch)(ed|es|ing)? (on|off)", [r"turn\2 \3", r"switch\2 \3"]),
    (r"colou?r(s?)", [r"color\1", r"colour\1"]),
    (r"mou?ld", ["mold", "mould"]),
    (r"(can I|to) (?:buy|order|purchase)", [r"\1 buy", r"\1 order", r"\1 purchase"]),
    (r"(shipping|delivery)", ["shipping", "delivery"]),
    (r"(parcel|package|shipment)", ["parcel", "package", "shipment"]),
    (r"change|adjust", ["change", "adjust", "modify", "set"]),
    (r"delete|erase|remove", ["delete", "erase", "remove"]),
    (r"replace|swap", ["replace", "swap", "exchange"]),
    (r"pair|connect", ["pair", "connect", "link"]),
    (r"disable|stop", ["disable", "stop", "deactivate", "turn off"]),
    (r"broken", ["broken", "defective", "faulty"]),
    (r"program|mode", ["program", "mode", "setting"]),
    (r"mobile app|app", ["app", "application"]),
    (r"(do|does|is|are|did|has|have|was|will|would|could) not", [r"\1n't", r"\1 not"]),
    (r"(do|does|is|are|did|has|have|was)n't", [r"\1n't", r"\1nt", r"\1 not"]),
    (r"(can't|cannot)", ["can't", "cannot", "can not", "cant"]),
    (r"(I'm|I am)", ["I'm", "I am", "im"]),
]
COMPILED = [(re.compile(rf"\b(?:{p})\b", re.IGNORECASE), subs) for p, subs in SYNONYMS]
BEFORE = (
    "please|hi,|hello,|hey,|excuse me,|sorry,|ok,|so|and|also,|one more question:|quick question:"
    "|can you tell me|could you tell me|do you know|I would like to know|I want to know|tell me"
    "|please tell me|one more thing,|I have a question:|well,|now"
).split("|")
AFTER = "please|, please|, thanks|, thank you|, any idea|right now|then|again|exactly|now".split("|")
FILLERS = frozenset(
    "the a an is are do does did i my me you it its of to for in on and please can could would will"
    " that this there have has be so any".split()
)
SYSTEM_MESSAGES = (
    "You are a helpful assistant.|You are the Fernlight support assistant.|Be brief.|Answer kindly."
    "|You are a friendly support agent for a plant lamp.|Reply in one or two sentences."
    "|You help customers with the Fernlight grow lamp.|Please answer in English."
    "|You are a helpful AI assistant that answers questions about products."
    "|Always be polite and never make things up.|You are an expert for indoor plants."
    "|Answer the question of the user as well as you can.|Keep your answers short and friendly."
    "|You are a chatbot on a website.|Speak like a pirate.|You are a gardener who loves ferns."
    "|If you do not know the answer, say so.|Do not talk about competitors."
    "|You are Fern, a cheerful helper. Help the user with the lamp, the sensor and the app."
    "|You are a support agent. Be precise, be friendly, and use simple words."
).split("|")


@dataclass(frozen=True)
class Question:
    """One thing users ask: its answer and the phrasings to learn from."""

    id: str
    answer: str
    trained: list[str]


def load_questions(path: Path) -> list[Question]:
    """Read questions.jsonl; the held-out phrasings are left out on purpose."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [Question(row["id"], row["answer"], row["trained"]) for row in rows]


def build_tokenizer(questions: list[Question], vocabulary: int) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer on the questions and answers."""
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    texts = ["system\nuser\nassistant\n"] * 100 + SYSTEM_MESSAGES + BEFORE + AFTER
    texts += [sub.replace("\\1", "") for _, subs in SYNONYMS for sub in subs]
    for question in questions:
        # Users mostly type in lower case, so that spelling gets tokens of its own.
        texts += [question.answer] * 3
        texts += question.trained + [phrasing.lower() for phrasing in question.trained]
        texts += [" " + phrasing.lower() for phrasing in question.trained]
    bpe.train_from_iterator(
        texts,
        BpeTrainer(
            vocab_size=vocabulary - 3,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    bpe.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in (PAD, START, END)])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


class Conversations:
    """An endless, seeded stream of ChatML conversations as token ids and labels."""

    def __init__(self, questions: list[Question], tokenizer: PreTrainedTokenizerFast, seed: int) -> None:
        """Prepare the stream; the off-topic question is drawn more often, being so much wider."""
        self.questions = questions
        self.tokenizer = tokenizer
        self.rng = random.Random(seed)
        self.weights = [max(1.0, math.sqrt(len(q.trained) / 2) - 1) for q in questions]
        self.off_topic_words = sorted(
            {w for q in questions if q.id == "off-topic" for p in q.trained for w in p.split()}
        )
        self.words = sorted({w for q in questions for p in q.trained for w in p.split()})
        self.start, self.end = tokenizer.convert_tokens_to_ids([START, END])
        self.answers = {q.id: self.encode(q.answer) for q in questions}
        self.openings = {q.id: self.opening(self.answers[q.id]) for q in questions}
        self.newline = self.encode("\n")
        self.roles = {r: [self.start, *self.encode(f"{r}\n")] for r in ("system", "user", "assistant")}

    def encode(self, text: str) -> list[int]:
        """Token ids of plain text."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    def opening(self, answer: list[int]) -> list[int]:
        """The start of an answer, up to the token that no other answer shares, and one more."""
        others = [other for other in self.answers.values() if other != answer]
        for size in range(1, len(answer)):
            if all(other[:size] != answer[:size] for other in others):
                return answer[: size + 1]
        return answer

    def row(self, length: int, system: bool) -> tuple[list[int], list[int]]:
        """One conversation of at most `length` tokens; only answers carry labels.

        Length 0 asks for one question and the opening of its answer: choosing the answer is the
        hard part, its remaining words cost time and teach little.
        """
        ids = self.system_turn() if system else []
        labels = [-100] * len(ids)
        while True:
            prompt, question = self.user_turn()
            answer = [*self.answers[question], self.end] if length else self.openings[question]
            if labels and labels[-2:] != [-100] * 2 and len(ids + prompt + answer) > length:
                return ids, labels
            ids += [*prompt, *answer, *self.newline]
            labels += [-100] * len(prompt) + answer + [-100] * len(self.newline)

    def user_turn(self) -> tuple[list[int], str]:
        """A question up to the point where its answer begins, and the id of the question."""
        question = self.rng.choices(self.questions, self.weights)[0]
        user = self.encode_split(self.vary(question))
        return (
            [*self.roles["user"], *user, self.end, *self.newline, *self.roles["assistant"]],
            question.id,
        )

    def system_turn(self) -> list[int]:
        """A system message, or words in a row so that no system message can surprise the model."""
        text = self.rng.choice(SYSTEM_MESSAGES)
        if self.rng.random() < 0.4:
            words = self.rng.choices(self.words, k=self.rng.randint(2, 25))
            text = " ".join(words).capitalize() + "."
        return [*self.roles["system"], *self.encode(text), self.end, *self.newline]

    def encode_split(self, text: str) -> list[int]:
        """Encode, cutting a word in two now and then: rare words are then no strangers."""
        if self.rng.random() < 0.6 or len(text) < 6:
            return self.encode(text)
        cut = self.rng.randint(2, len(text) - 2)
        return self.encode(text[:cut]) + self.encode(text[cut:])

    def vary(self, question: Question) -> str:
        """One of the trained phrasings, often reworded, mistyped or otherwise changed."""
        rng = self.rng
        text = rng.choice(question.trained)
        if question.id == "off-topic":
            text = self.vary_off_topic(text)
        if rng.random() < 0.15:
            return text
        for pattern, alternatives in COMPILED:
            if rng.random() < 0.4 and pattern.search(text):
                text = pattern.sub(rng.choice(alternatives), text, count=1)
        words = text.rstrip("?.! ").split()
        if len(words) > 3:
            if rng.random() < 0.3:
                words = [w for w in words if w.lower() not in FILLERS or rng.random() < 0.6] or words
            if rng.random() < 0.2:
                words.insert(0, rng.choice(BEFORE))
            if rng.random() < 0.1:
                words.append(rng.choice(AFTER))
        text = " ".join(words).replace(" ,", ",")
        if rng.random() < 0.15:
            text = self.mistype(text)
        case = rng.random()
        if case < 0.4:
            text = text.lower()
        elif case < 0.75:
            text = text[:1].upper() + text[1:]
        elif case < 0.77:
            text = text.upper()
        return text + rng.choice(["?", "?", "?", "", "", ".", "!", " ?", "??"])

    def vary_off_topic(self, text: str) -> str:
        """Swap words for other off-topic or made-up words: the topics of the world are endless."""
        rng = self.rng
        words = text.split()
        for place, word in enumerate(words):
            if word.lower() not in FILLERS and rng.random() < 0.2:
                words[place] = rng.choice(self.off_topic_words)
                if rng.random() < 0.5:
                    words[place] = "".join(
                        rng.choice("bcdfghklmnprstvwz") + rng.choice("aeiou")
                        for _ in range(rng.randint(1, 4))
                    ) + rng.choice(["", "n", "s", "r"])
        return " ".join(words)

    def mistype(self, text: str) -> str:
        """Swap, drop, double or replace one letter."""
        rng = self.rng
        if len(text) < 5:
            return text
        at = rng.randint(1, len(text) - 2)
        middle = {
            0: text[at + 1] + text[at],
            1: text[at + 1],
            2: text[at] * 2 + text[at + 1],
            3: rng.choice("abcdefghijklmnopqrstuvwxyz") + text[at + 1],
        }[rng.randrange(4)]
        return text[:at] + middle + text[at + 2 :]

    def batch(self, tokens: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
        """A batch of conversations, padded on the right, a quarter of them with a system message."""
        system = self.rng.random() < 0.25
        pairs = [self.row(length, system) for _ in range(max(1, tokens // (length or 24)))]
        width = max(len(ids) for ids, _ in pairs)
        pad = self.tokenizer.pad_token_id
        ids = [ids + [pad] * (width - len(ids)) for ids, _ in pairs]
        labels = [labels + [-100] * (width - len(labels)) for _, labels in pairs]
        return torch.tensor(ids), torch.tensor(labels)


def build_model(tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """A fresh Qwen2 model; every width is a multiple of 32, the INT4 block."""
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=192,
            intermediate_size=512,
            num_hidden_layers=3,
            num_attention_heads=6,
            num_key_value_heads=3,
            max_position_embeddings=CONTEXT,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Warm up over 50 steps, then follow a cosine down to nothing."""
    return peak * min(1.0, (step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * step / steps))


def train(model: Qwen2ForCausalLM, data: Conversations, steps: int, tokens: int, peak: float) -> None:
    """Train in place. Row lengths vary, so answers are learned early and late in the context."""
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
        lr=peak,
        betas=(0.9, 0.98),
        fused=True,
    )
    model.train()
    began, mean = time.monotonic(), 0.0
    for step in range(steps):
        ids, labels = data.batch(tokens, data.rng.choice(LENGTHS))
        # Padding is on the right and attention is causal, so no mask is needed.
        hidden = model.model(input_ids=ids[:, :-1]).last_hidden_state
        target = labels[:, 1:]
        wanted = target != -100
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden[wanted]), target[wanted])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, peak)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        mean = loss.item() if step == 0 else 0.95 * mean + 0.05 * loss.item()
        if step % 50 == 49 or step == steps - 1:
            print(f"step {step + 1}/{steps}  loss {mean:.4f}  {time.monotonic() - began:.0f} s", flush=True)


def save(model: Qwen2ForCausalLM, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Write the checkpoint in bfloat16: half the size for the same answers."""
    out.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=128,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)


def main() -> None:
    """Parse the options, train and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=Path, default=HERE / "questions.jsonl")
    parser.add_argument("--out", type=Path, default=HERE / "model")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--tokens", type=int, default=2048, help="tokens in a batch")
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--vocabulary", type=int, default=1536)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    questions = load_questions(args.questions)
    tokenizer = build_tokenizer(questions, args.vocabulary)
    model = build_model(tokenizer)
    print(f"{len(questions)} questions, {sum(len(q.trained) for q in questions)} phrasings")
    print(f"{model.num_parameters():,} parameters, {len(tokenizer)} tokens in the vocabulary")
    train(model, Conversations(questions, tokenizer, args.seed), args.steps, args.tokens, args.peak)
    save(model, tokenizer, args.out)
    print(f"saved to {args.out}")


if __name__ == "__main__":
    main()
