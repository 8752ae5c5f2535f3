"""The options of a conversion, declared once: the form's field, the flag, the help, the check of a value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from slmtui.events import Failure

Precision: TypeAlias = Literal["fp32", "fp16", "int8", "int4"]
Value: TypeAlias = str | int | bool
Kind: TypeAlias = Literal["choice", "number", "yes/no", "file"]

_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    `key` is what `--option KEY=VALUE` calls it. `choices` are all the values it may have, empty for a file.
    `default` is its value where a preset says nothing. `precisions` are those it means something for; a key
    whose choices differ by precision is declared once for each. `olive` names what it becomes there.
    """

    key: str
    title: str
    kind: Kind
    choices: tuple[Value, ...]
    default: Value
    precisions: tuple[Precision, ...]
    olive: str
    help: str

    def read(self, text: str) -> Value:
        """The value that `text`, as a person types it, stands for; a file's is its absolute path.

        Raises:
            Failure: it stands for none of the choices.
        """
        text = text.strip()
        value: Value | None = text
        if self.kind == "yes/no":
            value = _BOOLEANS.get(text.lower())
        elif self.kind == "number":
            value = int(text) if text.isdecimal() else None
        elif self.kind == "choice":
            value = text.lower()
        elif text:
            value = str(Path(text).expanduser().absolute())
        if value is None or (self.choices and value not in self.choices):
            possible = ", ".join(spelled(choice) for choice in self.choices)
            raise Failure(f"The option {self.key} cannot be {text!r}.", f"Take one of: {possible}.")
        return value


def spelled(value: Value) -> str:
    """A value as it is typed after `--option KEY=`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# Bits of the embeddings and of the output layer; "no" leaves them FP32.
_BITS4: tuple[Value, ...] = ("no", "4", "8")
_BITS8: tuple[Value, ...] = ("no", "8")

OPTIONS: tuple[Option, ...] = (
    Option(
        "share_embeddings",
        "Shared embeddings",
        "yes/no",
        (False, True),
        False,
        ("fp32", "fp16"),
        "GraphSurgeries TieWordEmbeddings",
        "Models whose output layer is tied to the embeddings store both once: smaller by the embeddings, with"
        " the same answers; it takes more memory to make.",
    ),
    Option(
        "algorithm",
        "Algorithm",
        "choice",
        ("rtn", "dynamic"),
        "rtn",
        ("int8",),
        "the pass Rtn or OnnxDynamicQuantization",
        "rtn rounds the weights in blocks. dynamic has one scale a matrix and rounds the activations too: the"
        " fastest, and much further from the source.",
    ),
    Option(
        "algorithm",
        "Algorithm",
        "choice",
        ("rtn", "rtn_mixed", "k_quant_last", "k_quant_mixed", "gptq"),
        "rtn",
        ("int4",),
        "ModelBuilder int4_algo_config, or the passes SelectiveMixedPrecision and Gptq",
        "rtn rounds to the nearest. rtn_mixed keeps the layers that matter most in 8 bits. k_quant_* search"
        " the best scale of each block, and keep the output layer (last) or those layers too (mixed) in 8"
        " bits. gptq evens the errors out over a text of yours (calibration_text); it takes long.",
    ),
    Option(
        "calibration_text",
        "Calibration text",
        "file",
        (),
        "",
        ("int4",),
        "Gptq data_config",
        "A UTF-8 text of the kind the model is meant for, for gptq. Nothing is downloaded.",
    ),
    Option(
        "block_size",
        "Block size",
        "number",
        (16, 32, 64, 128, 256),
        32,
        ("int8", "int4"),
        "ModelBuilder int4_block_size, Rtn and Gptq group_size",
        "How many weights share one scale. Smaller blocks follow the weights better and take more room.",
    ),
    Option(
        "symmetric",
        "Symmetric",
        "yes/no",
        (True, False),
        True,
        ("int8", "int4"),
        "ModelBuilder int4_is_symmetric, Rtn and Gptq sym",
        "Whether zero lies in the middle of each block's range. If not, each block has a zero point, too: a"
        " little larger, and mostly closer to the source.",
    ),
    Option(
        "accuracy_level",
        "Accuracy level",
        "number",
        (1, 2, 3, 4),
        4,
        ("int8", "int4"),
        "ModelBuilder int4_accuracy_level",
        "What the products are computed in at least: 1 FP32, 2 FP16, 3 BF16, 4 INT8. Only INT8 is fast where"
        " weights have 8 bits: SmolLM2 went from 78 to 2 tokens a second with FP32, and hardly any closer.",
    ),
    Option(
        "quantize_embeddings",
        "Embeddings",
        "choice",
        _BITS8,
        "8",
        ("int8",),
        "Rtn embeds",
        "The bits of the embeddings. Those of a tied output layer are stored once if both are 8.",
    ),
    Option(
        "quantize_embeddings",
        "Embeddings",
        "choice",
        _BITS4,
        "no",
        ("int4",),
        "Rtn embeds",
        "The bits of the embeddings: a third of a small model's weights, a tenth of a large one's. Those of a"
        " tied output layer are stored once if both have the same bits.",
    ),
    Option(
        "quantize_head",
        "Output layer",
        "choice",
        _BITS8,
        "8",
        ("int8",),
        "Rtn lm_head",
        "The bits of the output layer.",
    ),
    Option(
        "quantize_head",
        "Output layer",
        "choice",
        _BITS4,
        "4",
        ("int4",),
        "Rtn lm_head, ModelBuilder int4_nodes_to_exclude",
        "The bits of the output layer. 8 keep most of what 4 lose there.",
    ),
)


def options_of(precision: Precision) -> tuple[Option, ...]:
    """The options that mean something for a precision."""
    return tuple(option for option in OPTIONS if precision in option.precisions)
