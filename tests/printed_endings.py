"""The last line of each command's stream with --json: `finished` with the command's own keys.

All keys are there however it ended; null is what is not known, because it did not come to that.
"""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from slmtui.conversion.forecast import Forecast
from slmtui.conversion.lint import Finding
from slmtui.environment.fix_plan import FixPlan
from slmtui.events import Verdict
from slmtui.foundry.methods import Method
from slmtui.measure.bench_figures import BenchRow
from slmtui.measure.checklist_item import Item
from slmtui.measure.quality_figures import Quality
from slmtui.runtime.protocol import FinishReason
from tests.printed_objects import CheckWithPlan, RecipeOf, Score


class Ending(TypedDict):
    event: Literal["finished"]
    status: Literal["ok", "failed", "cancelled"]
    cause: str | None
    fix: str | None
    log: str | None


class RecipeMeant(RecipeOf):
    exact: bool


class ConvertDryRun(TypedDict):
    """What would be run, and what it would take."""

    recipe: RecipeMeant
    command: str
    configuration: dict[str, Any]
    lint: list[Finding]
    forecast: Forecast
    possible: bool


class Config(TypedDict):
    """The configuration that was brought, and what was replaced in it."""

    file: str
    findings: list[Finding]
    replaced: list[str]


class Converted(Ending):
    """The last line of `slmtui convert`."""

    output: str | None
    bytes: int | None
    seconds: float | None
    parity: dict[str, Any] | None
    peak_rss_bytes: int | None
    cached: bool | None
    config: Config | None
    dry_run: ConvertDryRun | None


class Deployed(Ending):
    """The last line of `slmtui deploy`."""

    name: str
    model_id: str | None
    target: str | None
    cache_dir: str | None
    method: Method | None
    bytes: int | None
    seconds: float | None


class Undeployed(Ending):
    """The last line of `slmtui undeploy`; `target` is what is gone."""

    name: str
    model_id: str | None
    target: str | None
    seconds: float | None


class Verified(Ending):
    """The last line of `slmtui verify`."""

    name: str
    model_id: str | None
    folder: str | None
    verdicts: list[Verdict] | None
    seconds: float | None


class Served(Ending):
    """The last line of `slmtui serve`."""

    name: str
    url: str | None
    model: str | None
    seconds: float | None


class Ran(Ending):
    """The last line of `slmtui run`."""

    name: str
    model_id: str | None
    target: str | None
    seconds: float | None
    question: str | None
    answer: str | None
    ttft_seconds: float | None
    decode_tokens_per_second: float | None
    peak_rss_bytes: int | None


class Benched(Ending):
    """The last line of `slmtui bench`."""

    model: str | None
    rows: list[BenchRow] | None
    load_seconds: float | None
    noise: float | None
    notes: list[str] | None
    complete: bool | None
    at: str | None
    seconds: float | None
    machine: str | None


class Validated(Ending):
    """The last line of `slmtui validate`; `control` is the source, `base` an untuned model."""

    model: str | None
    quality: Quality | None
    items: list[Item] | None
    suite: Score | None
    control: Score | None
    base: Score | None
    suite_name: str | None
    at: str | None
    seconds: float | None
    complete: bool | None


class Chatted(Ending):
    """The last line of `slmtui chat`: how many answers there were, and the figures of the last one."""

    answers: int
    text: str | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    ttft_seconds: float | None
    tpot_ms_p50: float | None
    tpot_ms_p95: float | None
    prompt_tokens_per_second: float | None
    decode_tokens_per_second: float | None
    load_seconds: float | None
    rss_bytes: int | None
    peak_rss_bytes: int | None
    cpu_percent: float | None
    cpu_percent_per_core: list[float] | None
    dropped_messages: int | None
    context_length: int | None
    seconds: float | None
    finish_reason: FinishReason | None


class Fetched(Ending):
    """The last line of `slmtui samples get`."""

    name: str
    path: str | None
    bytes: int | None
    seconds: float | None


class Mended(Ending):
    """The last line of `slmtui doctor --fix`."""

    ready: bool | None
    checks: list[CheckWithPlan]
    plans: list[FixPlan]
    changed: list[str]
    seconds: float | None


class ToolchainBuilt(Ending):
    """The last line of `slmtui toolchain build`."""

    python: str | None
    changed: list[str]
    seconds: float | None


class Against(TypedDict):
    """Why a row is not recommended."""

    row: str
    reason: str


class Recommended(TypedDict):
    """The row to take; null where none keeps the constraints."""

    source: str | None
    variant: dict[str, Any] | None
    label: str | None
    output: str | None
    reason: str
    against: list[Against]


class Compared(Ending):
    """The last line of `slmtui lab`; a row is like a `variant` event without its number."""

    output: str | None
    machine: str | None
    complete: bool | None
    rows: list[dict[str, Any]] | None
    recommendations: dict[str, Recommended] | None
    deployed: str | None
    seconds: float | None
