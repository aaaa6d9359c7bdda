"""Contrast, theme, text that is hostile or too long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QLabel

from simpatient.gui.stylesheet import render
from simpatient.gui.theme import Theme
from simpatient.gui.tokens import DARK, LIGHT, SHAPE_PAIRS, TEXT_PAIRS, TEXT_SIZES, contrast
from simpatient.gui.widgets.conversation import ChatLog
from simpatient.gui.widgets.text import LONGEST_SHOWN, Elided, label, plain_tooltip, presentable

HOSTILE = (
    "<script>alert(1)</script><b>bold</b><img src='file:///etc/passwd'>",
    "\x00\x01\x02\x1b[31mred\x07",
    "\u202eevil\u202c \u2066x\u2069",
    "مرحبا كيف حالك اليوم",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 400,
    "a" * 100_000,
    "é\u0301\u0301" * 20_000,
    "\ud800 lone \udfff",
    "\n" * 50_000,
    "%s %n {0} $ink ${ink}",
    "word " * 30_000,
)


def test_wcag_reference_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_contrast_of_at_least_four_and_a_half(palette):
    colours = palette.as_dict()
    weak = {(a, b): round(contrast(colours[a], colours[b]), 2) for a, b in TEXT_PAIRS}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_shapes_have_contrast_of_at_least_three(palette):
    colours = palette.as_dict()
    weak = {(a, b): round(contrast(colours[a], colours[b]), 2) for a, b in SHAPE_PAIRS}
    assert {pair: value for pair, value in weak.items() if value < 3.0} == {}


@pytest.mark.parametrize("scale", TEXT_SIZES.values())
def test_stylesheet_leaves_no_token_open(scale):
    assert "$" not in render(LIGHT, scale)


def test_bundled_font_is_used(themed):
    assert QFontInfo(themed.font()).family() == "Inter"


def test_theme_follows_the_choice_and_tells_widgets(qtbot, themed):
    theme = Theme.current()
    with qtbot.waitSignal(theme.changed, timeout=10_000):
        theme.choose("dark", "large")
    assert theme.is_dark()
    assert DARK.bg in themed.styleSheet()
    theme.choose("light", "normal")
    assert not theme.is_dark()


def test_labels_never_read_markup(qtbot, themed):
    made = label("<b>not bold</b>")
    qtbot.addWidget(made)
    assert made.textFormat() == Qt.TextFormat.PlainText
    assert made.text() == "<b>not bold</b>"
    assert "<b>not" not in plain_tooltip("<b>not bold</b>")


@given(st.text(max_size=400))
def test_presentable_text_keeps_what_can_be_seen(text):
    shown = presentable(text)
    assert "\x00" not in shown
    shown.encode("utf-8")
    kept = shown.replace("\u200b", "")
    assert len(kept) <= len(text) + 2


def test_long_words_get_places_to_break():
    assert max(len(part) for part in presentable("a" * 5000).split("\u200b")) <= 34
    assert len(presentable("a" * 100_000)) < LONGEST_SHOWN * 1.1
    assert presentable("plain words, nothing else") == "plain words, nothing else"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_a_bubble_neither_crashes_nor_freezes(qtbot, themed, text):
    log = ChatLog()
    qtbot.addWidget(log)
    log.resize(500, 400)
    log.show()
    begin = time.process_time()
    bubble = log.add("patient", "Name", "")
    bubble.append(text)
    log.grab()
    assert time.process_time() - begin < 4
    assert bubble.text == text
    assert bubble.width() <= 500
    assert all(each.textFormat() == Qt.TextFormat.PlainText for each in bubble.findChildren(QLabel))


def test_long_names_elide_with_the_whole_name_in_the_tooltip(qtbot, themed):
    name = "Wolfeschlegelsteinhausenbergerdorff Hubert Blaine the Elder of Somewhere Far Away"
    made = Elided(name)
    qtbot.addWidget(made)
    made.resize(120, 30)
    made.show()
    assert made.is_cut()
    assert "Far Away" in made.toolTip()
    made.resize(2000, 30)
    qtbot.waitUntil(lambda: made.toolTip() == "", timeout=10_000)
