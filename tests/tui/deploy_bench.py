"""A depot whose caches, plans, models and verdicts are fixed: no machine shows through them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, cast

import slmtui.tui.app
from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Progress, Service, Verdict, jsonable
from slmtui.foundry.cache import CacheFolder
from slmtui.foundry.deploy import DeployPlan
from slmtui.foundry.deployed import DeployedModel
from slmtui.foundry.differences import Diff, FileChange
from slmtui.foundry.serve import Serving
from slmtui.foundry.unfinished import Unfinished
from slmtui.foundry.why import Why
from slmtui.tui.app import SlmtuiApp
from slmtui.tui.depot import Depot, Prospect, Wish
from slmtui.tui.screens.deploy import DeployScreen
from slmtui.tui.screens.deployed import DeployedScreen
from slmtui.tui.screens.why import WhyScreen

NAME = "fernlight-support"
CACHE = Path("/srv/foundry/cache/models")
OWN = Path("/srv/slmtui/foundry/cache/models")
CACHES = (CacheFolder(CACHE, "foundry command"), CacheFolder(OWN, "slmtui"))
MODEL_DIR = Path("/srv/slmtui/models/fernlight-support-int4")
FILES = (
    ("chat_template.jinja", 412),
    ("genai_config.json", 1_530),
    ("model.onnx", 182_000),
    ("model.onnx.data", 196_400_000),
    ("special_tokens_map.json", 655),
    ("tokenizer.json", 2_104_000),
    ("tokenizer_config.json", 3_704),
    ("inference_model.json", 618),
)
TEXT_DIFF = """\
--- deployed
+++ new
@@ -3,5 +3,5 @@
   "PromptTemplate": {
-    "system": "<|im_start|>system\\n{Content}",
+    "system": "<|im_start|>system\\n{Content}<|im_end|>\\n",
     "user": "<|im_start|>user\\n{Content}<|im_end|>\\n",
"""
DIFF = Diff(
    (
        FileChange("inference_model.json", "changed", 608, 618),
        FileChange("model.onnx.data", "changed", 248_000_000, 196_400_000),
        FileChange("old_tokenizer.model", "removed", 499_000, None),
        FileChange("tokenizer.json", "added", None, 2_104_000),
    ),
    TEXT_DIFF,
)
VERDICTS = (
    Verdict("files", "Its files are complete", "ok", "8 files, 199 MB; every SHA-256 is the original's."),
    Verdict("sdk-loads", "The SDK loads it", "ok", "Foundry Local SDK 2.2.1 loaded it in 0.9 s."),
    Verdict(
        "sdk-answers",
        "The SDK gets an answer",
        "ok",
        "'Hello! What can you do?' → 'I can help you with your Fernlight lamp …' (24 tokens in 0.3 s)",
    ),
    Verdict("sdk-lists", "The SDK has it registered and lists it", "ok", f"{NAME}:1 is listed."),
    Verdict("scanner", "Foundry Local's scanner finds the folder", "ok", f"It is the model {NAME}:1."),
    Verdict(
        "command",
        "The foundry command lists it",
        "warn",
        "`foundry cache list` (0.10.2) shows 3 models, but not this one.",
        "Programs that use the Foundry Local SDK find it all the same.",
    ),
    Verdict("command-runs", "The foundry command runs it", "unchecked", "It does not list it.", ""),
)


def model(
    version: int = 1, *, name: str = NAME, status: str = "", checked: bool = True, **changed: Any
) -> DeployedModel:
    """A deployed model; with `status`, its verdict on loading is that."""
    folder = CACHE / "custom" / (name if version == 1 else f"{name}@{version}")
    verdicts = VERDICTS if checked else ()
    if status:
        bad = Verdict(
            "sdk-loads",
            "The SDK loads it",
            cast("Any", status),
            "model.onnx.data is gone.",
            "Deploy it anew.",
        )
        verdicts = (VERDICTS[0], bad)
    made = DeployedModel(
        name=name,
        version=version,
        model_id=f"{name}:{version}",
        path=folder,
        cache_dir=CACHE,
        bytes=199_000_000,
        registered=True,
        listed_by_scanner=True,
        folder=folder,
        model_dir=MODEL_DIR,
        method="link",
        deployed_at="2026-11-24T12:00:00+00:00",
        verdicts=verdicts,
        checked_at="2026-11-24T12:00:00+00:00" if checked else "",
    )
    return replace(made, **changed)


UNFINISHED = Unfinished(
    name="llama-3.2-1b",
    version=1,
    model_id="llama-3.2-1b:1",
    path=CACHE / "custom" / "llama-3.2-1b",
    folder=CACHE / "custom" / ".llama-3.2-1b.partial",
    cache_dir=CACHE,
    model_dir=Path("/srv/slmtui/models/llama-3.2-1b-int4"),
    method="copy",
    bytes=612_000_000,
    total_bytes=1_290_000_000,
    at="2026-11-24T12:00:00+00:00",
)
WHYS = (
    Why(
        CACHE / "Publisher",
        False,
        "",
        "holds one model in the folders below it, and is none itself",
        "",
        CACHE,
        looks_like_model=False,
    ),
    Why(
        CACHE / "Publisher/phi-4-mini/v5",
        True,
        "phi-4-mini-cpu:5",
        "is the model phi-4-mini-cpu:5 by the scanner's rules",
        "",
        CACHE,
        "phi-4-mini-cpu:5",
    ),
    Why(
        CACHE / "custom" / NAME,
        True,
        f"{NAME}:0",
        f"is the model {NAME}:0 by the scanner's rules (a Name without a version counts as version 0)",
        "",
        CACHE,
        f"{NAME}:1",
        True,
    ),
    Why(
        CACHE / "my-model",
        False,
        "",
        'is skipped: its inference_model.json says "name" where the runtime wants "Name"',
        'Add "Name": "my-model", written exactly like that.',
        CACHE,
    ),
    Why(
        CACHE / "half",
        False,
        "",
        "is skipped: download.tmp in it says that its download is not finished",
        "Let the download end; if none is running, delete it.",
        CACHE,
    ),
)


class FixedDepot(Depot):
    """Plans as it is told; a deployment goes on until it is let go."""

    def __init__(self) -> None:
        self.there = False
        self.failure: Failure | None = None
        self.wishes: list[Wish] = []
        self.plans: list[DeployPlan] = []
        self.models: tuple[DeployedModel, ...] = ()
        self.kept: tuple[Unfinished, ...] = ()
        self.whys = WHYS
        self.did: list[str] = []
        self.verdicts = VERDICTS
        self.may_go = threading.Event()
        self.may_go.set()

    def caches(self) -> tuple[CacheFolder, ...]:
        return CACHES

    def look(self, deployment: Deployment, wish: Wish) -> Prospect:
        self.wishes.append(wish)
        if wish.cache is None:
            return Prospect(wish, failure=Failure("Which folder?", "Name one."))
        exists = self.there and wish.version == 1
        method = wish.method or "link"
        target = wish.cache / "custom" / (NAME if wish.version == 1 else f"{NAME}@{wish.version}")
        plan = DeployPlan(
            MODEL_DIR,
            NAME,
            wish.version,
            CacheFolder(wish.cache, "given"),
            target,
            FILES,
            sum(count for _, count in FILES),
            196_400_000 if method in ("link", "symlink") else 0,
            76_100_000_000,
            exists,
            2048,
            method,
            "",
            DIFF if exists else None,
        )
        return Prospect(wish, plan, None, (1,) if self.there else ())

    def deploy(self, deployment: Deployment, plan: DeployPlan, cancel: Cancel) -> Service[Deployment]:
        self.plans.append(plan)
        yield Progress("copy", "Copying model.onnx.data, 49.8 MB of 199 MB", 0.25, 21.0)
        self._wait(cancel)
        if self.failure is not None:
            deployment.with_step("foundry", "failed", cause=self.failure.cause).save()
            raise self.failure
        yield from self.verdicts
        target = deployment.path.parent  # a folder that exists: what is gone is not shown as done
        return deployment.with_step(
            "foundry",
            "verified",
            target=str(target),
            model_id=plan.model_id,
            method=plan.method,
            version=plan.version,
            verdicts=jsonable(self.verdicts),
        ).save()

    def undeploy(self, deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
        self.did.append("undo")
        yield Progress("remove", "Taking it out", 0.0)
        return deployment.with_step("foundry", "waiting").save()

    def verify(self, deployment: Deployment, cancel: Cancel) -> Service[Deployment]:
        self.did.append("verify")
        yield from self.verdicts
        return deployment

    def deployed(self) -> tuple[DeployedModel, ...]:
        return self.models

    def unfinished(self) -> tuple[Unfinished, ...]:
        return self.kept

    def go_on(self, one: Unfinished, cancel: Cancel) -> Service[None]:
        self.did.append(f"go on {one.model_id}")
        yield Progress("copy", "Copying model.onnx.data, 120 MB of 199 MB", 0.3, 2.0)
        self.kept = ()

    def throw_away(self, one: Unfinished, cancel: Cancel) -> Service[None]:
        self.did.append(f"throw away {one.model_id}")
        yield Progress("remove", "Throwing it away", 0.0)
        self.kept = ()

    def verify_model(self, model: DeployedModel, cancel: Cancel) -> Service[tuple[Verdict, ...]]:
        self.did.append(f"verify {model.model_id}")
        yield Progress("load", "The Foundry Local SDK looks for it", 0.2)
        yield from self.verdicts[:2]
        self._wait(cancel)
        return self.verdicts

    def undeploy_model(self, model: DeployedModel, cancel: Cancel) -> Service[None]:
        self.did.append(f"undeploy {model.model_id}")
        yield Progress("remove", "Taking it out", 0.0)
        self.models = tuple(each for each in self.models if each != model)

    def serve(self, model: DeployedModel, cancel: Cancel) -> Service[None]:
        self.did.append(f"serve {model.model_id}")
        if self.failure is not None:
            raise self.failure
        yield Serving("http://127.0.0.1:5273/v1", model.model_id)
        while True:
            cancel.check()
            threading.Event().wait(0.01)

    def deployment_of(self, model: DeployedModel) -> Deployment:
        self.did.append(f"open {model.model_id}")
        return begun()

    def why_all(self, cache_dir: Path) -> tuple[Why, ...]:
        return self.whys if cache_dir == CACHE else ()

    def why(self, folder: Path) -> Why:
        if folder.name == "nowhere":
            raise Failure(f"There is no folder {folder}.", "Give a folder.")
        return Why(folder, False, "", "is not below any cache folder that is known", "Deploy it.", None)

    def _wait(self, cancel: Cancel) -> None:
        while not self.may_go.wait(0.01):
            cancel.check()


def begun() -> Deployment:
    """A deployment whose model is converted and has its template."""
    one = Deployment.new(NAME, Path("/srv/models/fernlight-support"))
    one = one.with_step("source", "verified", bytes=1)
    here = str(one.path.parent)  # what is gone is not shown as done
    one.path.parent.mkdir(parents=True, exist_ok=True)
    one = one.with_step("conversion", "verified", output=here, bytes=1, verdicts=[])
    return one.with_step("prompt", "verified", file=here)


def app_with(depot: Depot, mode: str = "deploy") -> SlmtuiApp:
    """slmtui, opened on one of the Deploy screens with this depot."""

    class BenchApp(SlmtuiApp):
        CSS_PATH = Path(slmtui.tui.app.__file__).with_name("app.tcss")
        MODES: ClassVar = {
            **SlmtuiApp.MODES,
            "deploy": lambda: DeployScreen(depot),
            "deployed": lambda: DeployedScreen(depot),
            "why": lambda: WhyScreen(depot),
        }
        DEFAULT_MODE = mode

    app = BenchApp()
    app.deployment = begun()
    return app
