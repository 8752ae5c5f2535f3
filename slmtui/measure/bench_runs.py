"""Which runs a benchmark consists of: the lengths that fit the context, and their order."""

from __future__ import annotations

import random
from dataclasses import dataclass

from slmtui.events import Failure
from slmtui.measure.bench_figures import BenchPlan

# Any number does; a fixed one lets two benchmarks have the same order.
SEED = 7
# No context and no patience is longer than a number of so many digits.
_DIGITS = 9
# Runs of one benchmark at most: their order is drawn before the first.
_MOST_RUNS = 1_000_000


@dataclass(frozen=True, slots=True)
class Lengths:
    """A prompt's length and the output's, in tokens."""

    prompt: int
    output: int

    @property
    def total(self) -> int:
        """What of the context they take."""
        return self.prompt + self.output

    def __str__(self) -> str:
        return f"{self.prompt:,} + {self.output:,}"


def parse_lengths(text: str) -> tuple[int, ...]:
    """Lengths as people type them, with commas or blanks between them: `32, 512`.

    Raises:
        Failure: one of them is none.
    """
    parts = [part.strip() for part in text.split(",")] if "," in text else text.split()
    return tuple(parse_count(part) for part in parts) or (parse_count(""),)


def parse_count(text: str) -> int:
    """A whole number from 1 on.

    Raises:
        Failure: it is none.
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()):
        raise Failure(f"{text[:40]!r} is no whole number.", "Type digits, such as 512.")
    if digits.startswith("0"):
        # Of 2,048 the comma makes a 2 and an 048, which nobody means.
        why = "is less than 1" if not digits.strip("0") else "begins with a zero"
        raise Failure(f"{digits[:40]} {why}.", "Type whole numbers from 1 on, without commas in them: 2048.")
    if len(digits) > _DIGITS:
        raise Failure(f"{digits[:40]} is too much.", f"Type a number of at most {_DIGITS} digits.")
    return int(digits)


def fitting(plan: BenchPlan, context_length: int) -> tuple[tuple[Lengths, ...], tuple[str, ...]]:
    """The lengths to measure, the shortest first, and a note on those that do not fit the context.

    Where none fits, the longest that does is taken.

    Raises:
        Failure: the plan asks for nothing, for less than one token, or for more runs than anybody waits for.
    """
    wanted = {Lengths(prompt, output) for prompt in plan.prompt_tokens for output in plan.output_tokens}
    if not wanted or plan.repetitions < 1 or any(min(each.prompt, each.output) < 1 for each in wanted):
        raise Failure(
            "The benchmark's lengths and repetitions have to be whole numbers of at least 1.",
            "For example 32 and 512 tokens of prompt, 128 tokens of output, 5 repetitions.",
        )
    if len(wanted) * plan.repetitions > _MOST_RUNS:
        raise Failure(
            f"The benchmark would have {len(wanted) * plan.repetitions:,} runs.",
            f"Ask for {_MOST_RUNS:,} at most: 5 repetitions of each length tell how far they scatter.",
        )
    ordered = sorted(wanted, key=lambda each: (each.total, each.prompt))
    found = tuple(each for each in ordered if each.total <= context_length)
    left_out = ", ".join(str(each) for each in ordered if each.total > context_length)
    if not left_out:
        return found, ()
    said = f"The context holds {context_length:,} tokens, prompt and output together"
    if found:
        return found, (f"{said}; left out: {left_out}.",)
    longest = _shrunk(ordered[0], context_length)
    return (longest,), (f"{said}: too few for {left_out}. The longest that fits was taken: {longest}.",)


def _shrunk(wanted: Lengths, context_length: int) -> Lengths:
    """The output as wanted if half the context is left to the prompt, else the prompt as wanted."""
    output = min(wanted.output, context_length - min(wanted.prompt, context_length // 2))
    return Lengths(min(wanted.prompt, context_length - output), output)


def shuffled(lengths: tuple[Lengths, ...], repetitions: int, seed: int = SEED) -> tuple[Lengths, ...]:
    """Every length once a round, each round in an order of its own.

    So what changes in the course of it (a processor that grows warm, another program) falls on all alike, and
    a benchmark that is stopped has measured all about equally often.
    """
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    found: list[Lengths] = []
    for _ in range(repetitions):
        found += chance.sample(lengths, len(lengths))
    return tuple(found)
