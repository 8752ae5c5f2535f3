"""The conversion worker: the process in which Olive runs.

It imports everything before it looks for its one request, so that it can be started before there is one.

Request: `{"steps", "config", "temporary"}`; `config` is Olive's, and `steps` make the checkpoint that it
names, where the source is none that Olive can read (`checkpoints.py`); `temporary` is a folder.
Replies: `stage` (`stage`) as the work reaches one that prints nothing itself, then
`converted` (`files`: what each ONNX file in the output holds, see `onnx_inventory`; `peak_rss_bytes`).
What Olive prints is the log, and the parent reads the rest of the progress from it.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
from pathlib import Path

from slmtui.child import Link, run
from slmtui.conversion import imports_shim


def main(link: Link) -> None:
    """Import what is needed, then convert what the one request asks for."""
    _import()
    request = link.receive()
    if request is None:
        return
    config = request["config"]
    output = Path(config["output_dir"])
    _write_temporary_files_to(request["temporary"])
    from olive.workflows import run as run_olive

    from slmtui.conversion import cache_shim, memory_shim, rope_shim

    if request["steps"]:
        from slmtui.conversion.preparing import prepare

        link.send("stage", stage="unpack")
        prepare(request["steps"])
    rope_shim.apply()
    memory_shim.apply()
    if "calibration.py" in str(config.get("passes")):
        # Olive loads it by its path, too: an error in it shows here before the checkpoint is loaded.
        from slmtui.conversion import calibration  # noqa: F401
    _say_what_is_quantized()
    with cache_shim.spared(Path(config["cache_dir"])):
        run_olive(config)

    from slmtui.conversion.onnx_inventory import inventory

    files = {path.name: inventory(path) for path in sorted(output.glob("*.onnx"))}
    link.send("converted", files=files, peak_rss_bytes=_peak_rss_bytes())


def _import() -> None:
    """Import everything now; what is missing shows when it is needed.

    Collecting garbage finds none among two million objects that stay: a tenth of the time.
    """
    gc.disable()
    imports_shim.import_all()
    gc.enable()
    gc.freeze()


def _write_temporary_files_to(folder: str) -> None:
    """They may be as large as the model, so they go to the output's disk."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        os.environ[name] = folder
    tempfile.tempdir = None


class _Quantizing(logging.Filter):
    """Turns the quantizer's log into one line a weight; it speaks of every node it leaves alone, too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep warnings, and the weights; drop the rest."""
        message = record.getMessage()
        if message.startswith("start to quantize /"):
            record.msg, record.args = f"Quantizing {message.split()[3]}", ()
            return True
        return record.levelno >= logging.WARNING


def _say_what_is_quantized() -> None:
    """Quantizing is the longest stage, and silent unless its logger is asked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Quantizing())
    logger = logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False


def _peak_rss_bytes() -> int:
    """The most memory this process ever held, as the operating system counts it."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset
    else:  # noqa: RET505  (a type checker follows the platform only through an else)
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    run(main)
