"""Which runs a benchmark consists of: the lengths that fit the context, and their order."""

from __future__ import annotations

import random
from dataclasses import dataclass

from slmtui.events import Failure
from slmtui.measure.bench_figures import BenchPlan

# Any number does; a fixed one lets two benchmarks have the same order.
SEED = 7


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


def fitting(plan: BenchPlan, context_length: int) -> tuple[tuple[Lengths, ...], tuple[str, ...]]:
    """The lengths to measure, the shortest first, and a note on those that do not fit the context.

    Where none fits, the longest that does is taken.

    Raises:
        Failure: the plan asks for nothing, or for less than one token.
    """
    wanted = {Lengths(prompt, output) for prompt in plan.prompt_tokens for output in plan.output_tokens}
    if not wanted or plan.repetitions < 1 or any(min(each.prompt, each.output) < 1 for each in wanted):
        raise Failure(
            "The benchmark's lengths and repetitions have to be whole numbers of at least 1.",
            "For example 32 and 512 tokens of prompt, 128 tokens of output, 5 repetitions.",
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
