"""What all parts of the Validate screen stand on: what is known of the model, and what is to be shown."""

from __future__ import annotations

from textual import work

from slmtui.deployment import Deployment
from slmtui.tui.from_thread import tell
from slmtui.tui.job_screen import JobScreen
from slmtui.tui.measuring_desk import MeasuringDesk, Standing
from slmtui.tui.widgets.suite_view import SuiteView, asked


class ValidateBase(JobScreen):
    """The parts over it add keys; nothing here knows of them."""

    MODE = "validate"

    def __init__(self, desk: MeasuringDesk | None = None) -> None:
        super().__init__()
        self._desk = desk or MeasuringDesk()
        self._standing = Standing()
        self._stands_for = ""  # the deployment that it is about; "" before anything is known
        self._wrong_only = False

    @property
    def precision(self) -> str:
        """The precision of the model in hand."""
        deployment = self.slmtui.deployment
        return str(deployment.step("conversion").record.get("precision", "")) if deployment else ""

    @property
    def at_work(self) -> bool:
        """Whether something is being measured."""
        job = self.slmtui.job(self.MODE)
        return job is not None and job.running

    @property
    def known(self) -> bool:
        """Whether what is known is about the deployment in hand."""
        deployment = self.slmtui.deployment
        return deployment is not None and self._stands_for == deployment.name

    @property
    def has_model(self) -> bool:
        """Whether there is a model to measure."""
        return self.known and self._standing.model_dir is not None

    @work(thread=True, exclusive=True, group="standing")
    def look(self, deployment: Deployment) -> None:
        """Find out what is known of its model."""
        found = self._desk.look(deployment)
        tell(self, self._take, deployment, found)

    def _take(self, deployment: Deployment, found: Standing) -> None:
        if self.slmtui.deployment is None or deployment.name != self.slmtui.deployment.name:
            return
        if self._stands_for != deployment.name:
            self.forget_model()
        self._standing, self._stands_for = found, deployment.name
        self.slmtui.note_measured(deployment.name, found.found)
        self.show_standing()

    def forget_model(self) -> None:
        """Another model is in hand: what was begun with the one before is not about it."""

    def show_standing(self) -> None:
        """Show what is known."""

    def show_suite(self) -> None:
        """Show the questions as they are now, and say what is to know of them all."""
        standing = self._standing
        suite = standing.suite
        view = self.query_one(SuiteView)
        if suite is None:
            words = (
                "" if standing.suite_failure else "There are no questions yet: n writes one, o loads a file."
            )
            view.show(words, ())
            return
        questions = asked(suite, standing.found)
        view.show(self._head(len(questions)), questions, wrong_only=self._wrong_only)

    def _head(self, count: int) -> str:
        standing = self._standing
        assert standing.suite is not None
        own = standing.suite.path == standing.own
        said = [f"{count:,} question{'s' if count != 1 else ''}{'' if own else ' of the sample'}"]
        before = standing.found.asked
        if before is not None:
            known = {line.messages for line in before.lines}
            new = sum(line.messages not in known for line in standing.suite.lines)
            said.append(f"{new} new since it was asked" if new else "")
            score = standing.found.checklist.suite if standing.found.checklist else None
            said.append(f"{score.passed} of {score.of} right" if score else "")
        said.append("those are hidden (w)" if self._wrong_only else "")
        return ", ".join(part for part in said if part) + "."
