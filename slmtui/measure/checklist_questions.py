"""Item 1: the questions of the domain, and whose fault a wrong answer is."""

from __future__ import annotations

import math

from slmtui.measure.checklist_item import Item, item, unchecked
from slmtui.measure.suite import SuiteScore

# Answers lost by the conversion are more than chance where so many of them would be rarer than this.
_CHANCE = 0.05
_LOST = "Look at the answers that were lost; if they matter, take a finer precision."


def judge_questions(
    score: SuiteScore | None,
    control: SuiteScore | None = None,
    base: SuiteScore | None = None,
    at_least: float = 0.9,
    other_template: bool = False,
) -> Item:
    """The suite's score, beside that of the source and of an untuned base where they were asked.

    It fails under `at_least`, and where more answers were lost by the conversion than chance would lose.
    `other_template`: the model does not have its source's chat template, which may be the reason.
    """
    if score is None or not score.of:
        return unchecked(
            "questions",
            "There is no suite of questions.",
            "Write one (JSONL, a question a line), or judge answers in the chat and export them; name it.",
        )
    figures = {"passed": score.passed, "of": score.of, "share": round(score.share, 4), "at_least": at_least}
    said = [f"{score.passed} of {score.of} pass ({score.share:.1%}; {at_least:.0%} are wanted)"]
    lost = gained = 0
    if control is not None:
        lost, gained = _changed(control, score)
        figures |= {"control_passed": control.passed, "lost": lost, "gained": gained}
        figures["never_learnt"] = sum(
            not one.passed and not other.passed
            for one, other in zip(control.answers, score.answers, strict=False)
        )
        said.append(
            f"its source passes {control.passed}: the conversion lost {lost} and gained {gained}, and"
            f" {figures['never_learnt']} neither has learnt"
        )
        figures["other_template"] = other_template
        if other_template:
            said.append("its chat template is not that of its source")
    if base is not None:
        figures["base_passed"] = base.passed
        said.append(f"the untuned base passes {base.passed}")
    damaged = lost > gained and _luck(lost, gained) < _CHANCE
    return _judged(score, control, base, at_least, damaged, "; ".join(said) + ".", figures)


def _judged(
    score: SuiteScore,
    control: SuiteScore | None,
    base: SuiteScore | None,
    at_least: float,
    damaged: bool,
    evidence: str,
    figures: dict[str, float],
) -> Item:
    if damaged and figures["other_template"]:
        fix = "Its source gives these answers right with its own chat template: look at the Template screen."
        return item("questions", "fail", evidence, fix, figures)
    if damaged:
        fix = "Take a finer precision: smaller blocks, INT8 or FP16. Its source gives these answers right."
        return item("questions", "fail", evidence, fix, figures)
    if score.share < at_least:
        return item("questions", "fail", evidence, _fix(control, at_least, figures), figures)
    if base is not None and base.passed >= score.passed:
        fix = "The fine-tuning has taught nothing that this suite asks for: ask what the base does not know."
        return item("questions", "warn", evidence, fix, figures)
    return item("questions", "pass", evidence, figures=figures)


def _fix(control: SuiteScore | None, at_least: float, figures: dict[str, float]) -> str:
    if control is None:
        return (
            "Read the answers that did not pass. Name the source as the control: it tells whether the"
            " conversion or the fine-tuning is at fault. Then look at the template."
        )
    if control.share < at_least:
        fix = "The source itself does not know the answers: train it further, or correct the suite."
        return f"{fix} {_LOST}" if figures["lost"] else fix
    return _LOST


def _changed(before: SuiteScore, after: SuiteScore) -> tuple[int, int]:
    """How many answers were right before alone, and now alone."""
    pairs = list(zip(before.answers, after.answers, strict=False))
    return (
        sum(was.passed and not now.passed for was, now in pairs),
        sum(now.passed and not was.passed for was, now in pairs),
    )


def _luck(lost: int, gained: int) -> float:
    """How likely so many of the changed answers are lost if each is as likely gained (sign test)."""
    changed = lost + gained
    return float(sum(math.comb(changed, k) for k in range(lost, changed + 1)) / 2**changed)
