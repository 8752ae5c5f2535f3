"""The prompt station: plan (derive), do (write `inference_model.json`), prove (read it back, compare)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from slmtui.config.files import write_atomic
from slmtui.config.originals import changed, content_of
from slmtui.deployment import check_name
from slmtui.events import Failure, Verdict
from slmtui.prompt import families
from slmtui.prompt.agreement import Comparison, compare
from slmtui.prompt.derive import Derivation, derive
from slmtui.prompt.inference_model import InferenceModel, Issue, ModelConfig, parse
from slmtui.prompt.issues import decode, readable
from slmtui.prompt.prompt_template import PromptTemplate
from slmtui.prompt.text_diff import unified
from slmtui.prompt.tokenizer_files import read_json

FILE_NAME = "inference_model.json"
DEFAULT_MAX_LENGTH = 2048
"""The tutorial's; less where the model's context is shorter."""

# A folder with one of these is a model's, before its conversion or after.
_MODEL_FILES = ("genai_config.json", "config.json", "tokenizer.json", "chat_template.jinja")
# Where the families of Hugging Face configurations keep the length of the context.
_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")


@dataclass(frozen=True, slots=True)
class TemplatePlan:
    """What would be written, and what is there already.

    `existing` is the text of the file that is there (None without one; undecodable bytes are replaced), and
    `existing_issues` what is wrong with it; `issues` is what is wrong with the new one. `context_length` is
    the model's, in tokens, None if its configuration does not say.
    """

    model_dir: Path
    inference_model: InferenceModel
    derivation: Derivation
    target: Path
    existing: str | None
    existing_issues: tuple[Issue, ...]
    issues: tuple[Issue, ...]
    context_length: int | None

    def check(self, text: str) -> tuple[InferenceModel | None, tuple[Issue, ...]]:
        """`parse` with this model's context length, for every key that is pressed."""
        return parse(text, self.context_length)

    def says(self, text: str) -> bool:
        """Whether the file that is there is this text, in an encoding that Foundry Local reads."""
        return text == self.existing and not any(one.severity == "error" for one in self.existing_issues)

    def diff(self, text: str) -> str:
        """What writing `text` would change in the file that is there: a unified diff, "" if it is the same.

        Without a file everything is new.
        """
        return unified(self.existing or "", text, FILE_NAME)

    def look_again(self) -> TemplatePlan:
        """The same plan with the file as it is now: other programs may have written it since.

        Raises:
            Failure: it cannot be read.
        """
        data = content_of(self.target)
        issues = () if data is None else parse(data, self.context_length)[1]
        return replace(self, existing=_text(data), existing_issues=issues)

    def comparisons(self, template: PromptTemplate) -> tuple[Comparison, ...]:
        """An edited template against what the chat template rendered; renders nothing anew."""
        return compare(template, self.derivation.probes)


def plan(model_dir: Path, name: str, family: str = families.AUTO) -> TemplatePlan:
    """Derive what belongs into `model_dir/inference_model.json` under `name`; writes nothing.

    `family` takes that family's strings instead of those derived.

    Raises:
        Failure: the name cannot be used, there is no such folder or family, or the chat template cannot be
            used.
    """
    check_name(name)
    if not model_dir.is_dir():
        raise Failure(f"There is no folder {model_dir}.", "Convert the model first, or correct the path.")
    if not any((model_dir / name).is_file() for name in _MODEL_FILES):
        raise Failure(
            f"{model_dir} is no model's folder: it has none of {', '.join(_MODEL_FILES)}.",
            "Give the folder of a converted model.",
        )
    derivation = derive(model_dir, family)
    context = context_length(model_dir)
    model = InferenceModel(
        name=name,
        description=_description(model_dir, name),
        prompt_template=derivation.template,
        model_config=ModelConfig(max_length=min(DEFAULT_MAX_LENGTH, context or DEFAULT_MAX_LENGTH)),
    )
    target = model_dir / FILE_NAME
    data = content_of(target)
    return TemplatePlan(
        model_dir=model_dir,
        inference_model=model,
        derivation=derivation,
        target=target,
        existing=_text(data),
        existing_issues=() if data is None else parse(data, context)[1],
        issues=parse(model.to_json(), context)[1],
        context_length=context,
    )


def write(plan: TemplatePlan, text: str | None = None) -> tuple[Verdict, ...]:
    """Write `text`, or what was derived, and prove it.

    Raises:
        Failure: nothing is written: the text has an error, the file is not the plan's `existing` any more,
            or the folder cannot be written.
    """
    text = plan.inference_model.to_json() if text is None else text
    _, issues = plan.check(text)
    error = next((issue for issue in issues if issue.severity == "error"), None)
    if error is not None:
        where = f"line {error.line}: " if error.line else ""
        raise Failure(f"{FILE_NAME} was not written: {where}{error.cause}", error.fix)
    if plan.look_again().existing != plan.existing:
        raise changed(plan.target)
    write_atomic(plan.target, text)
    return prove(plan)


def prove(plan: TemplatePlan) -> tuple[Verdict, ...]:
    """What to think of the file that is there: on the disk, whatever was meant to be written.

    Raises:
        Failure: it cannot be read.
    """
    written, issues = parse(content_of(plan.target) or b"", plan.context_length)
    if written is None:
        cause = issues[0].cause if issues else "it is empty"
        return (
            _valid("fail", f"{plan.target} was changed while it was written: {cause}", "Write it again."),
        )
    return _validity(plan, written, issues), _agreement(plan, written.prompt_template)


def context_length(model_dir: Path) -> int | None:
    """The model's context in tokens: what the runtime was told, else what the configuration says."""
    runtime = read_json(model_dir / "genai_config.json").get("model")
    if isinstance(runtime, dict) and (length := _length(runtime, ("context_length",))):
        return length
    config = read_json(model_dir / "config.json")
    text_config = config.get("text_config")
    nested = _length(text_config, _CONTEXT_KEYS) if isinstance(text_config, dict) else None
    return _length(config, _CONTEXT_KEYS) or nested


def _length(config: dict[str, Any], keys: tuple[str, ...]) -> int | None:
    values = (config.get(key) for key in keys)
    return next((v for v in values if isinstance(v, int) and not isinstance(v, bool) and v > 0), None)


def _description(model_dir: Path, name: str) -> str:
    precision = read_json(model_dir / "slmtui.json").get("precision")
    what = f"{name}, fine-tuned"
    return f"{what}, converted to {precision.upper()}" if isinstance(precision, str) else what


def _text(data: bytes | None) -> str | None:
    return None if data is None else decode(data)[0] or readable(data)


def _valid(status: Any, evidence: str, fix: str = "") -> Verdict:
    return Verdict("template-valid", f"{FILE_NAME} is valid", status, evidence, fix)


def _validity(plan: TemplatePlan, written: InferenceModel, issues: tuple[Issue, ...]) -> Verdict:
    if written.name.partition(":")[0] != plan.inference_model.name:
        return _valid(
            "warn",
            f"Its Name is {written.name}, but the deployment is called {plan.inference_model.name}.",
            "Give both the same name, or Foundry Local lists the model under another one.",
        )
    if issues:
        first = issues[0]
        line = f"line {first.line}: " if first.line else ""
        more = f" ({len(issues) - 1} more)" if len(issues) > 1 else ""
        return _valid("warn", f"{line}{first.cause}{more}", first.fix)
    return _valid("ok", f"{plan.target} reads as {written.name}, version {written.version}.")


def _agreement(plan: TemplatePlan, template: PromptTemplate) -> Verdict:
    """How the written template stands to the chat template.

    A difference is no failure: the newer runtime renders the chat template whatever this file says, and an
    older one may be meant to differ.
    """
    family = families.title(plan.derivation.family)

    def verdict(status: Any, evidence: str, fix: str = "") -> Verdict:
        return Verdict(
            "template-agrees", "PromptTemplate agrees with the chat template", status, evidence, fix
        )

    if not plan.derivation.probes:
        note = plan.derivation.notes[0] if plan.derivation.notes else "There is no chat template."
        return verdict(
            "warn",
            note,
            "Put the base model's chat_template.jinja beside the model, or write one that renders the same.",
        )
    comparisons = plan.comparisons(template)
    count = len(comparisons)
    if different := [c for c in comparisons if c.state == "differs"]:
        first = different[0]
        return verdict(
            "warn",
            f"{len(different)} of {count} conversations differ, the first ({first.probe.title}) "
            f"{first.difference}.",
            "Reset it to what was derived, or write the chat template that renders the same; leave it apart"
            " only where an older Foundry Local needs it so.",
        )
    limits = [c for c in comparisons if c.state in ("limited", "refused")]
    if limits:
        first = limits[0]
        why = first.probe.limit or f"the chat template refuses it: {first.probe.refusal}"
        return verdict(
            "warn",
            f"{count - len(limits)} of {count} conversations are identical ({family}); "
            f"PromptTemplate cannot express the rest ({first.probe.title}: {why}).",
            "Newer runtimes render the chat template and are not affected.",
        )
    return verdict(
        "ok", f"{count} of {count} conversations are identical, character by character ({family})."
    )
