"""Settings are the user's file: nothing in it is lost, and nothing in it can stop the program."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from slmtui.config import settings
from slmtui.config.locations import settings_file
from slmtui.config.settings import Settings
from slmtui.events import Failure


def wrote(text: str | bytes) -> Path:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_without_a_file_the_defaults_hold_and_none_is_made():
    assert settings.load() == (Settings(theme="slmtui-dark"), None)
    assert not settings_file().exists()


def test_what_is_saved_is_loaded():
    assert settings.save(theme="nord") == Settings(theme="nord")
    assert settings.load() == (Settings(theme="nord"), None)


def test_unknown_keys_and_comments_stay():
    before = '# mine\ntheme = "nord"  # for the evening\nfuture = [1, 2]\n\n[toolchain]\npython = "python3"\n'
    path = wrote(before)
    settings.save(theme="gruvbox")
    assert path.read_text(encoding="utf-8") == before.replace("nord", "gruvbox")


def test_a_new_key_does_not_land_in_the_last_table():
    wrote('[toolchain]\npython = "python3"\n')
    settings.save(theme="nord")
    assert settings.load()[0].theme == "nord"
    assert 'python = "python3"' in settings_file().read_text(encoding="utf-8")


def test_a_byte_order_mark_is_no_harm():
    wrote(b'\xef\xbb\xbftheme = "nord"\r\n')
    assert settings.load() == (Settings(theme="nord"), None)


@pytest.mark.parametrize(
    "damage", ['theme = "no', "theme = 'a'\ntheme = 'b'\n", b"theme = '\xff\xfe'", "= 3"]
)
def test_a_damaged_file_is_told_and_survived(damage: str | bytes):
    path = wrote(damage)
    loaded, problem = settings.load()
    assert loaded == Settings()
    assert problem is not None
    assert str(path) in problem.cause
    assert "settings.toml.broken" in problem.fix


def test_a_damaged_file_is_kept_before_a_new_one_is_written():
    path = wrote(b"theme = '\xff\xfe'")
    settings.save(theme="nord")
    assert settings.load() == (Settings(theme="nord"), None)
    assert path.with_name("settings.toml.broken").read_bytes() == b"theme = '\xff\xfe'"


def test_a_second_damaged_file_does_not_replace_the_first_one_kept():
    for number, damage in enumerate(("= 1", "= 2"), 1):
        path = wrote(damage)
        settings.save(theme=f"theme-{number}")
    assert path.with_name("settings.toml.broken").read_text() == "= 1"
    assert path.with_name("settings.toml.broken-2").read_text() == "= 2"


def test_a_value_of_the_wrong_kind_is_told_and_the_default_holds():
    wrote("theme = 3\nother = 1\n")
    loaded, problem = settings.load()
    assert loaded == Settings()
    assert problem is not None
    assert "theme has to be text, not 3" in problem.cause


def test_a_setting_that_does_not_exist_is_a_mistake_in_the_program():
    with pytest.raises(TypeError):
        settings.save(colour="red")
    assert not settings_file().exists()


def test_a_folder_in_the_files_place_is_told_and_left_alone():
    settings_file().mkdir(parents=True)
    loaded, problem = settings.load()
    assert loaded == Settings()
    assert problem is not None
    with pytest.raises(Failure, match=r"settings\.toml"):
        settings.save(theme="nord")
    assert settings_file().is_dir()


def test_a_link_to_the_file_stays_a_link(tmp_path: Path):
    real = tmp_path / "dotfiles" / "slmtui.toml"
    real.parent.mkdir()
    real.write_text('theme = "nord"\n', encoding="utf-8")
    settings_file().parent.mkdir(parents=True)
    try:
        settings_file().symlink_to(real)
    except OSError:
        pytest.skip("this system lets only administrators make links")
    settings.save(theme="gruvbox")
    assert settings_file().is_symlink()
    assert real.read_text(encoding="utf-8") == 'theme = "gruvbox"\n'


def test_a_save_that_fails_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch):
    path = wrote('theme = "nord"\n')

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Failure, match="No space left"):
        settings.save(theme="gruvbox")
    assert path.read_text(encoding="utf-8") == 'theme = "nord"\n'
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_many_threads_may_save_at_once():
    threads = [threading.Thread(target=settings.save, kwargs={"theme": f"theme-{n}"}) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded, problem = settings.load()
    assert loaded.theme in {f"theme-{n}" for n in range(8)}
    assert problem is None
