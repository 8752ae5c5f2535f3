"""What the Template screen says about a text, and what a choice there does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.content import Content

from slmtui import pipeline
from slmtui.config.json_text import set_at
from slmtui.events import Failure
from slmtui.prompt.inference_model import InferenceModel
from slmtui.prompt.issues import Issue
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.station import TemplatePlan
from slmtui.tui.format import MUTED, safe

_STRINGS = ("system", "user", "assistant", "prompt")
_SHOWN = 4  # issues at once; the rest is counted


def with_template(text: str, template: PromptTemplate) -> str:
    """`text` with the four strings of `template`; all else stays as it is.

    Raises:
        Failure: the text is no JSON object.
    """
    for name in _STRINGS:
        text = set_at(text, ("PromptTemplate", name), getattr(template, name) or None)
    return text


def template_in(values: Mapping[str, Any]) -> PromptTemplate:
    """The four strings of a file that may have errors; what is no text there counts as absent."""
    strings = values.get("PromptTemplate")
    found = strings if isinstance(strings, dict) else {}
    system, user, assistant, prompt = (
        each if isinstance(each := found.get(name), str) else "" for name in _STRINGS
    )
    return PromptTemplate(system, user, assistant, prompt)


def said(
    issues: Sequence[Issue],
    plan: TemplatePlan,
    model: InferenceModel | None,
    *,
    synced: bool,
    behind: Sequence[str] = (),
) -> list[tuple[str, Content]]:
    """What is wrong with the file, else how it stands to the model's own chat template: signs and lines."""
    lines = [_issue_line(issue) for issue in errors_first(issues)[:_SHOWN]]
    if len(issues) > _SHOWN:
        lines.append(("", Content.styled(f"and {len(issues) - _SHOWN} more", MUTED)))
    if model is not None and not any(issue.severity == "error" for issue in issues):
        lines += _standing(plan, model, synced=synced)
    if words := deployed_words(behind):
        lines.append(("warn", Content(words)))
    return lines


def behind(plan: TemplatePlan | Failure) -> tuple[str, ...]:
    """The deployed copies that have the model's files as they were; looks at the disk."""
    try:
        return () if isinstance(plan, Failure) else tuple(m.model_id for m in pipeline.behind(plan.model_dir))
    except Failure:
        return ()  # the list of what is deployed cannot be read, which the Deployed screen says


def deployed_words(behind: Sequence[str]) -> str:
    """What to say of deployed copies that have the model's files as they were."""
    if not behind:
        return ""
    names = " and ".join(behind)
    return f"{names} {'is' if len(behind) == 1 else 'are'} deployed with the old files: deploy again."


def errors_first(issues: Sequence[Issue]) -> list[Issue]:
    """In the file's order, but what forbids writing it before what does not."""
    return sorted(issues, key=lambda issue: issue.severity != "error")


def _standing(plan: TemplatePlan, model: InferenceModel, *, synced: bool) -> list[tuple[str, Content]]:
    derivation = plan.derivation
    if not same_strings(model.prompt_template, derivation.template):
        words = "Valid, but not what the model's chat template makes, which newer runtimes use."
        if not derivation.probes:
            words = "Valid, but the model has no chat template, and newer runtimes need one."
        return [("warn", Content(f"{words} Ctrl+B writes one that says the same."))]
    if not derivation.probes:
        first, *rest = derivation.notes or ("The model has no chat template.",)
        ours = "Ctrl+B writes the chat template that these strings make."
        return [("warn", Content(safe(first))), *_notes([*rest, ours])]
    words = "Valid. It is what the model's own chat template makes."
    if synced:
        words = "Valid. The chat template is the one written from it; Ctrl+O puts the model's own back."
    return [("ok", Content(words)), *_notes(derivation.notes)]


def _notes(notes: Sequence[str]) -> list[tuple[str, Content]]:
    return [("", Content.styled(safe(note), MUTED)) for note in notes]


def _issue_line(issue: Issue) -> tuple[str, Content]:
    """An issue with its line, cause and fix."""
    return (
        "fail" if issue.severity == "error" else "warn",
        Content.assemble(
            (f"line {issue.line}: " if issue.line else "", MUTED),
            safe(issue.cause),
            ("  → ", "$text-accent"),
            safe(issue.fix),
        ),
    )


def same_strings(one: PromptTemplate, other: PromptTemplate) -> bool:
    """Whether the four strings are the same, whatever else stands beside them."""
    return all(getattr(one, name) == getattr(other, name) for name in _STRINGS)
