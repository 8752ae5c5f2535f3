"""The known failures of a conversion, as data: what the log says, the cause, and the fix.

The texts are those of Olive 0.13.0, onnxruntime-genai 0.14.1, transformers 5.23.0 and torch 2.13, provoked
one by one where this is possible; the rest (of Windows, of an old system) are as their sources write them.
"""

from __future__ import annotations

from dataclasses import dataclass

_DOCTOR = "`slmtui doctor` shows the tested versions and how to install them."
_LINT = "`slmtui lint FILE` shows what Olive takes."
_FETCH_AGAIN = "Fetch the checkpoint again, or save it again with `save_pretrained`."
_SUPPORTED = "Take a model of a supported architecture, such as Llama, Qwen2, Qwen3, Phi-3 or Mistral."


@dataclass(frozen=True, slots=True)
class Known:
    """A known failure: texts in the log (regular expressions), its cause and its fix; {0} is a group."""

    said: tuple[str, ...]
    cause: str
    fix: str


# The first that matches is taken.
KNOWN = (
    Known(
        (
            r"No space left on device",
            r"There is not enough space on the disk",
            r"\[Errno (?:27|28|122)\]",
            r"\[WinError 112\]",
            r"\(os error 28\)",
        ),
        "The output's disk was full before the model was written.",
        "Free some room, or choose an output folder on another disk.",
    ),
    Known(
        (
            r"MemoryError",
            r"can't allocate memory",
            r"std::bad_alloc",
            r"\(os error 12\)",
            r"not enough memory",
            r"\[WinError 1455\]",
        ),
        "There was not enough memory to convert this model.",
        "Close other programs, or take a smaller model; then try again.",
    ),
    Known(
        (r"FP16 is not supported on CPU",),
        "The model builder writes no FP16 models for the CPU.",
        "Take another precision.",
    ),
    Known(
        (r"KeyError: <Precision\.(\w+)",),
        "The model builder knows no precision {0}; Olive let it through.",
        "Take another precision.",
    ),
    Known(
        (
            r"Hugging Face details not found in extra_options",
            r"No module named 'onnxruntime_genai\.models\.quantized_model'",
        ),
        "This release of onnxruntime-genai does not work with this release of Olive.",
        f"Install the tested pair. {_DOCTOR}",
    ),
    Known(
        (r"The (\S+) quantized model is not currently supported\.",),
        "The checkpoint is quantized already ({0}), in a way that the model builder cannot read.",
        "Take the checkpoint that it was quantized from, in FP32, FP16 or BF16.",
    ),
    Known(
        (r"The .+ model is not currently supported\.",),
        "The model builder does not know this model's architecture.",
        _SUPPORTED,
    ),
    Known(
        (r"has model type `([^`]+)` but Transformers does not recognize",),
        "This release of transformers does not know the model type {0}.",
        _SUPPORTED,
    ),
    Known(
        (r"GGUF model with architecture (\S+) is not supported",),
        "transformers cannot read GGUF files of the architecture {0}.",
        "Take the model's Hugging Face checkpoint in place of the GGUF file.",
    ),
    Known(
        (r"has no attribute 'rope_local_base_freq'",),
        "This release of onnxruntime-genai cannot read Gemma 3 as this release of transformers presents it.",
        "Take another model; Gemma 2 works.",
    ),
    Known(
        (r"The (\S+) activation function is not currently supported\.",),
        "The model builder cannot write the activation function {0}.",
        _SUPPORTED,
    ),
    Known(
        (r"(?s)\bACT2FN\[.*?\nKeyError: '([^']+)'",),
        "config.json asks for the activation function {0}, which transformers does not know.",
        f"Mend hidden_act (or hidden_activation) in config.json. {_FETCH_AGAIN}",
    ),
    Known(
        (r"(?s)ROPE_INIT_FUNCTIONS\[.*?\nKeyError: '([^']+)'",),
        "config.json asks for rotary positions of the kind {0}, which transformers does not know.",
        f"Mend rope_type in rope_parameters (or rope_scaling) of config.json. {_FETCH_AGAIN}",
    ),
    Known(
        (r"Missing required keys in `rope_parameters` for 'rope_type'='(\w+)': \{(.+?)\}",),
        "config.json asks for rotary positions of the kind {0} and leaves {1} out.",
        f"Complete rope_parameters (or rope_scaling) in config.json. {_FETCH_AGAIN}",
    ),
    Known(
        (r"TypeError: Field '(\w+)' expected (.+?), got \w+ \(value: (.+)\)",),
        "config.json says {0} {2}; {1} belongs there.",
        f"Mend {{0}} in config.json. {_FETCH_AGAIN}",
    ),
    Known(
        (r"`num_hidden_layers` \((-?\d+)\) must be equal to the number of `layer_types` \((\d+)\)",),
        "config.json contradicts itself: num_hidden_layers is {0}, and layer_types names {1} layers.",
        f"Let both say how many layers the weights hold. {_FETCH_AGAIN}",
    ),
    Known(
        (r"trust_remote_code", r"contains custom code"),
        "The model needs Python code that came with it, and slmtui does not run code from a model.",
        "Take a model whose architecture is part of transformers.",
    ),
    Known(
        (r"You set `ignore_mismatched_sizes` to `False`", r"size mismatch for "),
        "The shapes of the weights do not fit config.json.",
        f"config.json and the weights come from different models. {_FETCH_AGAIN}",
    ),
    Known(
        (r"SafetensorError", r"Error while deserializing header"),
        "A safetensors file of the checkpoint is damaged.",
        _FETCH_AGAIN,
    ),
    Known(
        (r"tokenization_utils", r"Couldn't instantiate the backend tokenizer", r"Can't load tokenizer"),
        "The tokenizer of the checkpoint cannot be read.",
        "Copy tokenizer.json and tokenizer_config.json from the model this one was fine-tuned from.",
    ),
    Known(
        (r"Package configuration for pass of type '([^']+)' not found",),
        "Olive knows no pass of the type {0}.",
        f"Correct it. {_LINT}",
    ),
    Known(
        (r"Surgeon '([^']+)' does not exist",),
        "Olive knows no graph surgery of the name {0}.",
        f"Correct it. {_LINT}",
    ),
    Known(
        (
            (
                r"validation errors? for (\w+?)(?:Config)?\n([\w.]+?)(?:\.[`\w-]+\[.*?\]`?)?\n\s*(.+?)"
                r" \[type=\w+, input_value=(.+?), input_type"
            ),
        ),
        "Olive refuses the value {3} of {1} in {0}: {2}.",
        f"Correct it. {_LINT}",
    ),
    Known(
        (r"in_features (\d+) must be divisible by group_size (\d+)",),
        "Blocks of {1} weights do not fit this model, which has rows of {0}.",
        "Choose a block size that divides it, such as 16 or 32.",
    ),
    Known(
        (r"(The calibration text has only \d+ tokens; it needs \d+)\.",),
        "{0}.",
        "Take a longer text, some pages of what the model will be asked.",
    ),
    Known(
        (r"No module named 'datasets'",),
        "This pass wants to fetch a data set to calibrate with, and slmtui fetches nothing unasked.",
        "Choose the algorithm gptq with a text of your own: --option calibration_text=FILE.",
    ),
    Known(
        (r"It looks like the config file at '([^']+)' is not a valid JSON file",),
        "{0} is no valid JSON.",
        _FETCH_AGAIN,
    ),
    Known(
        (
            r"OfflineModeIsEnabled: Cannot reach (https?://\S+?):",
            r"(?:couldn't|could not) connect to '(https?://[^']+)'",
            r"Repo id must be in the form .*: '([^']+)'",
        ),
        "The conversion wanted something that is not in the checkpoint: {0}. It runs offline.",
        f"The checkpoint is not whole, or the configuration names another model. {_FETCH_AGAIN}",
    ),
    Known(
        (r"Message onnx\.ModelProto exceeds maximum protobuf size of 2GB", r"ModelProto .*2 ?GiB limit"),
        "The model is larger than the 2 GB that fit into one ONNX file, and this pass writes one.",
        "Set save_as_external_data to true in each pass of the configuration.",
    ),
    Known(
        (r"Weights only load failed", r"serious vulnerability issue in `torch\.load`"),
        "The checkpoint's pickled weights hold more than tensors, or cannot be read safely.",
        "Take the checkpoint in safetensors.",
    ),
    Known(
        (r"DLL load failed while importing (\w+)",),
        "A library of Windows that {0} needs is missing.",
        "Install the Visual C++ Redistributable 2015-2022 (vc_redist.x64) from Microsoft, then try again.",
    ),
    Known(
        (r"version `(GLIBC(?:XX)?_[\d.]+)' not found",),
        "The system's C library is too old for the tool chain: {0} is missing.",
        "Use a newer release of the system, or a container of one.",
    ),
    Known(
        (r"numpy\.dtype size changed", r"compiled using NumPy 1\.x cannot be run in NumPy"),
        "A package was built for another release of NumPy than the one that is installed.",
        _DOCTOR,
    ),
    Known(
        (r"\[WinError 32\]",),
        "Another program holds a file that was being written; mostly, that is a virus scanner.",
        "Exclude the output folder from its scan, and try again.",
    ),
    Known(
        (r"\[WinError 206\]", r"\[Errno 36\]"),
        "A path became longer than the system allows.",
        "Choose an output folder with a shorter path.",
    ),
    Known(
        (r"\[Errno 24\]",),
        "The process had more files open than the system allows.",
        "Raise the limit (ulimit -n), and try again.",
    ),
    Known(
        (r"cannot import name '([^']+)' from '(\w+)",),
        "The packages of the tool chain do not go together: {1} has no {0}.",
        _DOCTOR,
    ),
    Known(
        (r"No module named '([^']+)'",),
        "The tool chain is not whole: the Python package {0} is missing.",
        _DOCTOR,
    ),
    Known(
        (r"PermissionError: .*?'([^']+)'",),
        "The file {0} may not be read or written.",
        "Check its permissions, or choose another output folder.",
    ),
)
