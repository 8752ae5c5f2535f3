"""A stand-in for the Foundry Local SDK, a small model folder, and a way to die at a chosen step.

The stand-in keeps the registrations in the same file as the SDK. It says what it is asked about in `calls`;
`trouble` makes it fail at one of them. What the real SDK does is tested in `tests/real/foundry`.

Run as a script it is killed on the way: `stand_in.py MODULE:FUNCTION before|after NTH DEED[+METHOD] …`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any, ClassVar, Self

from slmtui.events import Cancel, Failure, Service, Usage, drain
from slmtui.foundry import deploy, partial, prove, repair, sdk, undeploy
from slmtui.foundry.deployed import DeployedModel, find
from slmtui.foundry.index import INDEX, INDEX_LOCK

TEMPLATE = {
    "system": "S{Content}\n",
    "user": "U{Content}\n",
    "assistant": "A{Content}\n",
    "prompt": "U{Content}\nA",
}


class StandInSdk:
    calls: ClassVar[list[str]] = []
    trouble: ClassVar[dict[str, Failure]] = {}
    said: ClassVar[str] = "Hello, I am a stand-in."
    version = "2.2.1"

    def __init__(self, cache_dir: Path, cancel: Cancel | None = None) -> None:
        self._file = cache_dir / INDEX
        self.log = Path("log")
        self._do("open")
        cache_dir.mkdir(parents=True, exist_ok=True)
        (cache_dir / INDEX_LOCK).touch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._do("close")

    def close(self) -> None:
        self._do("close")

    def models(self) -> tuple[sdk.Registered, ...]:
        return tuple(sdk.Registered(k, Path(v)) for k, v in self._read().items())

    def register(self, model_id: str, folder: Path, display_name: str) -> None:
        self._do("register")
        assert model_id not in self._read()
        assert (folder / "genai_config.json").is_file()
        self._write(self._read() | {model_id: str(folder)})

    def unregister(self, model_id: str) -> None:
        self._do("unregister")
        self._write({k: v for k, v in self._read().items() if k != model_id})

    def load(self, model_id: str) -> Service[sdk.SdkLoaded]:
        self._do("load")
        yield Usage(1, 1.0)
        return sdk.SdkLoaded(0.5, 512)

    def answer(self, model_id: str, messages: Any, max_output_tokens: int) -> Service[sdk.SdkAnswer]:
        self._do("answer")
        yield Usage(1, 1.0)
        return sdk.SdkAnswer(self.said, 5, 6, 0.1, 0.2, "stop")

    def _do(self, call: str) -> None:
        self.calls.append(call)
        if call in self.trouble:
            raise self.trouble[call]

    def _read(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        models = json.loads(self._file.read_text("utf-8"))["models"]
        return {model["model_info"]["id"]: model["model_path"] for model in models}

    def _write(self, models: dict[str, str]) -> None:
        listed = [{"model_info": {"id": k}, "model_path": v} for k, v in models.items()]
        self._file.write_text(json.dumps({"version": 2, "models": listed}), "utf-8")


def install() -> None:
    """Put the stand-in where the station uses the SDK."""
    StandInSdk.calls.clear()
    StandInSdk.trouble.clear()
    StandInSdk.said = "Hello, I am a stand-in."
    for module in (prove, repair):
        module.FoundrySdk = StandInSdk  # type: ignore[assignment,misc]


def make_model(folder: Path, weights: bytes = b"weights" * 300_000) -> Path:
    """A folder that looks like a converted model with its template; the data is 2 MB."""
    folder.mkdir(parents=True)
    config = {"model": {"context_length": 512, "decoder": {"filename": "model.onnx"}}}
    (folder / "genai_config.json").write_text(json.dumps(config), "utf-8")
    (folder / "model.onnx").write_bytes(b"graph")
    (folder / "model.onnx.data").write_bytes(weights)
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    (folder / "slmtui.json").write_text("{}", "utf-8")
    template = {"Name": "something-else", "PromptTemplate": TEMPLATE, "ModelConfig": {"max_length": 512}}
    (folder / "inference_model.json").write_text(json.dumps(template), "utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything below `folder`, bytes of files and None for folders; empty if there is no such folder."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


def _die_at(place: str, when: str, nth: int) -> None:
    """Make the process end at once, as by kill -9, before or after the nth call of a function."""
    module_name, _, path = place.partition(":")
    *owners, function_name = path.split(".")
    owner: Any = importlib.import_module(module_name)
    for name in owners:
        owner = getattr(owner, name)
    original = getattr(owner, function_name)
    count = 0

    def deadly(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        if count == nth and when == "before":
            os._exit(9)
        result = original(*args, **kwargs)
        if count == nth:
            os._exit(9)
        return result

    setattr(owner, function_name, deadly)


def _main(place: str, when: str, nth: str, deed: str, model_dir: str, cache_dir: str) -> None:
    install()
    _die_at(place, when, int(nth))
    deed, _, method = deed.partition("+")
    if deed == "undeploy":
        model = find("small")
        assert isinstance(model, DeployedModel)
        drain(undeploy.undeploy(model, Cancel()))
    else:
        # Everything that was copied is worth keeping to this process.
        partial.WORTH_KEEPING_BYTES = 1 if deed == "resume" else partial.WORTH_KEEPING_BYTES
        how: Any = method or None
        plan = deploy.plan(Path(model_dir), "small", Path(cache_dir), method=how, replace=deed == "replace")
        drain(deploy.deploy(plan, Cancel()))


if __name__ == "__main__":
    _main(*sys.argv[1:])
