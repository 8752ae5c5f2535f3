"""The shape of what each command prints with --json as its one object, or as the last line of its stream.

What a command prints as it is named is taken from its own type; what it puts together is written down here.
`tests/object_schemas.py` makes the published schemas of it, and every call of a test is held against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from slmtui.conversion.lint import Finding
from slmtui.conversion.options import Option
from slmtui.conversion.recipe import Preset
from slmtui.conversion.targets import Target
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.fix_plan import FixPlan
from slmtui.events import Status, Verdict
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.differences import Diff
from slmtui.foundry.methods import Method
from slmtui.foundry.unfinished import Unfinished
from slmtui.foundry.why import Why
from slmtui.lab.plan import RowForecast
from slmtui.measure.suite import SuiteAnswer
from slmtui.prompt.issues import Issue
from slmtui.report.change import Change
from slmtui.report.document import Report
from slmtui.source.model_source import ModelSource
from slmtui.source.samples import Sample


class Problem(TypedDict):
    """What is wrong, and what to do about it."""

    cause: str
    fix: str


class Failed(TypedDict):
    """Instead of its object, of a command that failed or was cancelled."""

    status: Literal["failed", "cancelled"]
    cause: str | None
    fix: str | None
    log: str | None


@dataclass(frozen=True)
class ListedModel(DeployedModel):
    # A property there, which is printed as a field: the schema has to have one.
    status: Status = "unchecked"  # type: ignore[assignment]


class ListedDeployment(TypedDict):
    """One of slmtui's own deployments, with the station that comes next; null once all are verified."""

    name: str
    source: str
    created: str
    next_station: str | None
    stations: dict[str, str]


class DamagedFile(Problem):
    severity: Literal["warning"]


class Listed(TypedDict):
    """What is deployed, copies that were interrupted, and slmtui's own deployments."""

    models: list[ListedModel]
    unfinished: list[Unfinished]
    deployments: list[ListedDeployment]
    problems: list[DamagedFile]


@dataclass(frozen=True)
class ListedPreset(Preset):
    recipe: str = ""
    passes: dict[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class ListedTarget(Target):
    available: bool = False
    reason: str = ""


class Presets(TypedDict):
    """What a conversion can make."""

    presets: list[ListedPreset]
    options: list[Option]
    targets: list[ListedTarget]


class RecipeOf(TypedDict):
    """What the form would call a configuration."""

    precision: str
    preset: str
    options: dict[str, Any]
    title: str


class Linted(TypedDict):
    """What Olive would make of a configuration; `recipe` is null where no recipe says the same."""

    file: str
    ok: bool
    findings: list[Finding]
    corrected: str | None
    fixed: bool
    recipe: RecipeOf | None


class Trial(TypedDict):
    """One conversation, as all three make it."""

    title: str
    identical: bool
    refusal: str
    verdict: str


class Agreement(TypedDict):
    """What transformers, the runtime and PromptTemplate make of some conversations."""

    transformers: str | None
    runtime: str | None
    prompt_template: str | None
    identical: bool
    first_difference: str | None
    conversations: list[Trial]


class Template(TypedDict):
    """The prompt template; `inference_model` is the file's content, null if that is no JSON."""

    family: str
    confidence: float
    why: str
    inference_model: dict[str, Any] | None
    notes: list[str]
    agrees: bool
    diff: str
    chat_template_synced: bool
    search_options_written: bool
    agreement: Agreement | None
    problems: list[Issue]
    verdicts: list[Verdict]
    written: str | None
    deployed_before: list[str]


@dataclass(frozen=True)
class AskedWhy(Why):
    below: tuple[Why, ...] = ()


class Place(TypedDict):
    """Where something is kept."""

    path: str
    exists: bool
    holds: str


class KeyCommand(TypedDict):
    """A command of the screens, with its keys."""

    name: str
    keys: list[str]
    does: str


class Keys(TypedDict):
    """The commands of the screens, and what is wrong with the user's own keys."""

    file: str
    commands: list[KeyCommand]
    problems: list[Problem]


class SettingShown(TypedDict):
    """A setting."""

    key: str
    value: str | bool
    default: str | bool
    about: str


class Settings(TypedDict):
    """What is set."""

    file: str
    settings: list[SettingShown]
    problems: list[Problem]


class Term(TypedDict):
    """A word, explained."""

    name: str
    also: list[str]
    text: str


class Glossary(TypedDict):
    """The words that were looked for."""

    terms: list[Term]


class Samples(TypedDict):
    """The models to try slmtui with."""

    samples: list[Sample]


@dataclass(frozen=True)
class Inspected(ModelSource):
    usable: bool = False  # type: ignore[assignment]  (a property there, like `status` above)


@dataclass(frozen=True)
class CheckWithPlan(Check):
    plan: str | None = None


class Doctor(TypedDict):
    """The checks of this machine, and the plans that would mend it; `report` is the bundle, if asked for."""

    ready: bool
    checks: list[CheckWithPlan]
    plans: list[FixPlan]
    report: NotRequired[str]


class Toolchain(TypedDict):
    """Which Python runs Olive."""

    python: str
    kind: str
    status: CheckStatus
    managed: str | None
    reason: str
    fix: str


class ToolchainRemoved(TypedDict):
    """The folders that are gone, and the Python that runs Olive now."""

    removed: list[str]
    python: str


class Completion(TypedDict):
    """What makes a shell complete, and where it goes."""

    shell: str
    code: str
    where: str


class Baseline(TypedDict):
    """The report that was compared with."""

    name: str
    at: str


class Compared(TypedDict):
    """A report against an earlier one."""

    baseline: Baseline
    worse: int
    better: int
    changes: list[Change]
    notes: list[str]


class Score(TypedDict):
    """The answers to a suite's questions."""

    passed: int
    of: int
    share: float
    answers: list[SuiteAnswer]


@dataclass(frozen=True)
class Reported(Report):
    format: str = ""
    version: int = 1
    comparison: Compared | None = None


class ReportWritten(TypedDict):
    """Where a report was written to, and what was not measured."""

    report: str
    format: Literal["md", "html", "json"]
    name: str
    missing: list[str]
    comparison: Compared | None


class FileToCopy(TypedDict):
    """A file of a model."""

    path: str
    bytes: int


class DeployDryRun(TypedDict):
    """What deploying would do; `diff` says what replacing would change."""

    model_id: str
    folder: str
    cache_dir: str
    origin: str
    method: Method
    fallback: str
    files: list[FileToCopy]
    bytes: int
    linked_bytes: int
    needed_bytes: int
    free_bytes: int
    resumes_bytes: int
    exists: bool
    diff: Diff | None


@dataclass(frozen=True)
class LabForecast(RowForecast):
    label: str = ""


class LabDryRun(TypedDict):
    """What a lab would take."""

    output: str
    suites: dict[str, str | None]
    rows: list[LabForecast]
