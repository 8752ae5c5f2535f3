"""A lab whose forecasts, rows and figures are fixed: no machine shows through them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import slmtui.tui.app
from slmtui.deployment import Deployment, usable_name
from slmtui.events import Cancel, Failure, Progress, Service
from slmtui.lab.events import RowChanged
from slmtui.lab.plan import LabModel, LabPlan, Measures, RowForecast, _free
from slmtui.lab.result import LabResult
from slmtui.lab.room import Room
from slmtui.lab.row import VariantResult
from slmtui.lab.variants import Variant, default_variants
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.lab_desk import LabDesk
from slmtui.tui.lab_prospect import LabProspect, LabWish, offered
from slmtui.tui.screens.lab import LabScreen

NAME = "fernlight-support"
OUTPUT = Path("/srv/slmtui/labs/fernlight-support")
# Size, memory (MB), first token (ms), tokens/s, KL, top-1, suite: SmolLM2's table, more or less.
FIGURES: dict[str, tuple[float, float, float, float, float, float, float]] = {
    "fp32:plain": (539, 1020, 88, 31.4, 1.2e-06, 1.0, 0.975),
    "fp16:plain": (270, 1060, 95, 29.8, 0.00021, 0.996, 0.975),
    "int8:whole": (136, 410, 61, 58.2, 0.0062, 0.968, 0.975),
    "int4:guide": (199, 380, 70, 61.5, 0.118, 0.862, 0.925),
    "int4:compact": (113, 330, 66, 66.1, 0.124, 0.858, 0.9),
    "int4:smallest": (98, 310, 64, 68.0, 0.21, 0.79, 0.8),
}
_FORECASTS = {
    "fp32": (538, 1400, 62),
    "fp16": (269, 1500, 74),
    "int8": (137, 1400, 66),
    "int4": (150, 1300, 71),
}
FAILED = (
    "Olive made no model: the process was ended by the system.",
    "Close other programs, or take a preset that needs less memory.",
)


def row(variant: Variant, *, name: str = NAME, upto: int = 4) -> VariantResult:
    """A row with the first `upto` of its steps done."""
    found = FIGURES.get(variant.id, FIGURES["int4:compact"])
    megabytes, memory, ttft, rate, kl, top1, suite = found
    bench = {
        "prompt_tokens": 32,
        "output_tokens": 64,
        "ttft_ms": {"mean": ttft, "deviation": 1.0, "n": 3},
        "tokens_per_second": {"mean": rate, "deviation": 0.4, "n": 3},
        "prompt_tokens_per_second": {"mean": 400.0, "deviation": 4.0, "n": 3},
        "peak_rss_bytes": memory * 1e6,
    }
    steps: dict[str, dict[str, Any]] = {
        "conversion": {"bytes": megabytes * 1e6, "seconds": 14.0, "parity": {"verdict": "verified"}},
        "bench": {"rows": [bench], "load_seconds": 0.8},
        "quality": {"kl_mean": kl, "kl_p99": kl * 9, "top1": top1, "perplexity": 18.0 + 8 * kl},
        "suite": {"suite": {"share": suite}},
    }
    kept = dict(list(steps.items())[:upto])
    status = "done" if upto == 4 else "waiting"
    folder = OUTPUT / name / variant.folder
    return VariantResult(
        name, variant, cast("Any", status), folder if upto else None, kept, 61.0 if upto else 0.0
    )


def failed(variant: Variant) -> VariantResult:
    """A row that came to nothing."""
    return replace(row(variant, upto=0), status="failed", failure=FAILED[0], fix=FAILED[1], seconds=9.0)


class FixedDesk(LabDesk):
    """Forecasts and measures as it is told; a lab goes on until it is let go."""

    def __init__(self, *rows: VariantResult) -> None:
        super().__init__()
        self.rows = {each.key: each for each in rows}
        self.fails: set[str] = set()
        self.failure: Failure | None = None
        self.damaged: Path | None = None
        self.room = Room(76_100_000_000, 16_000_000_000)
        self.short: Failure | None = None
        self.away: set[str] = set()
        self.fetched: list[str] = []
        self.wishes: list[LabWish] = []
        self.plans: list[LabPlan] = []
        self.deployed: list[str] = []
        self.in_the_way = False
        self.forgot = 0
        self.may_go = threading.Event()
        self.may_go.set()

    def look(self, deployment: Deployment | None, wish: LabWish) -> LabProspect:
        self.wishes.append(wish)
        if deployment is None and not wish.source:
            return LabProspect(
                wish, failure=Failure("No model is chosen yet.", "Name one."), offered=offered(wish)
            )
        there = tuple({each.variant.id: each.variant for each in self.rows.values()}.values())
        variants = wish.variants if wish.variants is not None else there or default_variants()
        if not variants:
            return LabProspect(
                wish, failure=Failure("No variant is chosen.", "Take one."), offered=offered(wish)
            )
        names = wish.source.split(";") if wish.source else [NAME]
        models = _models([name.strip() for name in names])
        away = tuple(name for name in names if name in self.away)
        if away:
            return LabProspect(wish, offered=offered(wish), away=away)
        plan = LabPlan(models, variants, OUTPUT, Measures(**wish.lengths))
        every = offered(wish, variants)
        figures = {each.id: _forecast(each) for each in every}
        keys = [row(variant, name=model.name, upto=0) for model in models for variant in variants]
        rows = tuple(self.rows.get(each.key, each) for each in keys)
        left = [each for each in rows if each.status not in ("done", "failed")]
        return LabProspect(
            wish,
            plan,
            self.failure or self.short,
            every,
            figures,
            None if self.damaged else LabResult(rows, OUTPUT, "Linux x86_64, 4 cores, 16.8 GB memory"),
            len(left),
            sum(figures[each.variant.id].seconds for each in left),
            sum(figures[each.variant.id].output_bytes for each in left if not each.steps),
            self.room,
            self.damaged,
            short=self.short,
        )

    def fetch(self, names: Sequence[str], cancel: Cancel) -> Service[None]:
        yield Progress("fetch", f"Fetching {names[0]}", 0.5, 3.0)
        self._wait(cancel)
        self.fetched += names
        self.away -= set(names)

    def run(self, plan: LabPlan, cancel: Cancel) -> Service[LabResult]:
        self.plans.append(plan)
        keys = [row(variant, name=model.name, upto=0) for model in plan.models for variant in plan.variants]
        for number, each in enumerate(keys, 1):
            if each.key in self.rows and self.rows[each.key].status == "done":
                continue
            for upto in range(4):
                now = replace(row(each.variant, name=each.source, upto=upto), status="running")
                self.rows[each.key] = replace(now, status="waiting")
                yield RowChanged(now, number, len(keys))
                yield Progress("lab", f"{each.variant.label}, benchmark: 512 tokens in", 0.5, 131.0)
                if number == 3 and upto == 1:
                    self._wait(cancel)
                cancel.check()
            done = failed(each.variant) if each.key in self.fails else row(each.variant, name=each.source)
            self.rows[each.key] = done
            yield RowChanged(done, number, len(keys))
        return LabResult(tuple(self.rows.values()), OUTPUT)

    def _wait(self, cancel: Cancel) -> None:
        while not self.may_go.wait(0.01):
            cancel.check()

    def forget(self, output: Path) -> None:
        self.forgot += 1
        self.rows, self.damaged, self.failure = {}, None, None

    def deploy(
        self, deployment: Deployment | None, plan: LabPlan, row: VariantResult, cancel: Cancel
    ) -> Service[Deployment]:
        yield Progress("cached", "Converted before: every file is as it was", 1.0, 0.0)
        self._wait(cancel)
        self.deployed.append(row.variant.id)
        assert deployment is not None
        here = str(deployment.path.parent)  # what is gone is not shown as done
        deployment = deployment.with_step("conversion", "verified", output=here, bytes=1, verdicts=[])
        deployment = deployment.with_step("prompt", "verified", file=here, verdicts=[])
        if self.in_the_way:
            return deployment.save()
        return deployment.with_step("foundry", "verified", target=here, model_id=NAME, verdicts=[]).save()


def _models(called: Sequence[str]) -> tuple[LabModel, ...]:
    """Models that are only known by what they are called."""
    names: dict[str, str] = {}
    for each in called:
        names[_free(usable_name(each), names)] = each
    return tuple(LabModel(name, cast("Any", SimpleNamespace(name=each))) for name, each in names.items())


def _forecast(variant: Variant) -> RowForecast:
    megabytes, memory, seconds = _FORECASTS[variant.precision]
    return RowForecast(NAME, variant, megabytes * 10**6, memory * 10**6, seconds)


def begun() -> Deployment:
    """A deployment whose source is known."""
    one = Deployment.new(NAME, Path("/srv/models/fernlight-support"))
    return one.with_step("source", "verified", bytes=1).save()


def app_with(desk: LabDesk, deployment: Deployment | None = None) -> SlmtuiApp:
    """slmtui, opened on the lab with this desk."""

    class BenchApp(SlmtuiApp):
        CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
        MODES: ClassVar = {**SlmtuiApp.MODES, "lab": lambda: LabScreen(desk)}
        DEFAULT_MODE = "lab"

    app = BenchApp()
    app.deployment = deployment
    return app
