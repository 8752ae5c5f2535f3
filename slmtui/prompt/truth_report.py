"""The truth about the usual conversations in one go, for whoever does not look at them one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slmtui.events import Cancel, Verdict
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.trial import CONVERSATIONS
from slmtui.prompt.truth import SOURCES, Truth
from slmtui.prompt.truth_teller import TruthTeller


@dataclass(frozen=True, slots=True)
class Agreement:
    """Some conversations, each as the three make it.

    `identical`: all that the chat template takes come out as the same tokens in all three, and it takes one.
    """

    looked: tuple[tuple[str, Truth], ...]
    identical: bool

    @property
    def shown(self) -> tuple[str, Truth]:
        """The first conversation that differs, else the longest: its title and the truth."""
        differing = [entry for entry in self.looked if entry[1].first_difference is not None]
        longest = sorted(self.looked, key=lambda entry: -len(entry[1].of("transformers").tokens))
        return (differing or longest)[0]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict of the conversation shown, and of each finding the worst."""
        order = {"fail": 0, "warn": 1, "unchecked": 2, "ok": 3}
        worst: dict[str, Verdict] = {}
        for _, truth in self.looked:
            for finding in truth.findings:
                known = worst.get(finding.id)
                if known is None or order[finding.status] < order[known.status]:
                    worst[finding.id] = finding
        return self.shown[1].verdict, *worst.values()

    def as_json(self) -> dict[str, Any]:
        """As `slmtui template --json` says it: the conversation shown, and how all of them went."""
        title, truth = self.shown
        difference = truth.first_difference
        return {
            **{source: truth.of(source).text for source in SOURCES},
            "identical": self.identical,
            "first_difference": None if difference is None else f"{title}: {difference}",
            "conversations": [
                {
                    "title": name,
                    "identical": one.identical,
                    "refusal": one.of("transformers").refusal,
                    "verdict": one.verdict.evidence,
                }
                for name, one in self.looked
            ],
        }


def agreement(model_dir: Path, template: PromptTemplate, cancel: Cancel | None = None) -> Agreement:
    """What three make of the usual conversations; takes the seconds that transformers needs to load.

    Raises:
        Failure: the tokenizer cannot be loaded.
    """
    with TruthTeller(model_dir, cancel) as teller:
        looked = tuple((title, teller.look(messages, template)) for title, messages in CONVERSATIONS)
    return Agreement(looked, _identical([truth for _, truth in looked]))


def _identical(truths: Sequence[Truth]) -> bool:
    taken = [truth for truth in truths if truth.of("transformers").text is not None]
    return bool(taken) and all(truth.identical for truth in taken)
