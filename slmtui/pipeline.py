"""The stations in order: source → conversion → prompt → foundry → runtime.

The only place that knows them all. Every function here takes a `Deployment`, does one station's work
(plan → do → prove) and records what came out; the screens and the command line call nothing else for it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from slmtui import deployment as deployments
from slmtui.config import locations
from slmtui.config.toolchain import Toolchain
from slmtui.conversion import convert as conversion
from slmtui.conversion import warm
from slmtui.conversion.config_file import OlivePlan
from slmtui.conversion.convert import ConversionResult
from slmtui.conversion.demand import demand
from slmtui.conversion.olive import Made
from slmtui.conversion.plan import ConversionPlan
from slmtui.conversion.plan import plan as plan_conversion
from slmtui.conversion.proof import Proof
from slmtui.conversion.recipe import Recipe
from slmtui.deployment import STATIONS, Deployment, Station
from slmtui.environment.check import Check, CheckDone
from slmtui.environment.demand import Demand
from slmtui.environment.fix_plan import FixPlan
from slmtui.events import Cancel, Cancelled, Event, Failure, Service, Verdict, jsonable
from slmtui.foundry import deploy as foundry
from slmtui.foundry.deploy import DeployPlan
from slmtui.foundry.deployed import deployed as deployed_models
from slmtui.foundry.deployed import find as find_deployed
from slmtui.foundry.undeploy import undeploy as undeploy_model
from slmtui.measure.parity import parity as compare
from slmtui.prompt import station as prompt
from slmtui.prompt.station import TemplatePlan
from slmtui.runtime.client import Answer, ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source import samples
from slmtui.source.inspect import inspect
from slmtui.source.model_source import ModelSource
from slmtui.source.obtain import obtain
from slmtui.source.options import NOTHING_SAID, SourceOptions

DEFAULT_PRECISION = "int4"
# What each station leaves on the disk, by its key in the record.
_MADE: tuple[tuple[Station, str], ...] = (
    ("conversion", "output"),
    ("prompt", "file"),
    ("foundry", "target"),
)
# `org/name`; what may be on this machine has been looked for before.
_ON_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
GREETING = "Hello! What can you do?"


@dataclasses.dataclass(frozen=True, slots=True)
class StationStarted(Event):
    """The pipeline enters a station."""

    kind: ClassVar[str] = "station"
    station: Station
    number: int
    of: int


@dataclasses.dataclass(frozen=True, slots=True)
class PlanStarted(Event):
    """A fix that was agreed to begins."""

    kind: ClassVar[str] = "plan"
    plan: FixPlan
    number: int
    of: int


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    """A source that the machine is checked for: what it takes, or its name on the hub if it is there."""

    demand: Demand | None = None
    model_on_hub: str | None = None


def chosen(source: str, precision: str = DEFAULT_PRECISION, output: Path | None = None) -> Chosen:
    """What to check the machine for before `source` (a path, a sample's name, a hub id) is converted.

    Raises:
        Failure: there is no such source, or its headers cannot be read.
    """
    try:
        path = samples.resolve(source)
    except Failure:
        model, _, _ = source.strip().partition("@")
        if not _ON_HUB.fullmatch(model) or Path(model.partition("/")[0]).exists():
            raise
        return Chosen(model_on_hub=model)
    model_source = inspect(path)
    output = output or locations.models_dir() / model_source.name / precision
    return Chosen(demand(model_source, precision, output))


def chosen_for(deployment: Deployment, precision: str = DEFAULT_PRECISION) -> Chosen:
    """What to check the machine for before this deployment's source is converted."""
    return chosen(str(deployment.source), precision, default_output(deployment, precision))


def examine(cancel: Cancel, source: Chosen | None = None) -> Service[list[Check]]:
    """All checks of this machine, each told as a `CheckDone` when it is done."""
    from slmtui.environment.doctor import checks  # only who checks pays for it

    source = source or Chosen()
    done = []
    for check in checks(cancel, source.demand, source.model_on_hub):
        done.append(check)
        yield CheckDone(check)
    return done


def mend(plans: Sequence[FixPlan], cancel: Cancel, source: Chosen | None = None) -> Service[list[Check]]:
    """Carry out `plans`, one after the other, and check everything again; the first that fails ends it.

    Raises:
        Failure: a step failed; its cause ends with the state that was left.
        Cancelled: a `StateLeft` has said in which state.
    """
    from slmtui.environment.mend import mend as carry_out  # only who mends pays for it

    warm.end()  # it has imported what is about to be replaced
    for number, plan in enumerate(plans, 1):
        cancel.check()
        yield PlanStarted(plan, number, len(plans))
        yield from carry_out(plan, cancel, build_toolchain)
    return (yield from examine(cancel, source))


def build_toolchain(cancel: Cancel) -> Service[Toolchain]:
    """Make the managed tool chain, and prove it by converting a model of two random layers with it.

    Raises:
        Failure: a step failed; nothing unfinished is left, and what was in use before is so still.
        Cancelled: the same.
    """
    from slmtui.conversion import two_layers  # only who builds pays for it
    from slmtui.environment import managed

    warm.end()
    return (yield from managed.build(cancel, two_layers.prove))


def remove_toolchain() -> tuple[Path, ...]:
    """Remove the tool chain that slmtui manages; returns the folders that were there.

    Raises:
        Failure: a program runs with it.
    """
    from slmtui.environment import managed

    warm.end()  # the worker that merely waits for a conversion is no reason to keep it
    return managed.remove()


def fetch(
    source: str, cancel: Cancel, options: SourceOptions = NOTHING_SAID
) -> Service[tuple[Path, SourceOptions]]:
    """The path of `source`, and `options` with the base's path; a sample or a hub id is fetched."""
    if samples.find(source) is not None:
        return (yield from samples.get(source, cancel)), options
    return (yield from obtain(source, options, cancel))


def begin(
    source: str, cancel: Cancel, name: str | None = None, options: SourceOptions = NOTHING_SAID
) -> Service[Deployment]:
    """Inspect `source` (a path, a sample's name or a hub id) and save a new deployment of it.

    Without a `name`, a free one like the source's is taken.
    """
    if name is not None:
        deployments.check_name(name)
    path, options = yield from fetch(source, cancel, options)
    model = inspect(path, options)
    sample = samples.find(source)
    wanted = sample.name if sample else model.name
    # A forgotten deployment leaves its model deployed, and nothing may be replaced without a question.
    new = Deployment.new(name or deployments.free_name(wanted, (one.name for one in deployed_models())), path)
    return record_source(new, model, sample.name if sample else None, options)


def record_source(
    deployment: Deployment,
    model: ModelSource,
    sample: str | None = None,
    options: SourceOptions = NOTHING_SAID,
) -> Deployment:
    """Save what the source is; one with an error is a failed station."""
    errors = [problem for problem in model.problems if problem.severity == "error"]
    if errors:
        return deployment.with_step(
            "source", "failed", cause=errors[0].cause, fix=errors[0].fix, sample=sample
        ).save()
    return deployment.with_step(
        "source",
        "verified",
        sample=sample,
        architecture=model.architecture,
        parameters=model.parameters,
        dtype=model.dtype,
        context_length=model.context_length,
        bytes=model.bytes,
        **options.as_record(),
    ).save()


def source_of(deployment: Deployment) -> ModelSource:
    """The deployment's source as it is now, with what the user has answered about it."""
    options = SourceOptions.from_record(deployment.step("source").record)
    return inspect(Path(deployment.source), options)


def conversion_plan(
    deployment: Deployment,
    precision: str = DEFAULT_PRECISION,
    output: Path | None = None,
    *,
    recipe: Recipe | None = None,
    config: OlivePlan | None = None,
    override: bool = False,
) -> ConversionPlan:
    """What converting would do; our own folder of this very deployment may be replaced.

    `recipe`, `config` and `override` are as in `conversion.plan.plan`.

    Raises:
        Failure: the source cannot be converted, or its result cannot be put there.
    """
    own = default_output(deployment, precision)
    output = output or own
    return plan_conversion(
        source_of(deployment),
        output,
        precision,
        recipe=recipe,
        replace=output == own,
        config=config,
        override=override,
    )


def default_output(deployment: Deployment, precision: str = DEFAULT_PRECISION) -> Path:
    """Where a conversion goes unless the user says otherwise."""
    return locations.models_dir() / deployment.name / precision


def make_model(
    plan: ConversionPlan,
    cancel: Cancel,
    *,
    parity: bool = True,
    probe: str | None = None,
    anew: bool = False,
) -> Service[ConversionResult]:
    """Convert, prove that the runtime loads the result, and compare it with its source.

    `probe` is the text that both read, in place of the built-in one. Without `parity` nothing is compared,
    and the result is marked as unverified. A conversion that was made before is found again, unless it is to
    be made `anew`.
    """
    if not anew and probe is None:
        before = yield from conversion.again(plan, cancel, compared=parity)
        if before is not None:
            return before

    def prove(made: Made, log: Path, cancel: Cancel) -> Service[Proof]:
        work = made.model.with_name("parity")
        found = yield from compare(
            plan.source,
            made.model,
            plan.precision,
            cancel,
            text=probe,
            checkpoint=made.checkpoint,
            log=log,
            work=work,
        )
        return Proof(found.as_verdict(), found.as_record())

    return (yield from conversion.convert(plan, cancel, prove if parity else None, anew=anew))


def convert(
    deployment: Deployment, plan: ConversionPlan, cancel: Cancel, *, parity: bool = True, anew: bool = False
) -> Service[Deployment]:
    """`make_model`, and record it."""
    with _recording_failure(deployment, "conversion"):
        result = yield from make_model(plan, cancel, parity=parity, anew=anew)
    return deployment.with_step(
        "conversion",
        "verified",
        output=str(result.output),
        precision=plan.precision,
        recipe="a configuration of your own" if plan.config and not plan.config.recipe else plan.recipe.title,
        bytes=result.bytes,
        seconds=round(result.seconds, 2),
        peak_rss_bytes=result.peak_rss_bytes,
        parity={key: value for key, value in result.parity.items() if value is not None},
        cached=result.cached,
        log=str(result.log),
        verdicts=jsonable(result.verdicts),
    ).save()


def model_dir(deployment: Deployment) -> Path:
    """The converted model's folder.

    Raises:
        Failure: it is not converted yet, or the folder is gone.
    """
    output = deployment.step("conversion").record.get("output")
    if deployment.step("conversion").state != "verified" or not output:
        raise Failure(f"{deployment.name} is not converted yet.", "Convert it first.")
    if not Path(output).is_dir():
        raise Failure(f"The converted model {output} is gone.", "Convert it again.")
    return Path(output)


def as_it_stands(deployment: Deployment) -> Deployment:
    """The deployment without what was recorded but is gone: folders can be deleted behind our back."""
    for station, key in _MADE:
        made = deployment.step(station).record.get(key)
        if deployment.step(station).state == "verified" and not (made and Path(made).exists()):
            return deployment.with_step(station, "waiting").save()
    return deployment


def template_plan(deployment: Deployment) -> TemplatePlan:
    """The template derived from the converted model's own chat template, and the file that exists."""
    return prompt.plan(model_dir(deployment), deployment.name)


def write_template(deployment: Deployment, plan: TemplatePlan, text: str | None = None) -> Deployment:
    """Write `inference_model.json` (`text`, or what was derived) and record the verdicts."""
    with _recording_failure(deployment, "prompt"):
        verdicts = prompt.write(plan, text)
    return deployment.with_step(
        "prompt", _state(verdicts), file=str(plan.target), verdicts=jsonable(verdicts)
    ).save()


def deploy_plan(deployment: Deployment, cache_dir: Path | None = None) -> DeployPlan:
    """What deploying would do; a deployment of this very name that slmtui made is replaced."""
    made = deployment.step("foundry").record.get("target")
    plan = None
    try:
        plan = foundry.plan(model_dir(deployment), deployment.name, cache_dir)
    except Failure:
        # Only what this deployment put there itself may be put there again without a question.
        plan = foundry.plan(model_dir(deployment), deployment.name, cache_dir, replace=True)
        if made is None or str(plan.target) != made:
            raise
    return plan


def deploy(deployment: Deployment, plan: DeployPlan, cancel: Cancel) -> Service[Deployment]:
    """Put the model into the Foundry Local cache, register it, and ask the SDK to list and load it."""
    with _recording_failure(deployment, "foundry"):
        result = yield from foundry.deploy(plan, cancel)
    return deployment.with_step(
        "foundry",
        _state(result.verdicts),
        target=str(result.target),
        model_id=result.model_id,
        cache_dir=str(result.cache_dir),
        verdicts=jsonable(result.verdicts),
    ).save()


def undeploy(deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
    """Take the model out of the cache it was deployed into; the converted model stays."""
    model = find_deployed(deployment.name)
    if model is not None:
        yield from undeploy_model(model, cancel)
    return deployment.with_step("foundry", "waiting").save()


def record_answer(deployment: Deployment, question: str, answer: Answer) -> Deployment:
    """An answer from the deployed model is the runtime's proof; the first one is recorded."""
    if not answer.text.strip():
        return deployment
    return deployment.with_step(
        "runtime",
        "verified",
        question=question,
        answer=answer.text,
        ttft_seconds=round(answer.ttft_seconds, 4),
        decode_tokens_per_second=round(answer.decode_tokens_per_second, 1),
        peak_rss_bytes=answer.peak_rss_bytes,
    ).save()


def first_question(deployment: Deployment) -> str:
    """A question the model should be able to answer: the sample's own, else a greeting."""
    sample = samples.find(str(deployment.step("source").record.get("sample", "")))
    return sample.suggested_prompts[0] if sample and sample.suggested_prompts else GREETING


def chat_target(deployment: Deployment) -> Path:
    """The folder to chat with: the deployed one, else the converted one."""
    target = deployment.step("foundry").record.get("target")
    if deployment.step("foundry").state == "verified" and target and Path(target).is_dir():
        return Path(target)
    return model_dir(deployment)


def answer_once(deployment: Deployment, cancel: Cancel, question: str | None = None) -> Service[Deployment]:
    """Load the deployed model in a host, ask it one question and record the answer."""
    question = question or first_question(deployment)
    with (
        _recording_failure(deployment, "runtime"),
        ModelHost(chat_target(deployment)) as host,
        cancel.calling(host.close),
    ):
        host.load(cancel)
        parameters = ChatParameters(max_tokens=64, temperature=0.0)
        answer = yield from host.chat([Message("user", question)], parameters, cancel)
        cancel.check()
        shown = " ".join(answer.text.split())[:200]
        verdict = Verdict(
            "answers",
            "The model answers",
            "ok" if shown else "fail",
            f"{question!r} → {shown!r}",
            "" if shown else "Look at the template: the model ended its turn at once.",
        )
        yield verdict
        if not shown:
            raise Failure("The model gave an empty answer.", verdict.fix)
    return record_answer(deployment, question, answer)


def run(
    source: str,
    cancel: Cancel,
    name: str | None = None,
    cache_dir: Path | None = None,
    options: SourceOptions = NOTHING_SAID,
) -> Service[Deployment]:
    """The whole path, unattended; a saved deployment of that name and source goes on where it stopped."""
    deployment = yield from _begun(source, cancel, name, options)
    for number, station in enumerate(STATIONS, 1):
        yield StationStarted(station, number, len(STATIONS))
        if deployment.step(station).state == "verified":
            continue
        cancel.check()
        if station == "source":
            record = deployment.step(station).record
            raise Failure(str(record.get("cause", "")), str(record.get("fix", "")))
        if station == "conversion":
            deployment = yield from convert(deployment, conversion_plan(deployment), cancel)
        elif station == "prompt":
            deployment = write_template(deployment, template_plan(deployment))
        elif station == "foundry":
            deployment = yield from deploy(deployment, deploy_plan(deployment, cache_dir), cancel)
        else:
            deployment = yield from answer_once(deployment, cancel)
        if deployment.step(station).state != "verified":
            verdicts = deployment.step(station).record.get("verdicts", [])
            bad: dict[str, Any] = next((v for v in verdicts if v["status"] == "fail"), {})
            raise Failure(str(bad.get("evidence", f"{station} was not verified.")), str(bad.get("fix", "")))
    return deployment


def _begun(source: str, cancel: Cancel, name: str | None, options: SourceOptions) -> Service[Deployment]:
    if name is not None and (locations.deployments_dir() / f"{name}.toml").exists():
        existing = deployments.load(name)
        path, options = yield from fetch(source, cancel, options)
        if Path(existing.source) != path:
            raise Failure(
                f"A deployment called {name} exists already, made from {existing.source}.",
                "Take another --name, or undo that one first.",
            )
        if existing.step("source").state == "verified":
            return as_it_stands(existing)
    return (yield from begin(source, cancel, name, options))


def _state(verdicts: tuple[Verdict, ...]) -> deployments.State:
    return "failed" if any(verdict.status == "fail" for verdict in verdicts) else "verified"


@contextmanager
def _recording_failure(deployment: Deployment, station: Station) -> Generator[None, Any, None]:
    """Save a station's failure with its cause and fix; a cancelled one stays as it was before."""
    try:
        yield
    except Cancelled:
        raise
    except Failure as failure:
        log = str(failure.log) if failure.log else None
        deployment.with_step(station, "failed", cause=failure.cause, fix=failure.fix, log=log).save()
        raise
