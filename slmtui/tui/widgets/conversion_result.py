"""What came of a conversion: where it is, how large, how long it took, and what the proof found."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from slmtui.deployment import Deployment
from slmtui.events import Verdict
from slmtui.tui.widgets.conversion_facts import done_rows
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.verdicts import VerdictList, verdict_from

_WORDS = {
    "verified": "It says what its source says.",
    "degraded": "It differs from its source.",
    "unverified": "Not compared with its source.",
}


class ConversionResult(VerticalScroll, can_focus=False):
    """The facts of a conversion that is done, and the verdicts as they come while it runs."""

    DEFAULT_CSS = """
    ConversionResult {
        height: auto;
        scrollbar-size-vertical: 1;
        #done { margin-bottom: 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="result")

    def compose(self) -> ComposeResult:
        yield Facts(id="done")
        yield VerdictList(id="convert-verdicts")

    def show(self, deployment: Deployment | None) -> None:
        """Show what a deployment has recorded; None shows nothing."""
        facts, verdicts = self.query_one("#done", Facts), self.query_one(VerdictList)
        if deployment is None:
            facts.show([])
            verdicts.show([])
            return
        record = deployment.step("conversion").record
        facts.show(done_rows(record, int(deployment.step("source").record.get("bytes", 0))))
        verdicts.show(verdict for verdict in _verdicts(deployment) if _is_news(verdict))

    @staticmethod
    def words(deployment: Deployment) -> str:
        """What came of it in a few words."""
        verdict = (deployment.step("conversion").record.get("parity") or {}).get("verdict", "")
        return _WORDS.get(verdict, "The runtime loads it.")


def _verdicts(deployment: Deployment) -> list[Verdict]:
    return [verdict_from(each) for each in deployment.step("conversion").record.get("verdicts", [])]


def _is_news(verdict: Verdict) -> bool:
    """What the comparison found stands among the facts, unless there is something to be done about it."""
    return verdict.id != "parity" or verdict.status == "warn"
