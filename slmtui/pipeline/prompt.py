"""The prompt station: the template derived, written and recorded; the truth about it; both worlds in step."""

from __future__ import annotations

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, jsonable
from slmtui.pipeline.record import model_dir, recording_failure, state_of
from slmtui.prompt import families, search_options, sync
from slmtui.prompt import station as prompt
from slmtui.prompt.inference_model import InferenceModel, parse
from slmtui.prompt.search_options import SearchPlan
from slmtui.prompt.station import TemplatePlan
from slmtui.prompt.sync import SyncPlan
from slmtui.prompt.truth_teller import TruthTeller


def template_plan(deployment: Deployment, family: str = families.AUTO) -> TemplatePlan:
    """The template derived from the converted model's own chat template, and the file that exists.

    `family` takes the strings of that family instead.
    """
    return prompt.plan(model_dir(deployment), deployment.name, family)


def template_diff(plan: TemplatePlan, text: str) -> str:
    """What writing `text` would change in the file that is there: a unified diff, empty if it is the same."""
    return plan.diff(text)


def write_template(deployment: Deployment, plan: TemplatePlan, text: str | None = None) -> Deployment:
    """Write `inference_model.json` (`text`, or what was derived) and record the verdicts."""
    with recording_failure(deployment, "prompt"):
        verdicts = prompt.write(plan, text)
    return deployment.with_step(
        "prompt", state_of(verdicts), file=str(plan.target), verdicts=jsonable(verdicts)
    ).save()


def truth_teller(deployment: Deployment, cancel: Cancel | None = None) -> TruthTeller:
    """Tells how three make any conversation; loads in the background, and has to be closed in the end."""
    return TruthTeller(model_dir(deployment), cancel)


def sync_plan(deployment: Deployment, text: str) -> SyncPlan:
    """The chat template that renders what the PromptTemplate in `text` says, and what it would change."""
    return sync.sync_plan(model_dir(deployment), _parsed(deployment, text).prompt_template)


def sync_chat_template(deployment: Deployment, text: str, cancel: Cancel | None = None) -> SyncPlan:
    """Write it, the original kept beside it; a deployed model needs deploying anew to have it."""
    plan = sync_plan(deployment, text)
    if cancel is not None:
        cancel.check()
    sync.sync(plan)
    return plan


def undo_sync(deployment: Deployment) -> bool:
    """Put the original chat template back; False if there is nothing to undo."""
    return sync.unsync(model_dir(deployment))


def is_synced(deployment: Deployment) -> bool:
    """Whether the chat template is one that slmtui wrote."""
    return sync.is_synced(model_dir(deployment))


def search_plan(deployment: Deployment, text: str) -> SearchPlan:
    """The `search` options that the ModelConfig in `text` makes, and what they would change."""
    return search_options.search_plan(model_dir(deployment), _parsed(deployment, text).model_config)


def write_search_options(deployment: Deployment, text: str) -> SearchPlan:
    """Write them into genai_config.json, the original kept beside it."""
    plan = search_plan(deployment, text)
    search_options.write_search(plan)
    return plan


def undo_search_options(deployment: Deployment) -> bool:
    """Put the original genai_config.json back; False if there is nothing to undo."""
    return search_options.undo_search(model_dir(deployment))


def has_search_options(deployment: Deployment) -> bool:
    """Whether slmtui wrote the search options."""
    return search_options.has_search(model_dir(deployment))


def _parsed(deployment: Deployment, text: str) -> InferenceModel:
    model, issues = parse(text, prompt.context_length(model_dir(deployment)))
    if model is None:
        raise Failure(issues[0].cause, issues[0].fix)
    return model
