"""Takes a picture of every page: ``python tests/gui/screenshots.py OUTDIR [--scale 2]``.

Starts on a real display (Xvfb) when there is one, else offscreen. Without ``--scale`` it runs itself once more
at twice the size. It uses the fake program of the tests, so the pictures are the same every time.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from PySide6.QtWidgets import QDialog, QPushButton  # noqa: E402

from simpatient.domain.errors import StorageUnavailable  # noqa: E402
from tests.builders import ME  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outdir", type=Path)
    parser.add_argument("--scale", default="")
    parser.add_argument("--size", default="1180x780")
    parser.add_argument("--text", default="normal")
    parser.add_argument("--themes", default="light,dark")
    options = parser.parse_args()
    options.outdir.mkdir(parents=True, exist_ok=True)
    os.environ["QT_SCALE_FACTOR"] = options.scale or "1"
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _take_all(options)
    if not options.scale:
        command = [sys.executable, __file__, str(options.outdir), "--scale", "2", "--size", options.size]
        return subprocess.call([*command, "--text", options.text, "--themes", "light"])
    return 0


def _take_all(options: argparse.Namespace) -> None:
    import tempfile

    from fake_app import FakeApp
    from PySide6.QtCore import QCoreApplication, QSettings

    from simpatient.gui.base.preferences import Preferences
    from simpatient.gui.shell.app import start
    from simpatient.runtime.settings_store import SettingsStore

    for theme in options.themes.split(","):
        with tempfile.TemporaryDirectory() as folder:
            preferences = Preferences(
                SettingsStore(Path(folder) / "settings.json"),
                QSettings(f"{folder}/window.ini", QSettings.Format.IniFormat),
            )
            preferences.theme, preferences.text_size = theme, options.text
            app = FakeApp(Path("/home/trainee/.local/share/simpatient"))
            window = start(lambda app=app: app, ["screenshots"], preferences)
            width, height = (int(part) for part in options.size.split("x"))
            window.resize(width, height)
            suffix = f"{theme}{'-2x' if options.scale == '2' else ''}"
            _Tour(window, app, options.outdir, suffix, Path(folder)).walk()
            window.close()
            QCoreApplication.processEvents()


class _Tour:
    """Walks through every page and state."""

    def __init__(self, window, app, outdir, suffix, folder) -> None:
        self._window, self._app, self._outdir, self._suffix, self._folder = window, app, outdir, suffix, folder
        self._number = 0

    def walk(self) -> None:
        self._shot("skeleton", settle=False)
        self._wait(lambda: self._window._pages is not None)
        debrief = (self._debrief, self._spoken)
        for step in (self._start, self._session, *debrief, self._drills, self._progress, self._author, self._rest):
            step()

    def _wait(self, until=None, seconds: float = 20.0) -> None:
        import time

        from PySide6.QtCore import QCoreApplication

        end = time.monotonic() + seconds
        settled = time.monotonic() + 0.3
        while time.monotonic() < end:
            QCoreApplication.processEvents()
            time.sleep(0.005)
            if time.monotonic() > settled and (until is None or until()):
                return
        raise SystemExit("a page did not get ready")

    def _shot(self, name: str, *, settle: bool = True) -> None:
        from PySide6.QtCore import QCoreApplication

        if settle:
            self._wait()
        else:
            for _ in range(5):
                QCoreApplication.processEvents()
        self._number += 1
        path = self._outdir / f"{self._number:02}-{name}-{self._suffix}.png"
        self._window.grab().save(str(path))
        print(path)

    def _start(self) -> None:
        pages = self._window.pages
        self._wait(lambda: pages.start.state == "content")
        self._shot("start")
        bar = pages.start._page.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._shot("start-end")
        self._app.progress.fails = StorageUnavailable("The disk is full.", "Make room and try again.")
        pages.start._has_data = False
        pages.start.refresh()
        self._wait(lambda: pages.start.state == "trouble")
        self._shot("start-trouble")
        self._app.progress.fails = None
        self._window.open_case("joe-first", "first-talks", "unit-1")
        self._wait(lambda: pages.case.state == "content")
        self._shot("case")

    def _session(self) -> None:
        self._app.practise.misses_risk = True
        pages = self._window.pages
        pages.case.begin.click()
        self._wait(lambda: pages.session.state == "content" and pages.session.log.bubbles)
        self._shot("session-first-line")
        for text in (
            "What does that hour give you?",
            "So it's the one place where nobody wants anything from you, not even sleep.",
        ):
            pages.session.composer.editor.setPlainText(text)
            pages.session.composer.submit()
            self._wait(lambda: not pages.session.composer.is_waiting)
        self._app.practise.note = (
            "A word from the program: yes, this is a simulated patient, not a person. The conversation goes on."
        )
        self._app.practise.gate.clear()
        pages.session.mark()
        pages.session.bar.codes.setChecked(True)
        pages.session.composer.editor.setPlainText("Are you a real person?")
        pages.session.composer.submit()
        self._shot("session-streaming")
        self._app.practise.gate.set()
        self._wait(lambda: not pages.session.composer.is_waiting)
        self._app.practise.note = ""
        pages.session.composer.editor.setPlainText(
            "A longer turn that I am still writing,\nover two lines and then some more words to see it wrap at its end."
        )
        self._shot("session-talk")
        self._voice()
        pages.session.toggle_pause()
        self._shot("session-paused")
        pages.session.toggle_pause()
        pages.session.ask_end()
        self._wait()
        dialog = pages.session.findChildren(QDialog)[-1]
        path = self._outdir / f"{self._number:02}b-end-question-{self._suffix}.png"
        dialog.grab().save(str(path))
        dialog.accept()

    def _voice(self) -> None:
        """Talking: listening, hearing with a guess, understood words to correct, the patient speaking, paused."""
        from simpatient.services.voice.talk_events import (
            Answering,
            Captioned,
            PartialTranscript,
            Transcribed,
            VoiceBegan,
        )

        page = self._window.pages.session
        self._app.consents.given.add("microphone")
        page.bar.talk.click()
        self._wait(lambda: page.voice_bar.state == "ready")
        talk = self._app.talking.talks[-1]
        self._shot("voice-ready")
        talk.heard = "What would it be like if the hour in the garage were nothing to hide?"
        talk.happen(VoiceBegan())
        talk.happen(
            PartialTranscript("What would it be like if the hour in the garage was something you did not have to")
        )
        self._wait(lambda: bool(page.voice_bar.guess.text()))
        self._shot("voice-hearing")
        talk.happen(Transcribed("What would it be like if the hour in the garage were not something to hide?"))
        self._wait(lambda: bool(page.composer.editor.toPlainText()))
        self._shot("voice-understood")
        talk.happen(Answering("What would it be like if the hour in the garage were not something to hide?"))
        talk.happen(Captioned("Dunno."))
        talk.happen(Captioned("Quieter, maybe."))
        self._wait(lambda: page.voice_bar.state == "speaking" and "maybe" in page.log.bubbles[-1].text)
        self._shot("voice-speaking")
        page.voice.toggle_pause()
        self._shot("voice-paused")
        page.voice_bar.set_state("no_recogniser")
        self._shot("voice-no-recogniser")
        page.composer.set_waiting(False)
        page.composer.editor.setPlainText("What would it be like if the hour in the garage were not something to hide?")
        page.composer.submit()
        self._wait(lambda: _press(page, "Correct"))
        self._wait()
        dialog = next(each for each in page.findChildren(QDialog) if each.isVisible())
        dialog.grab().save(str(self._outdir / f"{self._number:02}b-correct-{self._suffix}.png"))
        dialog.reject()
        self._shot("voice-corrected")
        page.voice.end()
        page.composer.set_waiting(False)

    def _debrief(self) -> None:
        """A session with something critical in it, looked back at from end to end."""
        page = self._window.pages.debrief
        self._wait(lambda: page.state == "content" and page.form is not None)
        self._shot("own-rating")
        for rating in page.form.ratings.values():
            rating._group.button(4).click()
        page.form.button.click()
        self._wait(lambda: page.feedback is not None)
        for tab in ("feedback", "transcript", "numbers", "held"):
            page.show_tab(tab)
            self._shot(f"debrief-{tab}")
        page.show_tab("feedback")
        self._end_of(page.feedback, "debrief-feedback-end")
        page.show_tab("numbers")
        self._end_of(page.numbers, "debrief-numbers-end")
        page.show_tab("held")
        page.disclosure.button.click()
        self._wait(lambda: page.disclosure.is_open)
        self._shot("debrief-map")
        self._write(page)

    def _write(self, page) -> None:
        page.show_tab("write")
        self._shot("debrief-write")
        card = page.write.cards["making-sense"]
        card.form.editors["precipitating"].setPlainText(
            "He missed his daughter's recital. It was a missed recital too many."
        )
        card.form.editors["wish"].setPlainText("To be left alone.")
        card.save.click()
        self._wait(lambda: page.write.cards["making-sense"].form is None)
        self._shot("debrief-written")

    def _spoken(self) -> None:
        from tests.gui.driver import own_rating

        page = self._window.pages.debrief
        session = self._app.talk_aloud()
        self._app.review.rate_self(ME, session.id, own_rating())
        self._window.open_debrief(session.id)
        self._wait(lambda: page.state == "content" and page.numbers is not None and page.numbers.speaking is not None)
        page.show_tab("numbers")
        self._shot("spoken-numbers")
        speaking = page.numbers.speaking
        page.numbers.verticalScrollBar().setValue(400)
        speaking.timeline._point_at(5, speaking.timeline._times.blocks[5].words)
        self._shot("spoken-timeline")
        speaking._toggle.click()
        self._shot("spoken-table")
        page.show_tab("transcript")
        for button in page.transcript.findChildren(QPushButton):
            if button.text() in ("Show first text", "Show what was not heard"):
                button.click()
        self._shot("spoken-transcript")
        page.transcript.show_turn(7)
        self._shot("spoken-transcript-turn")

    def _end_of(self, view, name: str) -> None:
        self._wait()
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
        self._shot(name)

    def _drills(self) -> None:
        pages = self._window.pages
        self._window.go("drills")
        self._wait(lambda: pages.drills.state == "content")
        self._shot("drills-new")
        self._window.open_drill("open-questions")
        self._wait(lambda: pages.drill.state == "content")
        self._shot("drill-line")
        for text in (
            "Have you tried going to bed at another time?",
            "And perhaps it helps to lie there?",
            "What is it like, lying there while everyone else gets up?",
        ):
            pages.drill.composer.editor.setPlainText(text)
            pages.drill.composer.submit()
            self._wait(lambda: not pages.drill.composer.is_waiting)
            self._shot(f"drill-{pages.drill.answers[-1].feedback.outcome}")
            pages.drill.show_hint()
        pages.drill._talk.verticalScrollBar().setValue(0)
        self._shot("drill-top")
        pages.drill.go_on()
        self._wait(lambda: not pages.drill.answers)
        pages.drill.composer.editor.setPlainText(
            "You have to pull yourself together, and that is all there is to it. " * 3
        )
        pages.drill.composer.submit()
        self._wait(lambda: not pages.drill.composer.is_waiting)
        self._shot("drill-pushed")
        self._window.go("drills")
        self._wait()
        self._shot("drills")

    def _progress(self) -> None:
        pages = self._window.pages
        self._window.go("progress")
        self._wait(lambda: pages.progress.state == "content")
        self._shot("progress-few")
        for case in ("joe-first", "amina-first", "long-names"):
            self._app.talk(case)
        self._app.talk("amina-first", lines=2, ended=False)
        self._app.progress.sessions_per_curve = 6
        pages.progress.refresh()
        self._wait()
        self._shot("progress")
        self._end_of(pages.progress._page, "progress-end")

    def _author(self) -> None:
        pages = self._window.pages
        self._window.go("author")
        self._shot("author-empty")
        path = self._folder / "new-patient.yaml"
        path.write_text("id: x\nwrong: 1\nalso: wrong\n", encoding="utf-8")
        pages.author.open(path)
        self._wait(lambda: "problem" in pages.author.status.text())
        self._shot("author-problems")
        path.write_text("id: x\n", encoding="utf-8")
        pages.author.check()
        self._wait(lambda: pages.author.talk.start_button.isEnabled())
        pages.author.talk.begin()
        self._wait(lambda: pages.author.talk.start_button.text() == "Begin again")
        pages.author.talk.composer.editor.setPlainText("What are nights like?")
        pages.author.talk.composer.submit()
        self._wait(lambda: not pages.author.talk.composer.is_waiting)
        self._shot("author-talk")

    def _models(self) -> None:
        """Language models: without a graphics card, with one, all of them, one that is coming, one that is there."""
        import threading

        from simpatient.content.library import open_library
        from tests.model_fakes import ModelWorld

        world = ModelWorld(self._folder / "models")
        self._app.models = world.service
        world.library.all_catalogues = open_library(self._folder).catalogues()
        self._window.go("settings")
        page = self._window.pages.settings
        self._wait(lambda: page.models.buttons)
        self._shot("settings")
        world.machine.gpu_gb = 24
        page.refresh()
        self._wait(lambda: len(page.models.buttons) > 1)
        page.ensureWidgetVisible(page.models, 0, 0)
        self._scroll_to(page, page.models, "settings-models-card")
        name = next(name for name, key in page.models.buttons if key == "download")
        known = next(model for model in world.library.all_catalogues[0].models if model.id == name)
        world.publish(known.hub_id, self._folder / "hub")
        gate = threading.Event()
        world.hub.on_step = lambda: world.hub.served > 300 and gate.wait(20)
        page.models.buttons[name, "download"].click()
        self._wait(lambda: page.models.bar.value() > 0)
        self._scroll_to(page, page.models, "settings-models-download")
        gate.set()
        self._wait(lambda: (name, "use") in page.models.buttons)
        world.service.measure(name)
        world.service.choose(name)
        page.refresh()
        self._wait(lambda: ("guided", "use") in page.models.buttons)
        self._scroll_to(page, page.models, "settings-models-used")
        page.models.buttons["all", "list"].click()
        self._scroll_to(page, page.models, "settings-models-all")
        page.models.buttons["all", "list"].click()
        page.models.buttons[name, "delete"].click()
        self._wait()
        dialog = page.models.findChildren(QDialog)[-1]
        dialog.grab().save(str(self._outdir / f"{self._number:02}b-delete-model-{self._suffix}.png"))
        dialog.reject()

    def _sections(self) -> None:
        """Settings on talking: agreed, with devices, then without any."""
        page = self._window.pages.settings
        for key in ("talking", "recogniser", "server", "data"):
            page.show_section(key)
            self._wait(seconds=5)
            self._shot(f"settings-{key}")
        check = self._app.sound_check
        check.all_microphones = check.all_loudspeakers = check.all_engines = ()
        self._app.consents.given.clear()
        page.refresh()
        page.show_section("talking")
        self._shot("settings-talking-nothing")
        page.verticalScrollBar().setValue(page.voice.y() + page.voice.height() - page.height() + 60)
        self._shot("settings-talking-nothing-end")

    def _scroll_to(self, page, widget, name: str) -> None:
        self._wait()
        page.verticalScrollBar().setValue(widget.y() - 16)
        self._shot(name)

    def _rest(self) -> None:
        self._models()
        self._sections()
        self._window.go("start")
        self._wait()
        self._window.tell("Saved feedback.pdf, with an accessible HTML version beside it.")
        self._shot("start-continue-banner")
        self._window.frame.show_shortcuts()
        self._wait()
        dialog = self._window.findChildren(QDialog)[-1]
        dialog.grab().save(str(self._outdir / f"{self._number + 1:02}-shortcuts-{self._suffix}.png"))
        dialog.close()


def _press(page, text: str) -> bool:
    found = [each for each in page.findChildren(QPushButton) if each.text() == text]
    if found:
        found[-1].click()
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
