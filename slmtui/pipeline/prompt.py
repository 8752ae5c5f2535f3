"""The prompt station: the template derived, written and recorded; the truth about it; both worlds in step."""

from __future__ import annotations

from pathlib import Path

from slmtui.deployment import Deployment, saved
from slmtui.events import Cancel, Failure, Verdict, jsonable
from slmtui.foundry.deployed import DeployedModel, deployed
from slmtui.foundry.methods import written_name
from slmtui.foundry.model_folder import inference_model
from slmtui.pipeline.record import model_dir, recording_failure, state_of
from slmtui.pipeline.template_proof import template_digest
from slmtui.prompt import families, search_options, sync
from slmtui.prompt import station as prompt
from slmtui.prompt.inference_model import InferenceModel, parse
from slmtui.prompt.search_options import SearchPlan
from slmtui.prompt.station import TemplatePlan
from slmtui.prompt.sync import SyncPlan
from slmtui.prompt.truth_teller import TruthTeller

# What makes a model answer as it does, beside inference_model.json; people and `sync` write them.
_TEMPLATE_FILES = ("chat_template.jinja", "tokenizer_config.json", "genai_config.json")


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
    return _proved(deployment, plan, verdicts)


def truth_teller(deployment: Deployment, cancel: Cancel | None = None) -> TruthTeller:
    """Tells how three make any conversation; loads in the background, and has to be closed in the end."""
    return TruthTeller(model_dir(deployment), cancel)


def sync_plan(deployment: Deployment, text: str) -> SyncPlan:
    """The chat template that renders what the PromptTemplate in `text` says, and what it would change."""
    return sync.sync_plan(model_dir(deployment), _parsed(deployment, text).prompt_template)


def sync_chat_template(deployment: Deployment, plan: SyncPlan) -> Deployment:
    """Write it, the original kept beside it; later stations wait again (see `behind`)."""
    sync.sync(plan)
    return _proved_again(deployment)


def undo_sync(deployment: Deployment) -> Deployment | None:
    """Put the original chat template back; None if there is nothing to undo."""
    return _proved_again(deployment) if sync.unsync(model_dir(deployment)) else None


def is_synced(deployment: Deployment) -> bool:
    """Whether the chat template is one that slmtui wrote."""
    return sync.is_synced(model_dir(deployment))


def search_plan(deployment: Deployment, text: str) -> SearchPlan:
    """The `search` options that the ModelConfig in `text` makes, and what they would change."""
    return search_options.search_plan(model_dir(deployment), _parsed(deployment, text).model_config)


def write_search_options(deployment: Deployment, plan: SearchPlan) -> Deployment:
    """Write them into genai_config.json, the original kept beside it; later stations wait again."""
    search_options.write_search(plan)
    return _proved_again(deployment)


def undo_search_options(deployment: Deployment) -> Deployment | None:
    """Put the original genai_config.json back; None if there is nothing to undo."""
    return _proved_again(deployment) if search_options.undo_search(model_dir(deployment)) else None


def has_search_options(deployment: Deployment) -> bool:
    """Whether slmtui wrote the search options."""
    return search_options.has_search(model_dir(deployment))


def behind(model_dir: Path) -> tuple[DeployedModel, ...]:
    """The deployed copies of this model that have another template or other options than it has now.

    One that is only registered is the model itself, and never behind.
    """
    place = model_dir.resolve()
    return tuple(m for m in deployed() if m.model_dir.resolve() == place and _is_behind(m))


def model_changed(model_dir: Path) -> tuple[DeployedModel, ...]:
    """Files of the model were written without a deployment at hand: those that speak of it learn of it.

    Returns:
        The deployed copies that are behind.
    """
    place = model_dir.resolve()
    for deployment in saved()[0]:
        step = deployment.step("conversion")
        if step.state == "verified" and Path(str(step.record.get("output"))).resolve() == place:
            _proved_again(deployment)
    return behind(model_dir)


def _is_behind(model: DeployedModel) -> bool:
    if model.folder == model.model_dir or not model.folder.is_dir():
        return False
    if any(_bytes(model.folder / name) != _bytes(model.model_dir / name) for name in _TEMPLATE_FILES):
        return True
    name = written_name(model.name, model.version)
    try:
        text = inference_model(model.model_dir, name, prompt.context_length(model.model_dir))
    except Failure:
        return False  # it could not be deployed as it is
    return _bytes(model.folder / prompt.FILE_NAME) != text.encode("utf-8")


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None


def _proved_again(deployment: Deployment) -> Deployment:
    """What was proved about the old files says nothing about the new ones: later stations wait again."""
    step = deployment.step("prompt")
    if step.state != "verified":
        return deployment.with_step("prompt", step.state, **step.record).save()
    try:
        plan = template_plan(deployment)
        verdicts = prompt.prove(plan)
    except Failure:
        return deployment.with_step("prompt", "waiting", **step.record).save()
    return _proved(deployment, plan, verdicts)


def _proved(deployment: Deployment, plan: TemplatePlan, verdicts: tuple[Verdict, ...]) -> Deployment:
    return deployment.with_step(
        "prompt",
        state_of(verdicts),
        file=str(plan.target),
        digest=template_digest(model_dir(deployment)),
        verdicts=jsonable(verdicts),
    ).save()


def _parsed(deployment: Deployment, text: str) -> InferenceModel:
    model, issues = parse(text, prompt.context_length(model_dir(deployment)))
    if model is None:
        raise Failure(issues[0].cause, issues[0].fix)
    return model
