"""Pages carry no script or style of their own, so that the Content-Security-Policy can refuse all of them."""

import re

import pytest

from tests.architecture.house import files, findings, source

# Mail has no style sheets, and the ticket's design is drawn by WeasyPrint, not by a browser.
NO_PAGES = ("templates/emails/", "templates/registrations/pdf/")
INLINE = {
    "script without src": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=[\"']?application/(ld\+)?json)[^>]*>", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[a-z][^<>]*\sstyle\s*=", re.I),
    "event attribute": re.compile(r"<[a-z][^<>]*\son[a-z]+\s*=", re.I),
    "script address": re.compile(r"(href|src|action)\s*=\s*[\"']?\s*javascript:", re.I),
}
IN_SCRIPTS = {
    "code from text": re.compile(r"\beval\(|new Function\(|set(Timeout|Interval)\(\s*[\"'`]"),
    "style as text": re.compile(r"setAttribute\(\s*[\"'`](style|on)|<[a-z]+[^<>]*\sstyle="),
}


def inline(path: str, text: str) -> list[str]:
    without_tags = re.sub(r"{%.*?%}|{{.*?}}", "", text)
    return [name for name, pattern in INLINE.items() if pattern.search(without_tags)]


def unsafe_script(path: str, text: str) -> list[str]:
    return [name for name, pattern in IN_SCRIPTS.items() if pattern.search(text)]


def test_pages_have_no_inline_script_or_style():
    pages = {path: source(path) for path in files("templates", ending=".html") if not path.startswith(NO_PAGES)}
    assert len(pages) > 40
    assert findings(inline, pages) == []


@pytest.mark.parametrize(
    "planted",
    [
        "<script>alert(1)</script>",
        "<script type='module'>alert(1)</script>",
        "<style>p { color: red }</style>",
        '<p class="{% if a > b %}x{% endif %}" style="color:red">',
        '<button type="button" onclick="go()">',
        '<a href="javascript:void 0">',
    ],
)
def test_a_planted_inline_part_is_found(planted):
    assert inline("templates/x.html", planted)


def test_files_and_data_pass():
    assert inline("x.html", '<script type="module" src="{% static "js/once.js" %}"></script>') == []
    assert inline("x.html", '<script type="application/ld+json">{}</script><p class="style = on">one = two</p>') == []


def test_scripts_write_no_style_as_text_and_run_no_text():
    scripts = {path: source(path) for path in files("static/js", ending=".js")}
    assert scripts and findings(unsafe_script, scripts) == []


@pytest.mark.parametrize(
    "planted", ["eval(x)", "new Function('x')", "setTimeout('x()', 1)", "p.setAttribute('style', x)", "`<p style='x'>`"]
)
def test_a_planted_unsafe_script_is_found(planted):
    assert unsafe_script("static/js/x.js", planted)
