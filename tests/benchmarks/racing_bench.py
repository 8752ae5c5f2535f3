"""Our benchmark's worker, which after or before each of its runs lets the bare loop do the same.

In one process and in turn, so that both have the same luck with where the weights came to lie in memory and
with what else the machine is doing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from bare_loop import generate

from slmtui.child import run
from slmtui.measure import bench_worker

ours = bench_worker.Runs


class Runs(ours):
    """Runs that are told with those of the bare loop under `bare`; who comes first changes."""

    def __init__(self, og: Any, model: Any, text: list[int]) -> None:
        super().__init__(og, model, text)
        self._numbers: Counter[tuple[int, int]] = Counter()

    def run(self, prompt_tokens: int, output_tokens: int) -> dict[str, Any]:
        self._numbers[prompt_tokens, output_tokens] += 1
        if self._numbers[prompt_tokens, output_tokens] % 2:
            ran = super().run(prompt_tokens, output_tokens)
            return ran | {"bare": self._bare(prompt_tokens, output_tokens)}
        bare = self._bare(prompt_tokens, output_tokens)
        return super().run(prompt_tokens, output_tokens) | {"bare": bare}

    def _bare(self, prompt_tokens: int, output_tokens: int) -> dict[str, float]:
        self._generator = None
        prompt, length = self.prompt(prompt_tokens), prompt_tokens + output_tokens
        options = {"do_sample": False, "min_length": length}
        made = generate(self._og, self._model, None, prompt, output_tokens, options)
        assert made["tokens"] == output_tokens - 1
        return {"first": made["first"] - made["asked"], "speed": made["tokens"] / made["seconds"]}


if __name__ == "__main__":
    bench_worker.Runs = Runs
    run(bench_worker.main)
