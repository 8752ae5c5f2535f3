"""A studio whose source, figures and conversions are fixed: no machine shows through them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import slmtui.tui.app
from slmtui import pipeline
from slmtui.conversion.plan import ConversionPlan
from slmtui.conversion.targets import Offer, targets
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, LogLine, Progress, Service, Usage, Verdict, jsonable
from slmtui.source.model_source import ModelSource
from slmtui.tui import studio
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.screens.convert import ConvertScreen
from slmtui.tui.studio import Prospect, Studio, Wish
from slmtui.tui.widgets.forecast_list import Estimate

PLACE = Path("/srv/models/fernlight-support")
OUTPUT = Path("/srv/slmtui/models/fernlight-support")
SOURCE = ModelSource(
    PLACE, "huggingface", "LlamaForCausalLM", "llama", 134_515_008, "bfloat16", 2048, 30, 576, 49_152,
    "BPE", "{{ messages }}", "apache-2.0", 269_060_552, "fernlight-support", (),
)  # fmt: skip
ESTIMATES = {
    "fp32": Estimate(652_000_000, 1_900_000_000, 1_370_000_000, None),
    "fp16": Estimate(326_000_000, 2_300_000_000, 2_050_000_000, None),
    "int8": Estimate(160_000_000, 1_700_000_000, 680_000_000, 14.0),
    "int4": Estimate(196_000_000, 1_500_000_000, 410_000_000, 7.0),
}
GUIDE = """\
{
  "input_model": {
    "type": "HfModel",
    "model_path": "models/your-finetuned-model",
    "task": "text-generation"
  },
  "systems": {
    "local_system": {
      "type": "LocalSystem",
      "accelerators": [{ "execution_providers": ["CPUExecutionProvider"] }]
    }
  },
  "passes": {
    "builder": {
      "type": "ModelBuilder",
      "config": {
        "precision": "int4",
        "quantization_config": { "block_size": 128, "is_symmetric": false }
      }
    }
  },
  "host": "local_system",
  "target": "local_system",
  "cache_dir": "cache",
  "output_dir": "models/output/your-model-onnx"
}
"""
LOG = (
    "[2026-11-24 12:00:00,000] [INFO] [engine.py:665:_run_pass] Running pass builder:modelbuilder",
    "Reading embedding layer",
    "Reading layer 0",
    "[2026-11-24 12:00:01,000] [WARNING] [cache.py:10:load] The cache is empty",
    "Reading layer 1",
    "[2026-11-24 12:00:02,000] [ERROR] [engine.py:700:_run_pass] Something small went wrong",
    "Saving GenAI config in /srv/slmtui",
)
VERDICTS = (
    Verdict("files", "A fresh runtime configuration", "ok", "genai_config.json: llama, model.onnx"),
    Verdict("loads", "The runtime loads it", "ok", "llama, context of 2,048 tokens, after 0.4 s"),
)
PARITY = {
    "verdict": "verified", "cosine": 0.9967, "top1": 0.914, "kl_mean": 0.0612, "kl_p99": 0.41,
    "tokens": 852, "seconds": 9.1, "reason": "It says what its source says, as far as INT4 can.",
}  # fmt: skip


class FixedStudio(Studio):
    """Plans by the real rules, with fixed figures; a conversion goes on until it is let go."""

    def __init__(self, parity: dict[str, Any] | None = None, *, short: bool = False) -> None:
        super().__init__()
        self.parity = parity or PARITY
        self.short = short
        self.may_go = threading.Event()
        self.failure: Failure | None = None
        self.plans: list[ConversionPlan] = []
        self.asked: list[dict[str, bool]] = []

    def look(self, deployment: Deployment, wish: Wish) -> Prospect:
        found = studio._prospect(deployment, SOURCE, wish)
        offers = tuple(
            Offer(each, each.name == "cpu", "" if each.name == "cpu" else "It needs another machine.")
            for each in targets()
        )
        return replace(found, targets=offers)

    def warm_up(self) -> None:
        return

    def convert(
        self, deployment: Deployment, plan: ConversionPlan, cancel: Cancel, *, compares: bool, anew: bool
    ) -> Service[Deployment]:
        self.plans.append(plan)
        self.asked.append({"compares": compares, "anew": anew})
        yield from map(LogLine, LOG)
        for number in range(1, 12):
            yield Usage(number * 100_000_000, 60.0 + number * 9 % 40)
        yield Progress("layers", "Reading layer 2 of 30", 0.5, 21.0)
        while not self.may_go.wait(0.01):
            cancel.check()
        if self.failure is not None:
            deployment.with_step("conversion", "failed", cause=self.failure.cause).save()
            raise self.failure
        output = Path(deployment.path.parent)  # a folder that exists: what is gone is not shown as done
        return deployment.with_step(
            "conversion",
            "verified",
            output=str(output),
            precision=plan.precision,
            recipe=plan.recipe.title,
            bytes=196_400_000,
            seconds=6.2,
            peak_rss_bytes=1_420_000_000,
            parity=self.parity,
            cached=False,
            log="/srv/slmtui/logs/convert.log",
            verdicts=jsonable(VERDICTS),
        ).save()


def fix(monkeypatch: Any, studio_: FixedStudio) -> None:
    """Put the fixed figures and folders in place of the machine's."""

    def plan(
        deployment: Deployment, precision: str, output: Path | None = None, *, recipe: Any,
        config: Any = None, override: bool = False,
    ) -> ConversionPlan:  # fmt: skip
        from slmtui.conversion.recipe import recipe as find_recipe

        if config is not None and not override:
            config.refuse_errors()
        if studio_.short and not override:
            raise Failure(
                "There is too little memory: 1.5 GB are needed, 0.9 GB are free.", "Close something."
            )
        return ConversionPlan(
            SOURCE, output or OUTPUT / precision, recipe or find_recipe(precision), False, 410_000_000,
            76_100_000_000, 196_000_000, 1_500_000_000, 900_000_000 if studio_.short else 6_200_000_000,
            7.0, config,
        )  # fmt: skip

    monkeypatch.setattr(pipeline, "conversion_plan", plan)
    monkeypatch.setattr(pipeline, "default_output", lambda _, precision="int4": OUTPUT / precision)
    monkeypatch.setattr(studio, "_estimates", lambda *_: dict(ESTIMATES))


def begun() -> Deployment:
    """A deployment whose source is chosen."""
    return Deployment.new("fernlight-support", Path("/srv/models/fernlight-support")).with_step(
        "source", "verified", bytes=SOURCE.bytes
    )


def app_with(studio_: FixedStudio) -> SlmtuiApp:
    """slmtui, opened on the Convert screen with this studio."""

    class BenchApp(SlmtuiApp):
        CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
        MODES: ClassVar = {**SlmtuiApp.MODES, "convert": lambda: ConvertScreen(studio_)}
        DEFAULT_MODE = "convert"

    app = BenchApp()
    app.deployment = begun()
    return app
