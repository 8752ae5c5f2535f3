"""What the installed Olive itself says to configurations, without running them: for a process of its own.

Standard input is a JSON list of configurations; standard output a list of `{"refused": text or null,
"ignored": [key, …]}`, one each. The questions are those that `olive run` asks before its first pass.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from typing import Any

from olive.hardware import DEFAULT_CPU_ACCELERATOR
from olive.hardware.accelerator import AcceleratorSpec, Device
from olive.package_config import OlivePackageConfig
from olive.workflows.run.config import RunConfig


class _Ignored(logging.Handler):
    """Collects the keys that Olive says it ignores."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.keys: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if found := re.search(r"Keys \{(.*)\} are not part of", message):
            self.keys += re.findall(r"'([^']*)'", found[1])
        elif found := re.search(r"field '(.*)' is already defined", message):
            self.keys.append(found[1])


def ask(config: dict[str, Any], ignored: _Ignored) -> str | None:
    """What Olive refuses, or None."""
    try:
        run = RunConfig.model_validate(config)
        package = OlivePackageConfig.load_default_config()
        target = run.engine.target
        spec = DEFAULT_CPU_ACCELERATOR
        if target and target.config and target.config.accelerators:
            first = target.config.accelerators[0]
            if first.execution_providers:
                spec = AcceleratorSpec(Device((first.device or "cpu").lower()), first.get_ep_strs()[0])
        for alternatives in run.passes.values():
            for one in alternatives:
                cls = package.import_pass_module(one.type)
                final = cls.generate_config(spec, one.config, {}, not run.engine.search_strategy)
                if not run.engine.search_strategy and not cls.validate_config(final, spec):
                    return f"{one.type} is pruned"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def main() -> None:
    """Answer the one request."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    ignored = _Ignored()
    logging.getLogger("olive").addHandler(ignored)
    answers = []
    for config in json.load(sys.stdin):
        ignored.keys = []
        refused = ask(config, ignored)
        answers.append({"refused": refused, "ignored": sorted(set(ignored.keys))})
    json.dump(answers, out)
    out.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
