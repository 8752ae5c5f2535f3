from __future__ import annotations

import json
from pathlib import Path

from slmtui.conversion.config import olive_config, worker_environment
from slmtui.conversion.recipe import recipe

CONFIG = olive_config(Path("in"), recipe("int4"), Path("out"), Path("cache"))


def test_the_configuration_is_json() -> None:
    assert json.loads(json.dumps(CONFIG)) == CONFIG


def test_no_code_from_the_models_folder_is_run() -> None:
    assert CONFIG["passes"]["builder"]["extra_options"]["hf_remote"] is False


def test_the_options_are_those_that_olive_reads() -> None:
    builder = CONFIG["passes"]["builder"]
    assert builder["int4_block_size"] == 32
    assert "quantization_config" not in builder  # Olive ignores it without a word


def test_rendering_does_not_change_the_recipe() -> None:
    assert "extra_options" not in recipe("int4").passes["builder"]


def test_the_worker_is_offline_silent_and_keeps_to_its_staging_folder(tmp_path: Path) -> None:
    environment = worker_environment(tmp_path)
    assert environment["HF_HUB_OFFLINE"] == environment["OLIVE_DISABLE_TELEMETRY"] == "1"
    for variable in ("HF_HOME", "HF_HUB_CACHE", "TMPDIR", "TEMP", "TMP", "OLIVE_TELEMETRY_CACHE_DIR"):
        assert Path(environment[variable]).is_relative_to(tmp_path)
