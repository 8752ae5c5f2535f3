"""A GGUF file by the real tool chain: unpacked, converted, and nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path

from slmtui.conversion.convert import convert
from slmtui.conversion.plan import plan
from slmtui.events import Cancel, Progress, drain
from slmtui.runtime.client import ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source.inspect import inspect
from slmtui.source.tokenizer_files import read_chat_template


def test_smollm2_is_converted_from_gguf_and_knows_the_capital_of_france(
    smollm2: Path, tmp_path: Path
) -> None:
    source = inspect(smollm2)
    planned = plan(source, tmp_path / "out")
    stages: list[str] = []
    service = convert(planned, Cancel())
    for event in service:
        if isinstance(event, Progress) and event.stage not in stages:
            stages.append(event.stage)
        if stages[-1:] == ["load"]:
            break
    result = drain(service)
    assert stages == ["start", "unpack", "load"]
    assert list(tmp_path.glob(".out*")) == []
    assert {verdict.status for verdict in result.verdicts} == {"ok"}
    assert abs(planned.output_bytes / result.bytes - 1) < 0.03
    assert read_chat_template(result.output)[0] == source.chat_template
    config = json.loads((result.output / "genai_config.json").read_text(encoding="utf-8"))
    assert config["model"]["context_length"] == source.context_length
    with ModelHost(result.output) as host:
        host.load()
        answer = drain(
            host.chat(
                [Message("user", "What is the capital of France?")],
                ChatParameters(max_tokens=24, temperature=0.0),
                Cancel(),
            )
        )
    assert "Paris" in answer.text
