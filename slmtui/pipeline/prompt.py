"""The prompt station: the template derived, written and recorded."""

from __future__ import annotations

from slmtui.deployment import Deployment
from slmtui.events import jsonable
from slmtui.pipeline.record import model_dir, recording_failure, state_of
from slmtui.prompt import station as prompt
from slmtui.prompt.station import TemplatePlan


def template_plan(deployment: Deployment) -> TemplatePlan:
    """The template derived from the converted model's own chat template, and the file that exists."""
    return prompt.plan(model_dir(deployment), deployment.name)


def write_template(deployment: Deployment, plan: TemplatePlan, text: str | None = None) -> Deployment:
    """Write `inference_model.json` (`text`, or what was derived) and record the verdicts."""
    with recording_failure(deployment, "prompt"):
        verdicts = prompt.write(plan, text)
    return deployment.with_step(
        "prompt", state_of(verdicts), file=str(plan.target), verdicts=jsonable(verdicts)
    ).save()
