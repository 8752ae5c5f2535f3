"""The stations in order: source → conversion → prompt → foundry → runtime, and the machine they run on.

The only place that knows them all. Every function here takes a `Deployment`, does one station's work
(plan → do → prove) and records what came out; the screens and the command line call nothing else for it.
Each station has a file; who uses them sees one module.
"""

from slmtui.pipeline.conversion import DEFAULT_PRECISION, conversion_plan, convert, default_output, make_model
from slmtui.pipeline.foundry import deploy, deploy_plan, undeploy
from slmtui.pipeline.machine import (
    Chosen,
    PlanStarted,
    build_toolchain,
    chosen,
    chosen_for,
    examine,
    mend,
    remove_toolchain,
)
from slmtui.pipeline.prompt import template_plan, write_template
from slmtui.pipeline.record import as_it_stands, model_dir
from slmtui.pipeline.run import StationStarted, run
from slmtui.pipeline.runtime import GREETING, answer_once, chat_target, first_question, record_answer
from slmtui.pipeline.source import begin, fetch, record_source, source_of

__all__ = [
    "DEFAULT_PRECISION",
    "GREETING",
    "Chosen",
    "PlanStarted",
    "StationStarted",
    "answer_once",
    "as_it_stands",
    "begin",
    "build_toolchain",
    "chat_target",
    "chosen",
    "chosen_for",
    "conversion_plan",
    "convert",
    "default_output",
    "deploy",
    "deploy_plan",
    "examine",
    "fetch",
    "first_question",
    "make_model",
    "mend",
    "model_dir",
    "record_answer",
    "record_source",
    "remove_toolchain",
    "run",
    "source_of",
    "template_plan",
    "undeploy",
    "write_template",
]
