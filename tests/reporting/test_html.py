"""The HTML twins: well formed, headings in order, tables and pictures described, everything escaped."""

from html.parser import HTMLParser

import pytest

from simpatient.presentation.feedback.session_report import session_view
from simpatient.presentation.learning.progress import progress_view
from simpatient.reporting.html_version import progress_html, session_html

VOID = {"meta", "br", "rect", "circle", "polyline", "polygon", "link", "img"}


class Outline(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.open, self.headings, self.tags, self.text = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append(int(tag[1:]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attrs for each, attrs in self.tags if each == tag]


@pytest.fixture(params=["session", "progress"])
def page(request, make_report, make_progress):
    if request.param == "session":
        return session_html(session_view(make_report(disclosure=True))).decode()
    return progress_html(progress_view(make_progress())).decode()


def test_is_well_formed_with_headings_in_order(page):
    outline = Outline(page)
    assert outline.open == []
    assert outline.headings.count(1) == 1
    assert outline.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert outline.all("html")[0]["lang"] == "en-GB"
    assert outline.all("title")


def test_tables_and_pictures_are_described(page):
    outline = Outline(page)
    assert outline.all("table")
    assert len(outline.all("caption")) == len(outline.all("table"))
    assert all(head.get("scope") in {"col", "row"} for head in outline.all("th"))
    assert outline.all("svg")
    assert all(each["role"] == "img" and len(each["aria-label"]) > 20 for each in outline.all("svg"))
    assert any(each.get("href") == "#content" for each in outline.all("a"))


def test_typed_markup_stays_text(make_report):
    hostile = "<script>alert(1)</script> & </td>{{ 7*7 }}"
    outline = Outline(session_html(session_view(make_report([hostile, hostile], title=hostile, name=hostile))).decode())
    assert outline.all("script") == []
    assert hostile in "".join(outline.text)
    assert outline.open == []
