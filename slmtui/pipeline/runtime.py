"""The runtime station: an answer of the deployed model is recorded as its proof."""

from __future__ import annotations

from pathlib import Path

from slmtui.deployment import Deployment
from slmtui.events import Cancel, Failure, Service, Verdict
from slmtui.pipeline.record import model_dir, recording_failure
from slmtui.runtime.client import Answer, ModelHost
from slmtui.runtime.parameters import ChatParameters, Message
from slmtui.source import samples

GREETING = "Hello! What can you do?"


def record_answer(deployment: Deployment, question: str, answer: Answer) -> Deployment:
    """An answer from the deployed model is the runtime's proof; the first one is recorded."""
    if not answer.text.strip():
        return deployment
    return deployment.with_step(
        "runtime",
        "verified",
        question=question,
        answer=answer.text,
        ttft_seconds=round(answer.ttft_seconds, 4),
        decode_tokens_per_second=round(answer.decode_tokens_per_second, 1),
        peak_rss_bytes=answer.peak_rss_bytes,
    ).save()


def first_question(deployment: Deployment) -> str:
    """A question the model should be able to answer: the sample's own, else a greeting."""
    sample = samples.find(str(deployment.step("source").record.get("sample", "")))
    return sample.suggested_prompts[0] if sample and sample.suggested_prompts else GREETING


def chat_target(deployment: Deployment) -> Path:
    """The folder to chat with: the deployed one, else the converted one."""
    target = deployment.step("foundry").record.get("target")
    if deployment.step("foundry").state == "verified" and target and Path(target).is_dir():
        return Path(target)
    return model_dir(deployment)


def answer_once(deployment: Deployment, cancel: Cancel, question: str | None = None) -> Service[Deployment]:
    """Load the deployed model in a host, ask it one question and record the answer."""
    question = question or first_question(deployment)
    with (
        recording_failure(deployment, "runtime"),
        ModelHost(chat_target(deployment)) as host,
        cancel.calling(host.close),
    ):
        host.load(cancel)
        parameters = ChatParameters(max_tokens=64, temperature=0.0)
        answer = yield from host.chat([Message("user", question)], parameters, cancel)
        cancel.check()
        shown = " ".join(answer.text.split())[:200]
        verdict = Verdict(
            "answers",
            "The model answers",
            "ok" if shown else "fail",
            f"{question!r} → {shown!r}",
            "" if shown else "Look at the template: the model ended its turn at once.",
        )
        yield verdict
        if not shown:
            raise Failure("The model gave an empty answer.", verdict.fix)
    return record_answer(deployment, question, answer)
