"""Contrast, theme, text that is hostile or too long."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo
from PySide6.QtWidgets import QLabel, QWidget

from simpatient.domain.learning.progress import SessionSummary
from simpatient.gui.base.stylesheet import render
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import TEXT_SIZES
from simpatient.gui.progress.session_table import SessionTable
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.conversation import ChatLog, Composer
from simpatient.gui.widgets.layout import Columns, HeadLine, column, message_panel
from simpatient.gui.widgets.tables import PlainTable
from simpatient.gui.widgets.text import LONGEST_SHOWN, Elided, label, plain_tooltip, presentable
from simpatient.presentation.shapes.palette import DARK, LIGHT, SHAPE_PAIRS, TEXT_PAIRS, contrast
from tests.gui.driver import HOSTILE, WAIT_MS


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
    assert themed.palette().window().color().name() == DARK.bg
    theme.choose("light", "normal")
    assert not theme.is_dark()


def test_labels_never_read_markup(qtbot, themed):
    made = label("<b>not bold</b>")
    qtbot.addWidget(made)
    Theme.current().dress(made)
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
    Theme.current().dress(log)
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
    Theme.current().dress(made)
    made.resize(120, 30)
    made.show()
    assert made.is_cut()
    assert "Far Away" in made.toolTip()
    made.resize(2000, 30)
    qtbot.waitUntil(lambda: made.toolTip() == "", timeout=10_000)


def test_a_message_reads_in_a_column_not_word_by_word(qtbot, themed):
    panel = message_panel("The disk is full.", "Make room on it, or choose another folder, and then try again.")
    qtbot.addWidget(panel)
    Theme.current().dress(panel)
    panel.resize(1000, 600)
    panel.show()
    widths = [each.width() for each in panel.findChildren(QLabel)]
    assert all(400 <= width <= 520 for width in widths), widths
    panel.resize(360, 600)
    qtbot.waitUntil(lambda: panel.findChildren(QLabel)[0].width() < 360, timeout=10_000)


def test_columns_stack_when_a_part_shown_later_needs_the_room(qtbot, themed):
    segments = SegmentedControl([(str(i), f"A part with a name {i}") for i in range(4)], "Parts")
    segments.hide()
    columns = Columns(label("left"), segments, turn_at=None, shares=(1, 0))
    qtbot.addWidget(columns)
    Theme.current().dress(columns)
    columns.resize(560, 200)
    columns.show()
    segments.show()
    wanted = segments.sizeHint().width()
    assert wanted > 560 - 260
    qtbot.waitUntil(lambda: segments.width() >= wanted or segments.x() == 0, timeout=10_000)
    assert segments.y() > 0


@pytest.mark.parametrize(("width", "is_one_line"), [(1100, True), (720, False)])
def test_a_head_gives_its_tabs_a_line_of_their_own_before_it_cuts_them(qtbot, themed, width, is_one_line):
    segments = SegmentedControl([(str(i), f"A part {i}") for i in range(5)], "Parts")
    export = Button("Export PDF")
    head = HeadLine(label("A name"), segments, export)
    qtbot.addWidget(head)
    Theme.current().dress(head)
    head.resize(width, 120)
    head.show()
    Theme.current().choose("light", "largest")
    qtbot.waitUntil(lambda: segments.width() >= segments.sizeHint().width(), timeout=10_000)
    assert segments.x() + segments.width() <= width
    head.resize(1600 if is_one_line else width, 120)
    qtbot.waitUntil(lambda: (segments.y() < export.y() + export.height()) == is_one_line, timeout=10_000)
    Theme.current().choose("light", "normal")


@pytest.mark.parametrize("count", [1, 10, 14])
def test_the_session_list_grows_with_its_rows_and_then_scrolls(qtbot, themed, count):
    at = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
    row = SessionSummary(
        session_id="s",
        case_id="c",
        case_title="Title",
        patient_name="Name",
        started_at=at,
        ended_at=at,
        trainee_turns=3,
    )
    table = SessionTable([row] * count, lambda _: None)
    holder = QWidget()
    qtbot.addWidget(holder)
    Theme.current().dress(holder)
    column(holder).addWidget(table)
    holder.resize(900, 900)
    holder.show()
    seen = table.viewport().height() // table.rowHeight(0)
    assert seen == min(count, 10)
    assert (table.verticalScrollBar().maximum() > 0) == (count > 10)


def test_the_session_list_gives_up_time_and_turns_before_names(qtbot, themed):
    at = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
    row = SessionSummary(
        session_id="s",
        case_id="c",
        case_title="Title",
        patient_name="Name",
        started_at=at,
        ended_at=at,
        trainee_turns=3,
    )
    table = SessionTable([row], lambda _: None)
    qtbot.addWidget(table)
    Theme.current().dress(table)
    table.resize(500, 200)
    table.show()
    qtbot.waitUntil(lambda: table.isColumnHidden(3), timeout=10_000)
    assert ":" not in table.cell(0, 0).text()
    table.resize(1000, 200)
    qtbot.waitUntil(lambda: not table.isColumnHidden(3), timeout=10_000)
    assert ":" in table.cell(0, 0).text()


@pytest.mark.parametrize("size", TEXT_SIZES)
def test_an_empty_composer_shows_its_line_without_a_scroll_bar(qtbot, themed, size):
    Theme.current().choose("light", size)
    composer = Composer()
    qtbot.addWidget(composer)
    Theme.current().dress(composer)
    composer.resize(600, 120)
    composer.show()
    assert composer.editor.verticalScrollBar().maximum() == 0
    assert composer.editor.height() < 2.6 * composer.editor.fontMetrics().lineSpacing() + 20
    Theme.current().choose("light", "normal")


def test_a_table_of_a_year_is_made_a_little_at_a_time_and_whole_where_it_is_asked(qtbot, themed):
    rows = [[str(i), "words"] for i in range(2000)]
    table = PlainTable(("Number", "Words"), rows, "A year")
    qtbot.addWidget(table)
    assert table.rowCount() == 2000
    made = sum(table.item(i, 0) is not None for i in range(2000))
    assert 0 < made < 2000
    assert table.cell(1999, 0).text() == "1999"
    for cells in rows:
        cells[1] = "others"
    table.reword_column(1)
    qtbot.waitUntil(lambda: all(table.item(i, 1) is not None for i in range(2000)), timeout=WAIT_MS)
    assert {table.cell(i, 1).text() for i in range(2000)} == {"others"}
    assert [table.cell(i, 0).text() for i in range(2000)] == [str(i) for i in range(2000)]


def test_the_last_row_of_a_table_ends_at_its_frame_and_not_at_a_line_above_it(qtbot, themed):
    table = PlainTable(("Number",), [("1",), ("2",)], "Two rows")
    holder = QWidget()
    qtbot.addWidget(holder)
    Theme.current().dress(holder)
    column(holder).addWidget(table)
    table.setFixedHeight(table.height_of(2))
    holder.resize(400, 300)
    holder.show()
    shot, line = table.grab().toImage(), QColor(Theme.current().palette.line).name()
    middle = [shot.pixelColor(shot.width() // 2, y).name() for y in range(shot.height() - 12, shot.height() - 2)]
    assert line not in middle


def test_the_button_that_sends_is_as_high_as_the_line_beside_it(qtbot, themed):
    composer = Composer()
    qtbot.addWidget(composer)
    Theme.current().dress(composer)
    composer.resize(600, 120)
    composer.show()
    button, editor = composer.button.geometry(), composer.editor.geometry()
    assert (button.top(), button.bottom()) == (editor.top(), editor.bottom())
    composer.editor.setPlainText("one\ntwo\nthree")
    qtbot.waitUntil(lambda: composer.editor.height() > button.height() + 20, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: composer.button.geometry().bottom() == composer.editor.geometry().bottom(), timeout=WAIT_MS)
