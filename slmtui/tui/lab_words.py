"""What the Lab screen says: its help, what is asked of a variant, what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slmtui.tui.format import short
from slmtui.tui.screens.ask import AskScreen, Section
from slmtui.units import duration, size

if TYPE_CHECKING:
    from slmtui.lab.constraints import Constraint
    from slmtui.lab.recommend import Recommendation
    from slmtui.tui.lab_prospect import LabProspect

STAR = "★"
HELP = """\
## Precision lab

One model in several precisions: each is converted, proved to say what its source says, benchmarked, compared
with its source over a text, and asked the questions of its suite. One table shows what came of it.

* **Variants**: Space checks one or takes its mark away; **a** adds one of your own, as
  `int4:guide,block_size=64`. **s** names another model, several (with `;` between them), or a folder of them;
  what is on the Hugging Face hub (`org/name`) is fetched first.
* **b** says how the benchmark measures: tokens in, tokens out, how often. Lengths that are measured already
  stay what they are; other ones are measured anew.
* **k** says what a variant has to keep: `under 300 MB, at least 20 tokens/s, suite >= 95%`. That can be
  changed at any time; nothing is measured again. ★ is what is recommended then, and why.
* **Table and plots**: Ctrl+T goes from one to the next. The figures of the highlighted row stand beside what
  the guide claims. In the plots, ● is beaten by no other variant in both figures, ○ is.
* **Enter** starts, goes on, and in the end deploys the highlighted variant: it becomes this deployment's
  model, gets its template, and goes into Foundry Local, in place of what you had deployed. **d** does so at
  any time.
* **y** copies the table as Markdown.

What was measured is kept after every step: cancelled or interrupted, the lab goes on where it stopped.
"""


def said_constraints(constraints: Sequence[Constraint]) -> str:
    """The constraints as they were understood."""
    return " · ".join(map(str, constraints))


def recommended(said: Recommendation, called: str) -> str:
    """What to take, and why; `called` is what its model is called, where there are several."""
    if said.row is None:
        return f"{called}: {said.reason}" if called else said.reason
    return " ".join(part for part in (STAR, called, said.reason) if part)


def outlook(found: LabProspect) -> str:
    """How much is left to do."""
    rows = len(found.result.rows) if found.result else 0
    models = len(found.plan.models) if found.plan else 1
    what = f"{found.left} of {rows} left" if found.left < rows else _several(rows // max(models, 1), models)
    parts = [what, f"~{duration(found.seconds)}"]
    if found.bytes:
        parts.append(f"{size(found.bytes)} of disk")
    return ", ".join(parts)


def _several(variants: int, models: int) -> str:
    said = "1 variant" if variants == 1 else f"{variants} variants"
    return said if models == 1 else f"{models} models in {said}"


def ask_to_measure_anew(found: LabProspect) -> AskScreen:
    """The question before the figures of an earlier lab are forgotten."""
    output = found.plan.output if found.plan else None
    rows = (
        ("forgets", "every figure of this lab"),
        ("stays", f"the models in {short(output)}; they are found again" if output else ""),
    )
    return AskScreen(
        "Measure everything anew?", [Section("The lab's journal", rows)], "Measure anew", no="Keep them"
    )
