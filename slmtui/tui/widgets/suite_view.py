"""The questions of a suite, how each was answered, and of one all there is to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from slmtui.measure.suite import Suite, SuiteAnswer, SuiteLine, SuiteScore
from slmtui.pipeline import Measurements
from slmtui.tui.format import MUTED
from slmtui.tui.validate_words import fault
from slmtui.tui.widgets.facts import Facts
from slmtui.tui.widgets.table import Column, Headings, Row, Table

_COLUMNS = (Column("Question"), Column("Its answer has to", muted=True))
_WANTS: Mapping[str, str] = {
    "equals": "equal",
    "contains": "contain",
    "not_contains": "not contain",
    "regex": "match",
    "json_schema": "be JSON",
    "max_tokens": "have",
    "similar": "be like",
}
_SHOWN = 200  # no list has room for more of a value


_MUST: Mapping[str, str] = {
    "equals": "must equal",
    "contains": "must contain",
    "not_contains": "must not contain",
    "regex": "must match",
    "json_schema": "must fit",
    "max_tokens": "must be short",
    "similar": "must be like",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers, as far as it was asked since it was last changed."""

    line: SuiteLine
    answer: SuiteAnswer | None = None
    control: SuiteAnswer | None = None
    base: SuiteAnswer | None = None

    @property
    def state(self) -> str:
        """The sign before it."""
        if self.answer is None:
            return "unchecked"
        return "ok" if self.answer.passed else "fail"


def asked(suite: Suite, found: Measurements) -> tuple[Asked, ...]:
    """Each question of a suite with the answers to it when the checklist was gone through."""
    places = {_key(line): number for number, line in enumerate(found.asked.lines if found.asked else ())}
    checklist = found.checklist
    scores = (checklist.suite, checklist.control, checklist.base) if checklist else (None, None, None)

    def of(line: SuiteLine, score: SuiteScore | None) -> SuiteAnswer | None:
        place = places.get(_key(line))
        return next((one for one in score.answers if one.line == place), None) if score else None

    return tuple(Asked(line, *(of(line, score) for score in scores)) for line in suite.lines)


def _key(line: SuiteLine) -> str:
    return json.dumps(line.to_json(), sort_keys=True)


class SuiteView(Container):
    """The list, and the highlighted question below it, or beside it where there is room."""

    DEFAULT_CSS = """
    SuiteView {
        height: 1fr;
        layout: vertical;
        #suite-head { height: auto; color: $text-muted; margin-bottom: 1; }
        #questions { height: 1fr; }
        #suite-detail {
            height: 14;
            background: $surface;
            padding: 0 1;
            margin: 1 0;
            scrollbar-size-vertical: 1;
        }
        #suite-detail:focus { background-tint: $foreground 5%; }
        #suite-frame { height: 1fr; layout: vertical; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="suite-view")
        self._asked: tuple[Asked, ...] = ()
        self._shown: dict[str, int] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="suite-head", markup=False)
        with Container(id="suite-frame"):
            yield Headings(_COLUMNS, id="questions")
            with VerticalScroll(id="suite-detail"):
                yield Facts(id="suite-facts")

    @property
    def table(self) -> Table:
        """The list of questions."""
        return self.query_one(Table)

    @property
    def index(self) -> int | None:
        """Which question of the suite is highlighted."""
        return self._shown.get(self.table.highlighted)

    @property
    def highlighted(self) -> Asked | None:
        """That question with its answers."""
        return None if self.index is None else self._asked[self.index]

    def show(self, head: str, questions: tuple[Asked, ...], *, wrong_only: bool = False) -> None:
        """Show these under a line about them; `wrong_only` leaves out those that were answered right."""
        self._asked = questions
        self._shown = {
            f"question-{number}": number
            for number, one in enumerate(questions)
            if not (wrong_only and one.state == "ok")
        }
        self.query_one("#suite-head", Static).update(head)
        self.query_one("#suite-frame").display = bool(self._shown)
        self.table.show(self._row(name, questions[number]) for name, number in self._shown.items())
        self.show_detail()

    def show_detail(self) -> None:
        """Show all of the highlighted question."""
        one = self.highlighted
        self.query_one("#suite-facts", Facts).show(detail_rows(one) if one else [])
        self.query_one("#suite-detail").scroll_home(animate=False)

    def _row(self, name: str, one: Asked) -> Row:
        return Row(name, one.state, (one.line.title, wants(one.line)))


def wants(line: SuiteLine) -> str:
    """What a question's answer has to be, for one line; the beginning of it where it is long."""
    return ", ".join(f"{_WANTS[check]} {_value(line, check)[:_SHOWN]}" for check in line.checks)


def detail_rows(one: Asked) -> list[tuple[str, str | Content]]:
    """What was asked, what came, why that is wrong and whose fault it is; then what is wanted."""
    line, answer = one.line, one.answer
    rows: list[tuple[str, str | Content]] = [("question", line.question)]
    if answer is None:
        rows.append(("answer", Content.styled("not asked since it was written", MUTED)))
    else:
        rows.append(("answer", answer.answer or Content.styled("nothing", MUTED)))
        rows += [("wrong", reason) for reason in answer.reasons]
        controls = (("its source", one.control), ("the base", one.base))
        for name, control in controls:
            if control is not None:
                rows.append((name, control.answer or Content.styled("nothing", MUTED)))
        rows.append(("so", fault(answer.passed, *(each.passed if each else None for _, each in controls))))
    rows += [(_MUST[check], _wanted(line, check)) for check in line.checks]
    rows += [(message.role, message.content) for message in line.messages[:-1]]
    return [*rows, ("name", line.name)]


def _wanted(line: SuiteLine, check: str) -> str:
    alike = f" ({line.similarity:.0%} or more)" if check == "similar" else ""
    return _value(line, check) + alike


def _value(line: SuiteLine, check: str) -> str:
    value = getattr(line, check)
    if check == "max_tokens":
        return f"at most {value} tokens"
    if check == "json_schema":
        return json.dumps(value, ensure_ascii=False)
    return " · ".join(value) if isinstance(value, tuple) else str(value)
