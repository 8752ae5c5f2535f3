"""Markdown, page and JSON of a report: whole, and never broken out of by what a model says."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser
from typing import get_args

import pytest
from markdown_it import MarkdownIt

from slmtui.report.blocks import Bar, Plot
from slmtui.report.compare import compare
from slmtui.report.document import Report
from slmtui.report.markdown import inline
from slmtui.report.page import drawn
from slmtui.report.render import Form, render
from tests.unit.report.made import HOSTILE, bare, full

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text it shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


def compared(text: str = "an answer") -> tuple[Report, str, str]:
    report = full(text)
    comparison = compare(full("other", name=text), report)
    return report, render(report, "md", comparison), render(report, "html", comparison)


@pytest.mark.parametrize("form", get_args(Form))
def test_what_was_not_measured_is_said_with_its_command(form: Form) -> None:
    text = render(bare(), form)
    assert "its speed" in text
    assert "slmtui bench lamp" in text
    if form != "json":
        assert text.count("not measured") >= 4  # parity, template, deployment, checklist


@pytest.mark.parametrize("form", get_args(Form))
def test_everything_measured_is_in_every_form(form: Form) -> None:
    text = render(full(), form)
    for part in ("2.13.0", "852", "8.0 GB", "lamp", "Look at it.", "slmtui convert"):
        assert part in text


def test_markdown_stays_what_it_is_whatever_a_model_says() -> None:
    _, tame, _ = compared()
    _, wild, _ = compared(HOSTILE)
    assert structure(tame) == structure(wild)
    html = [token.content for token in MARKDOWN.parse(wild) if token.type == "html_block"]
    assert html == ["<!-- slmtui-report 1 -->\n"]
    # GitHub makes links of addresses without brackets.
    assert not re.search(r"https?://|www\.\w|\w@", inline(HOSTILE))


def structure(text: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """Blocks, and what is in them beside text: emphasis, code, links, pictures, HTML."""
    return [
        (
            token.type,
            token.tag,
            tuple(child.type for child in token.children or () if child.type not in ("text", "text_special")),
        )
        for token in MARKDOWN.parse(text)
    ]


def test_no_form_holds_what_a_terminal_or_a_reader_is_deceived_by() -> None:
    _, markdown, page = compared(HOSTILE)
    for text in (markdown, page):
        assert not {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"}
        assert "␛[31m⟦U+202E⟧deR" in text


def test_a_page_has_no_element_of_a_models_making() -> None:
    _, _, tame = compared()
    _, _, wild = compared(HOSTILE)
    page = Page(wild)
    assert page.tags() == Page(tame).tags()
    assert not {"script", "img", "iframe", "a href"} & set(page.tags())
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "a":
            assert (attributes["href"] or "").startswith("#")
    assert "{{ 7*7 }}" in page.text
    assert "<img src=x onerror=alert(1)>" in page.text


def test_a_page_forbids_itself_every_request() -> None:
    page = Page(render(full(), "html"))
    (policy,) = [
        a["content"] or "" for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for _, attributes in page.elements:
        for name in ("src", "href", "action", "data"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))
    assert not [a for _, a in page.elements if "style" in a]  # the policy would refuse it


def test_every_rule_of_a_page_is_of_an_element_that_pages_have() -> None:
    style = re.search(r"<style>(.*?)</style>", render(bare(), "html"), re.DOTALL)
    assert style is not None
    rules = re.sub(r"/\*.*?\*/|@[^{]*\{", "", style[1], flags=re.DOTALL)
    selectors = ",".join(re.findall(r"([^{};]+)\{", rules))
    named = set(re.findall(r"(?:^|[\s,>+~])([a-z][\w-]*)", selectors))
    known = "a blockquote body code dd details div dl dt figcaption figure footer h1 h2 h3 header html i li"
    known += " main nav p pre section summary svg table tbody td th tr ul"
    assert {"th", "table"} < named <= set(known.split())
    assert "th.number" in selectors


def test_json_is_the_whole_report_and_reads_back() -> None:
    report = full(HOSTILE)
    document = json.loads(render(report, "json", compare(full(), report)))
    assert document["comparison"]["baseline"]["name"] == "lamp"
    assert (document["format"], document["version"]) == ("slmtui-report", 1)
    assert Report.from_json(document) == report
    assert json.dumps(document).isascii()


def test_a_bar_is_drawn_within_its_plot() -> None:
    bars = (Bar("a", 50, "50", 40, 100, 60), Bar("b", float("nan"), "–"), Bar("c", 0, "0"))
    first, second, third = drawn(Plot("t", bars))
    assert (first.width, first.low, first.high, first.mark) == (50, 40, 100, 60)
    assert (second.width, third.width) == (0, 0)
    assert drawn(Plot("t", (Bar("c", 0, "0"),)))[0].width == 0
