"""Theme files are read forgivingly: what is wrong is told, and never ends the program."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest
from textual.app import App, ComposeResult
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Button, DataTable, Footer, Input, Link, Markdown, OptionList

from slmtui.config import themes
from slmtui.config.locations import shipped_dir, user_themes_dir

GOOD = 'name = "mine"\nprimary = "#3366cc"\n'


def own(name: str, text: str | bytes) -> Path:
    path = user_themes_dir() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def by_name() -> dict[str, themes.ThemeFile]:
    return {theme.name: theme for theme in themes.load_all()[0]}


def causes() -> str:
    return "\n".join(problem.cause for problem in themes.load_all()[1])


def test_the_shipped_themes_are_there_without_any_of_the_users():
    found, problems = themes.load_all()
    assert {"slmtui-dark", "slmtui-light"} < {theme.name for theme in found}
    assert {theme.path.parent for theme in found} == {shipped_dir("themes")}
    assert problems == []


def test_a_users_theme_has_every_field():
    path = own(
        "mine.toml",
        GOOD + 'dark = false\naccent = "#fa0"\nluminosity_spread = 0.2\ntext_alpha = 1\n'
        '[variables]\nborder = "#112233"\ntext-muted = "auto 70%"\nlink-style = "bold underline"\n',
    )
    assert by_name()["mine"] == themes.ThemeFile(
        name="mine",
        dark=False,
        colours={"primary": "#3366cc", "accent": "#fa0"},
        variables={"border": "#112233", "text-muted": "auto 70%", "link-style": "bold underline"},
        path=path,
        luminosity_spread=0.2,
        text_alpha=1.0,
    )


def test_a_theme_without_a_name_has_its_files():
    own("海.toml", 'primary = "#3366cc"')
    assert "海" in by_name()


def test_a_users_theme_replaces_the_shipped_one_of_its_name():
    path = own("better.toml", 'name = "slmtui-dark"\nprimary = "#ff0000"')
    assert by_name()["slmtui-dark"].path == path
    assert causes() == ""


def test_two_of_the_users_with_one_name_are_told_and_the_first_is_used():
    first = own("a.toml", GOOD)
    own("b.toml", GOOD)
    assert by_name()["mine"].path == first
    assert "b.toml has the same name as a.toml: mine" in causes()


def test_a_byte_order_mark_is_no_harm():
    own("notepad.toml", b"\xef\xbb\xbf" + GOOD.encode())
    assert "mine" in by_name()
    assert causes() == ""


def test_an_unknown_key_is_told_and_the_theme_is_kept():
    own("mine.toml", GOOD + 'acent = "#ffffff"\n')
    problem = themes.load_all()[1][0]
    assert "acent" in problem.cause
    assert problem.fix == "Did you mean accent?"
    assert "mine" in by_name()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("primary = ", "Invalid value"),
        (b'primary = "#3366cc"\nname = "\xff"', "utf-8"),
        ('accent = "#3366cc"', "no primary colour"),
        ('primary = "blurple"', "primary has to be a colour"),
        ('primary = "#12345"', "primary has to be a colour"),
        ("primary = 7", "primary has to be a colour"),
        (GOOD + 'dark = "yes"', "dark has to be true or false"),
        (GOOD + "text_alpha = 2", "text_alpha has to be a number from 0 to 1"),
        (GOOD + "luminosity_spread = true", "luminosity_spread has to be a number"),
        (GOOD + "variables = 1", "variables has to be a table"),
        (GOOD + "[variables]\nborder = 1", "variables.border has to be a colour"),
        (GOOD + '[variables]\nborder = "nonsense"', "variables.border has to be a colour"),
        (GOOD + '[variables]\nborder = "auto 60%"', "variables.border has to be a colour"),
        (GOOD + '[variables]\nlink-style = "green"', "variables.link-style has to be none, or of bold"),
        (GOOD + '[variables]\n"a{b" = "#fff"', "has to be named with small letters"),
    ],
)
def test_a_theme_that_cannot_be_used_is_told_and_left_out(text: str | bytes, says: str):
    path = own("wrong.toml", text)
    found, problems = themes.load_all()
    assert [theme.path for theme in found if theme.path == path] == []
    assert {theme.path.parent for theme in found} == {shipped_dir("themes")}
    assert str(path) in problems[0].cause
    assert says in problems[0].cause
    assert problems[0].fix


def test_a_folder_called_like_a_theme_is_told():
    (user_themes_dir() / "odd.toml").mkdir(parents=True)
    assert "odd.toml" in causes()


class Gallery(App[None]):
    def compose(self) -> ComposeResult:
        yield Input()
        yield Button("go", variant="primary")
        yield OptionList("one")
        yield DataTable()
        yield Markdown("# a\n## b\n[c](d)")
        yield Link("e")
        yield Footer()


async def test_whatever_is_let_through_textual_can_draw():
    names = Theme(name="bare", primary="#45b8ac").to_color_system().generate()
    values = {name: "bold not underline" if "-style" in name else "#45b8ac80" for name in names}
    values |= {"text-muted": "auto 60%", "button-foreground": "auto 87%", "boost": "transparent"}
    table = "\n".join(f'{name} = "{value}"' for name, value in values.items())
    theme, problems = themes.load(own("all.toml", GOOD + "[variables]\n" + table))
    assert theme is not None
    assert problems == []
    app = Gallery()
    async with app.run_test() as pilot:
        app.register_theme(Theme(name=theme.name, **theme.colours, variables=dict(theme.variables)))
        app.theme = "mine"
        await pilot.pause()
        assert app.query_one(Input).styles.background == Color.parse("#45b8ac80")


def test_reading_themes_does_not_import_textual():
    code = "import sys; from slmtui.config import themes; themes.load_all(); print('textual' in sys.modules)"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_one_theme_is_found_without_the_others(slmtui_home: Path) -> None:
    for theme in themes.load_all()[0]:
        assert themes.find(theme.name) == theme
    assert themes.find("nobodys") is None


def test_the_users_theme_is_found_under_the_name_of_one_of_ours(slmtui_home: Path) -> None:
    folder = themes.user_themes_dir()
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('name = "slmtui-dark"\nprimary = "#123456"\n', encoding="utf-8")
    found = themes.find("slmtui-dark")
    assert found is not None
    assert found.colours["primary"] == "#123456"
    (folder / "mine.toml").write_text('name = "slmtui-dark"\n', encoding="utf-8")
    found = themes.find("slmtui-dark")
    assert found is not None
    assert found.colours["primary"] != "#123456"
