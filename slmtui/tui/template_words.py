"""What the Template screen says about a text, and what a choice there does to it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from slmtui.config.json_text import set_at
from slmtui.prompt.inference_model import InferenceModel
from slmtui.prompt.issues import Issue
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.station import TemplatePlan
from slmtui.tui.format import MUTED, icon, safe

_SHOWN = 4  # issues at once; the rest is counted


def with_template(text: str, template: PromptTemplate) -> str:
    """`text` with the four strings of `template`; all else stays as it is.

    Raises:
        Failure: the text is no JSON object.
    """
    for name in ("system", "user", "assistant", "prompt"):
        text = set_at(text, ("PromptTemplate", name), getattr(template, name) or None)
    return text


def said(
    issues: Sequence[Issue], plan: TemplatePlan, model: InferenceModel | None, *, synced: bool
) -> Content:
    """What is wrong with the file, else how it stands to the model's own chat template."""
    lines = [_issue_line(issue) for issue in issues[:_SHOWN]]
    if len(issues) > _SHOWN:
        lines.append(Content.styled(f"  and {len(issues) - _SHOWN} more", MUTED))
    if model is not None and not any(issue.severity == "error" for issue in issues):
        lines += _standing(plan, model, synced=synced)
    return Content("\n").join(lines)


def _standing(plan: TemplatePlan, model: InferenceModel, *, synced: bool) -> list[Content]:
    derivation = plan.derivation
    if model.prompt_template != derivation.template:
        words = "Valid, but not what the model's chat template makes, which newer runtimes use. "
        does = "Ctrl+B writes one that says the same." if derivation.probes else ""
        return [Content.assemble(icon("warn"), " ", words, does)]
    if not derivation.probes:
        first, *rest = derivation.notes or ("The model has no chat template.",)
        return [Content.assemble(icon("warn"), " ", safe(first)), *_notes(rest)]
    words = "Valid. It is what the model's own chat template makes."
    if synced:
        words = "Valid. The chat template is the one written from it; Ctrl+B puts the model's own back."
    return [Content.assemble(icon("ok"), " ", words), *_notes(derivation.notes)]


def _notes(notes: Sequence[str]) -> list[Content]:
    return [Content.styled("  " + safe(note), MUTED) for note in notes]


def _issue_line(issue: Issue) -> Content:
    """An issue with its line, cause and fix."""
    return Content.assemble(
        icon("fail" if issue.severity == "error" else "warn"),
        (f" line {issue.line}: " if issue.line else " ", MUTED),
        safe(issue.cause),
        ("  → ", "$text-accent"),
        safe(issue.fix),
    )
