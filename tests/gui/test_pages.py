"""The states of each page: loading, empty, trouble, content."""

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QTableWidget

from simpatient.domain.learning.progress import UnitCase
from simpatient.domain.speech import TalkSettings
from simpatient.gui.authoring.author_talk import _with_rest
from simpatient.gui.base.preferences import Preferences
from simpatient.gui.base.talk_settings import read_talk_settings, write_talk_settings
from simpatient.gui.base.theme import Theme
from simpatient.gui.shell.main_window import MainWindow
from simpatient.gui.start.start_page import unit_state
from simpatient.gui.widgets.controls import Button, CardButton
from simpatient.gui.widgets.drawn.plots import Plot
from simpatient.runtime.settings_store import SettingsStore
from simpatient.services.voice.talk_settings import read_talking
from tests.builders import ME
from tests.gui.driver import FULL, WAIT_MS, buttons, debrief_of, own_rating, shown_words, wait


def test_start_shows_next_unit_path_and_cases(window):
    page = window.pages.start
    words = shown_words(page)
    assert {"Next on your course", "Mastered", "Open", "Locked", "Opens after: Saying back what was meant"} <= set(
        words
    )
    cards = {card.accessibleName(): card.isEnabled() for card in page.findChildren(CardButton)}
    assert cards["Unit 3, Hearing the wish to change, locked"] is False
    assert cards["Unit 1, Opening the door, mastered"] is True
    assert sum("minutes" in name for name in cards) == 3


def test_unit_states(fake_app):
    assert [unit_state(unit) for unit in fake_app.progress.units()] == ["mastered", "open", "locked"]


def test_start_offers_every_open_session(qtbot, window, fake_app):
    fake_app.talk(ended=False)
    older = fake_app.talk(case_id="joe-first", ended=False)
    window.go("start")
    wait(qtbot, lambda: any(each.text() == "Also open" for each in window.pages.start.findChildren(QLabel)))
    assert len(fake_app.progress.open_with(fake_app.actor, "joe-first")) == 2
    resumes = [b for b in window.pages.start.findChildren(Button) if b.accessibleName().startswith("Continue with")]
    assert len(resumes) == 1
    window.open_case(older.case_id)
    page = window.pages.case
    wait(qtbot, lambda: page.state == "content")
    assert any("You have an open session with" in each.text() for each in page.findChildren(QLabel))
    assert [b for b in page.findChildren(Button) if b.text() == "Continue the open session"]


def test_a_unit_offers_all_its_cases_and_leads_to_the_one_that_is_needed(qtbot, window, fake_app, monkeypatch):
    unit = fake_app.progress.units()[0]
    cases = (UnitCase(case_id="joe-first", sessions=2), UnitCase(case_id="maya-first"))
    wanted = unit.model_copy(update={"cases": cases, "next_case": "maya-first", "is_open": True})
    monkeypatch.setattr(fake_app.progress, "units", lambda: (wanted,))
    opened = []
    monkeypatch.setattr(window, "open_case", lambda *which: opened.append(which))
    window.go("start")
    page = window.pages.start
    # A layout shows what was added to it by a queued event.
    wait(qtbot, lambda: any("not practised yet" in b.text() and b.isVisibleTo(page) for b in page.findChildren(Button)))
    shown = [b for b in page.findChildren(Button) if "practised" in b.text() and b.isVisibleTo(page)]
    assert [b.text().split(" · ")[1] for b in shown] == ["practised twice", "not practised yet"]
    for button in shown:
        button.click()
    units = [b for b in page.findChildren(CardButton) if b.accessibleName().startswith("Unit 1")]
    next(card for card in units if card.isVisibleTo(page)).click()
    assert [which[0] for which in opened] == ["joe-first", "maya-first", "maya-first"]


def test_start_offers_the_open_session_first(qtbot, window, fake_app):
    fake_app.talk(lines=2, ended=False)
    window.go("start")
    wait(qtbot, lambda: "Continue your session" in shown_words(window.pages.start))
    assert "With Joe Marsh" in shown_words(window.pages.start)


def test_start_trouble_can_be_tried_again(qtbot, window, fake_app):
    page = window.pages.start
    fake_app.progress.fails = FULL
    page.refresh()
    wait(qtbot, lambda: page.state == "trouble")
    assert "The disk is full." in shown_words(page)
    fake_app.progress.fails = None
    buttons(page, "Try again")[0].click()
    wait(qtbot, lambda: page.state == "content")


def test_start_without_content_says_so(qtbot, window, fake_app):
    fake_app.library.all_cases = []
    fake_app.library.all_curricula = []
    window.pages.start.refresh()
    wait(qtbot, lambda: window.pages.start.state == "empty")
    assert "No cases yet" in shown_words(window.pages.start)


def test_a_program_that_cannot_open_is_explained_and_tried_again(qtbot, themed, fake_app, preferences):
    tries = []

    def open_app():
        tries.append(1)
        if len(tries) == 1:
            raise FULL
        return fake_app

    window = MainWindow(open_app, preferences)
    qtbot.addWidget(window)
    window.show()
    wait(qtbot, lambda: "The disk is full." in shown_words(window))
    with qtbot.waitSignal(window.opened, timeout=WAIT_MS):
        buttons(window, "Try again")[0].click()
    window.close()


def test_case_page_says_what_it_is_and_touches_on(qtbot, window):
    window.open_case("joe-first", "first-talks", "unit-1")
    page = window.pages.case
    wait(qtbot, lambda: page.state == "content")
    words = " ".join(shown_words(page))
    assert "A simulated patient, not a person. This is practice, not therapy." in words
    assert "alcohol, marital conflict" in words
    assert "Give at least one reflection for every question." in words
    assert "recital" not in words


def test_case_page_without_its_case(qtbot, window):
    window.open_case("gone")
    wait(qtbot, lambda: window.pages.case.state == "trouble")
    assert 'There is no "gone".' in shown_words(window.pages.case)


def test_failing_start_leaves_the_button_usable(qtbot, window, fake_app):
    window.open_case("joe-first")
    page = window.pages.case
    wait(qtbot, lambda: page.state == "content")
    fake_app.practise.fails = FULL
    page.begin.click()
    wait(qtbot, lambda: window.banner.isVisible())
    assert page.begin.isEnabled()
    assert page.begin.text() == "Begin"


def test_rating_needs_every_answer(qtbot, window, fake_app):
    debrief = debrief_of(qtbot, window, fake_app.talk())
    assert not debrief.form.button.isEnabled()
    assert "3 of 3 questions still open" in shown_words(debrief.form)
    for rating in debrief.form.ratings.values():
        buttons(rating, "2")[0].click()
    assert debrief.form.button.isEnabled()


def test_numbers_show_values_bands_reasons_and_n(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    debrief = debrief_of(qtbot, window, session)
    debrief.show_tab("numbers")
    debrief.numbers.open_all()
    words = shown_words(debrief.numbers)
    expected = {"44%", "basic", "26 observations", "1.25 : 1", "estimate", "4 of 5", "estimate, needs review", "–"}
    assert expected <= set(words)
    assert "No value: there was nothing to count." in words
    assert "Too little to go on: 2 observations, 5 needed." in words
    assert "Fewer than six turns of yours: too little to judge." in words


def test_evidence_opens_with_verbatim_quotes(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    debrief = debrief_of(qtbot, window, session)
    debrief.show_tab("numbers")
    debrief.numbers.open_all()
    button = next(b for b in debrief.numbers.findChildren(Button) if b.text().startswith("Show ") and "quote" in b.text())
    button.click()
    assert any("“What does that hour give you?”" in text for text in shown_words(debrief.numbers))
    assert button.text().startswith("Hide")


def test_plot_has_a_table_that_says_the_same(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    debrief = debrief_of(qtbot, window, session)
    debrief.show_tab("numbers")
    debrief.numbers.open_all()
    plot = debrief.numbers.findChild(Plot)
    buttons(plot, "Show as table")[0].click()
    table = plot.findChild(QTableWidget)
    assert plot.shows_table
    assert table.rowCount() == 5
    assert table.item(0, 1).text() == "1.8"


def test_moments_lead_to_their_turn_in_the_transcript(qtbot, window, fake_app):
    session = fake_app.talk()
    fake_app.review.rate_self(ME, session.id, own_rating())
    debrief = debrief_of(qtbot, window, session)
    buttons(debrief.feedback, "Show in transcript")[0].click()
    assert debrief.transcript.isVisible()
    assert debrief.transcript._rows[1].property("role") == "sunken"
    tags = [w for w in debrief.transcript.findChildren(QLabel) if w.text() == "OQ"]
    assert tags[0].accessibleName().startswith("Open question")


def test_short_session_gets_no_verdict(qtbot, window, fake_app):
    session = fake_app.talk(lines=1)
    fake_app.review.rate_self(ME, session.id, own_rating())
    debrief = debrief_of(qtbot, window, session)
    assert "Too short for feedback" in shown_words(debrief.feedback)


def test_debrief_of_a_lost_session(qtbot, window):
    window.open_debrief("gone")
    wait(qtbot, lambda: window.pages.debrief.state == "trouble")


def test_progress_is_empty_first_then_lists_and_hides_curves(qtbot, window, fake_app):
    window.go("progress")
    page = window.pages.progress
    wait(qtbot, lambda: page.state == "empty")
    fake_app.talk()
    fake_app.progress.sessions_per_curve = 2
    page.refresh()
    wait(qtbot, lambda: page.state == "content")
    assert any("Curves appear after 3 scored sessions; you have 2 so far." in text for text in shown_words(page))
    assert page.findChildren(Plot) == []


def test_progress_draws_curves_from_three_sessions(qtbot, window, fake_app):
    fake_app.talk()
    fake_app.progress.sessions_per_curve = 3
    window.go("progress")
    page = window.pages.progress
    wait(qtbot, lambda: page.state == "content")
    wait(qtbot, lambda: len(page.findChildren(Plot)) == 2)
    assert any(text.startswith("Mean 43%, probably") for text in shown_words(page))


def test_rows_open_a_debrief_or_go_on(qtbot, window, fake_app):
    fake_app.talk(ended=True)
    fake_app.talk(lines=2, ended=False)
    window.go("progress")
    page = window.pages.progress
    wait(qtbot, lambda: page.state == "content")
    assert [page.table.item(i, 4).text() for i in range(2)] == ["Continue ›", "Rate and look back ›"]
    page.table.cellClicked.emit(0, 0)
    wait(qtbot, lambda: window.pages.session.isVisible() and window.pages.session.state == "content")
    window.go("progress")
    wait(qtbot, lambda: page.isVisible() and page.state == "content")
    page.table.setFocus()
    page.table.setCurrentCell(1, 0)
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    wait(qtbot, lambda: window.pages.debrief.isVisible())


def test_progress_exports(qtbot, window, fake_app, files, tmp_path):
    fake_app.talk()
    window.go("progress")
    page = window.pages.progress
    wait(qtbot, lambda: page.state == "content")
    files.path = tmp_path / "all.pdf"
    buttons(page, "Export PDF")[0].click()
    wait(qtbot, lambda: (tmp_path / "all.pdf").exists() and window.banner.isVisible())
    files.path = tmp_path / "refuse.csv"
    buttons(page, "Export CSV")[0].click()
    wait(qtbot, lambda: "That folder is read-only." in window.banner.text)


def test_author_page_watches_the_file(qtbot, window, files, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("id: x\nwrong: 1\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    assert page.state == "empty"
    files.path = path
    buttons(page, "Open a file")[0].click()
    wait(qtbot, lambda: page.status.text() == "1 problem")
    assert {"p.yaml:2", "lines[2].say", "This is not one of the allowed words."} <= set(shown_words(page))
    assert not page.talk.start_button.isEnabled()
    path.write_text("id: x\n", encoding="utf-8")
    wait(qtbot, lambda: page.status.text() == "No problems")
    assert "254 lines" in shown_words(page)


def test_author_page_follows_an_editor_that_renames(qtbot, window, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("wrong\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(path)
    wait(qtbot, lambda: page.status.text() == "1 problem")
    for text, status in (("fine\n", "No problems"), ("wrong\nwrong\n", "2 problems")):
        aside = tmp_path / "p.yaml.tmp"
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
        wait(qtbot, lambda status=status: page.status.text() == status)


def test_author_can_talk_and_sees_state_plan_and_codes(qtbot, window, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("id: x\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(path)
    wait(qtbot, lambda: page.talk.start_button.isEnabled())
    page.talk.begin()
    wait(qtbot, lambda: page.talk.start_button.text() == "Begin again")
    page.talk.composer.editor.setPlainText("What are nights like?")
    page.talk.composer.submit()
    wait(qtbot, lambda: not page.talk.composer.is_waiting)
    words = shown_words(page)
    assert any(text.startswith("State: trust 2.00 (mid)") for text in words)
    assert "Plan: affective · feels understood · on sleep · discloses recital · neutral talk" in words
    assert "OQ open question" in words


def test_codes_that_have_no_room_are_counted_and_named_when_pointed_at():
    tags = [(f"T{i} tag", f"Tag {i}") for i in range(7)]
    assert _with_rest(tags[:4]) == tags[:4]
    assert _with_rest(tags) == (*tags[:4], ("3 more", "T4 tag; T5 tag; T6 tag"))


def test_both_titles_of_the_workbench_stand_on_one_line(qtbot, window, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("id: x\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(path)
    wait(qtbot, lambda: page.talk.start_button.isEnabled() and page.talk.isVisible())
    titles = [each for each in page.findChildren(QLabel) if each.text() in ("Problems", "Talk with the patient")]
    middles = [each.mapTo(page, each.rect().center()).y() for each in titles if each.property("role") == "h2"]
    assert len(middles) == 2
    assert abs(middles[0] - middles[1]) <= 1


def test_the_newest_answer_and_the_field_below_stay_in_sight(qtbot, window, tmp_path):
    window.resize(900, 600)
    path = tmp_path / "p.yaml"
    path.write_text("id: x\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(path)
    wait(qtbot, lambda: page.talk.start_button.isEnabled())
    page._show_side("talk")
    page.talk.begin()
    for _ in range(5):
        wait(qtbot, lambda: page.talk.composer.isEnabled() and not page.talk.composer.is_waiting)
        page.talk.composer.editor.setPlainText("What are nights like?")
        page.talk.composer.submit()
    wait(qtbot, lambda: len(page.talk.log.bubbles) == 11)
    log, newest = page.talk.log, page.talk.log.bubbles[-1]
    wait(qtbot, lambda: log.verticalScrollBar().value() == log.verticalScrollBar().maximum() > 0)
    assert newest.mapTo(log, newest.rect().bottomLeft()).y() <= log.height()
    editor = page.talk.composer.editor
    assert editor.mapTo(window, editor.rect().bottomLeft()).y() <= window.height()


def test_a_talk_does_not_outlive_its_file(qtbot, window, tmp_path):
    good, bad = tmp_path / "p.yaml", tmp_path / "case.yaml"
    good.write_text("id: x\n", encoding="utf-8")
    bad.write_text("wrong\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(good)
    wait(qtbot, lambda: page.talk.start_button.isEnabled())
    page.talk.begin()
    wait(qtbot, lambda: bool(page.talk.log.bubbles))
    page.open(bad)
    wait(qtbot, lambda: page.status.text() == "1 problem")
    assert not page.talk.log.bubbles
    assert not page.talk.composer.isEnabled()


def test_other_content_is_checked_and_said_to_be_what_it_is(qtbot, window, fake_app, tmp_path):
    fake_app.author.kind = "curriculum"
    path = tmp_path / "course.yaml"
    path.write_text("id: x\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(path)
    wait(qtbot, lambda: page.status.text() == "No problems")
    words = shown_words(page)
    assert any(text.startswith("This course is in order") for text in words)
    assert "Only a persona can be talked with." in words
    assert not page.talk.start_button.isEnabled()


def test_a_problem_repeats_what_is_there_and_its_place_can_be_copied(qtbot, window, tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("a\nwrong\n", encoding="utf-8")
    window.go("author")
    page = window.pages.author
    page.open(path)
    wait(qtbot, lambda: page.status.text() == "1 problem")
    assert "In the file: wrong" in shown_words(page)
    buttons(page, "Copy place")[0].click()
    assert QGuiApplication.clipboard().text() == f"{path}:2"


def test_author_page_says_when_a_file_is_gone(qtbot, window, tmp_path):
    window.go("author")
    window.pages.author.open(tmp_path / "never.yaml")
    wait(qtbot, lambda: window.pages.author.status.text() == "Not readable")


def test_settings_change_look_at_once_and_are_kept(qtbot, window):
    window.go("settings")
    page = window.pages.settings
    page.themes.button("dark").click()
    page.sizes.button("largest").click()
    assert Theme.current().is_dark()
    assert Theme.current().scale == 1.4
    assert (window._preferences.theme, window._preferences.text_size) == ("dark", "largest")
    assert any("It is not therapy" in text for text in shown_words(page))


def test_unknown_stored_choices_fall_back(tmp_path):
    from PySide6.QtCore import QSettings

    store = SettingsStore(tmp_path / "settings.json")
    store.write("window", {"theme": "purple", "text_size": 7, "shows_codes": "perhaps"})
    kept = Preferences(store, QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat))
    assert (kept.theme, kept.text_size, kept.shows_codes) == ("system", "normal", False)


def test_what_an_earlier_version_kept_for_the_window_is_taken_over_once(tmp_path):
    from PySide6.QtCore import QSettings

    def opened() -> Preferences:
        screen = QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)
        return Preferences(SettingsStore(tmp_path / "home" / "settings.json"), screen)

    former = QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)
    former.setValue("theme", "dark")
    former.setValue("shows_codes", "yes")
    former.setValue("has_heard_of_models", "no")
    former.setValue("geometry", QByteArray(b"abc"))
    former.setValue("voice", TalkSettings(patience_s=2.0, microphone="usb").model_dump_json())
    former.sync()
    kept = opened()
    assert (kept.theme, kept.text_size, kept.shows_codes, kept.has_heard_of_models) == ("dark", "normal", True, False)
    assert kept.geometry == QByteArray(b"abc")
    assert read_talk_settings(kept) == TalkSettings(patience_s=2.0, microphone="usb")
    kept.theme = "light"
    assert opened().theme == "light"
    assert opened().geometry == QByteArray(b"abc")


def test_the_services_see_what_the_window_set(preferences):
    write_talk_settings(preferences, TalkSettings(recogniser="small.en"))
    assert read_talking(SettingsStore(preferences.store.path)).recogniser == "small.en"


def test_a_disk_that_takes_nothing_does_not_stop_the_window(tmp_path):
    from PySide6.QtCore import QSettings

    (tmp_path / "file").touch()
    store = SettingsStore(tmp_path / "file" / "settings.json")
    kept = Preferences(store, QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat))
    kept.theme = "dark"
    assert kept.theme == "dark"
