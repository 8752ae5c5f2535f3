"""Runs in a process of its own: conversations as transformers and onnxruntime-genai make them.

Standard input: `[{"folder", "conversations": [{"messages", "open_answer", "prompt_template"}, …]}, …]`.
Standard output: for each entry what `truth_worker.Both.look` makes of each conversation.
"""

from __future__ import annotations

import json
import os
import sys

from slmtui.prompt.truth_worker import Both


def main() -> None:
    results = []
    for entry in json.load(sys.stdin):
        both = Both(entry["folder"])
        results.append(
            [both.look(c["messages"], c["open_answer"], c["prompt_template"]) for c in entry["conversations"]]
        )
    print(json.dumps(results))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
