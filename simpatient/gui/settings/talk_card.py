"""The section of the settings about talking: consent, how one talks, devices with a test, the patient's voice.

Every choice takes effect with the next conversation. Must not know devices or engines themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from simpatient.domain.people.consent import Purpose
from simpatient.domain.speech import AudioDevice, SpeechEngine, TalkSettings, VoiceStyle
from simpatient.gui.base.bridge import Trouble, Work, WorkerJob
from simpatient.gui.base.context import Context
from simpatient.gui.base.talk_settings import read_talk_settings, write_talk_settings
from simpatient.gui.base.tokens import SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.drawn.meter import LevelBar
from simpatient.gui.widgets.fields import DropDown
from simpatient.gui.widgets.layout import column, row
from simpatient.gui.widgets.text import divider, label
from simpatient.services.privacy.consent import WORDINGS, ConsentService
from simpatient.services.voice.sound_check import SoundCheckService

_INTRO = (
    "You can talk with the patients instead of typing. Your words are turned into text on this computer, and you "
    "read them before they are sent."
)
_MODES = (("push_to_talk", "Hold a key"), ("hands_free", "Hands-free"))
_PATIENCE = (
    ("0.8", "Brisk, 0.8 s"),
    ("1.2", "Usual, 1.2 s"),
    ("2.0", "Calm, 2 s"),
    ("3.0", "Leave room for silence, 3 s"),
)
_EARS = (("no", "Loudspeakers"), ("yes", "Headphones"))
_REVIEW = (("yes", "Read first"), ("no", "Send at once"))
_DAYS = (("no", "Never"), ("7", "7 days"), ("30", "30 days"), ("365", "A year"))
_DEFAULT = "System default"
_Found = tuple[tuple[AudioDevice, ...], tuple[AudioDevice, ...], tuple[SpeechEngine, ...], bool, bool]


class TalkCard(QFrame):
    """Choices and tests for talking."""

    def __init__(self, sound_check: SoundCheckService, consents: ConsentService, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._sound_check, self._consents, self._context = sound_check, consents, context
        self._test: WorkerJob[None] | None = None
        self._box = column(self, SPACE_4, SPACE_5)
        self._box.addWidget(label("Talking", "h2"))
        self._box.addWidget(label(_INTRO, "soft"))
        self._build_consent()
        self._build_manner()
        self._build_devices()
        self._show(read_talk_settings(context.preferences))

    def refresh(self) -> None:
        """Look again at devices, engines and consents."""
        check, consents, me = self._sound_check, self._consents, self._context.actor

        def look() -> _Found:
            allowed = consents.has(me, "microphone"), consents.has(me, "keep_audio")
            return check.microphones(), check.loudspeakers(), check.engines(), *allowed

        self._context.lane.call(lambda _: look(), self._on_found, self._on_trouble)

    # Building

    def _build_consent(self) -> None:
        self.allow = Button("Agree", "primary", on_click=lambda: self._consent("microphone", given=True))
        self.forbid = Button("Withdraw", on_click=lambda: self._consent("microphone", given=False))
        self.allow.setAccessibleName("Agree to the microphone")
        self.forbid.setAccessibleName("Withdraw consent to the microphone")
        self.consent_words = label("", "strong")
        inner = column(spacing=SPACE_2)
        inner.addWidget(self.consent_words)
        inner.addWidget(label(WORDINGS["microphone"], "small"))
        inner.addLayout(row(self.allow, self.forbid, None))
        self._box.addLayout(inner)

    def _build_manner(self) -> None:
        self._box.addWidget(divider())
        self.mode = self._choice("How you speak", _MODES, lambda key: self._set(mode=key))
        self.patience = self._choice(
            "Hands-free: a turn is over after", _PATIENCE, lambda key: self._set(patience_s=float(key))
        )
        self.ears = self._choice(
            "You hear the patient through",
            _EARS,
            lambda key: self._set(uses_headphones=key == "yes"),
            "With headphones you can interrupt by speaking; with loudspeakers, by the key or the button.",
        )
        self.review = self._choice(
            "Before your words are sent", _REVIEW, lambda key: self._set(reviews_text=key == "yes")
        )
        self.keep = self._choice("Keep recordings of your turns", _DAYS, self._on_keep, WORDINGS["keep_audio"])

    def _build_devices(self) -> None:
        self._box.addWidget(divider())
        self.microphones = self._list("Microphone", lambda key: self._set(microphone=key))
        self.loudspeakers = self._list("Loudspeaker or headphones", lambda key: self._set(loudspeaker=key))
        self.engines = self._list("The patient's voice", lambda key: self._set(engine=key))
        self.engine_note = label("", "small")
        self._box.addWidget(self.engine_note)
        self.meter = LevelBar()
        self.record = Button("Record 4 seconds and play them", "plain", "microphone", on_click=self._on_record)
        self.speak = Button("Speak a sample", on_click=self._on_speak)
        self.stop = Button("Stop", on_click=self._on_stop)
        self.status = label("", "small")
        self.status.setAccessibleName("State of the test")
        self._box.addLayout(row(self.record, self.speak, self.stop, self.meter, None, spacing=SPACE_3))
        self._box.addWidget(self.status)
        self._show_test("")

    def _choice(
        self, title: str, options: Sequence[tuple[str, str]], act: Callable[[str], None], note: str = ""
    ) -> SegmentedControl:
        made = SegmentedControl(options, title)
        made.chosen.connect(act)
        self._titled(title, made, note)
        return made

    def _list(self, title: str, act: Callable[[str], None]) -> DropDown:
        made = DropDown()
        made.setAccessibleName(title)
        made.setSizeAdjustPolicy(DropDown.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(34)
        made.activated.connect(lambda _: act(str(made.currentData())))
        self._titled(title, made)
        return made

    def _titled(self, title: str, widget: QWidget, note: str = "") -> None:
        inner: QVBoxLayout = column(spacing=SPACE_2)
        inner.addWidget(label(title, "strong"))
        inner.addLayout(row(widget, None))
        if note:
            inner.addWidget(label(note, "small"))
        self._box.addLayout(inner)

    # Choosing

    def _set(self, **changed: object) -> None:
        preferences = self._context.preferences
        write_talk_settings(
            preferences, TalkSettings.model_validate({**read_talk_settings(preferences).model_dump(), **changed})
        )

    def _show(self, settings: TalkSettings) -> None:
        self.mode.choose(settings.mode)
        self.patience.choose(min((key for key, _ in _PATIENCE), key=lambda key: abs(float(key) - settings.patience_s)))
        self.ears.choose("yes" if settings.uses_headphones else "no")
        self.review.choose("yes" if settings.reviews_text else "no")
        days = min((key for key, _ in _DAYS[1:]), key=lambda key: abs(int(key) - settings.keep_days))
        self.keep.choose(days if settings.keeps_audio else "no")

    def _on_keep(self, key: str) -> None:
        if key == "no":
            self._set(keeps_audio=False)
            self._consent("keep_audio", given=False)
        else:
            self._set(keeps_audio=True, keep_days=int(key))
            self._consent("keep_audio", given=True)

    def _consent(self, purpose: Purpose, *, given: bool) -> None:
        consents, me = self._consents, self._context.actor
        act = consents.give if given else consents.withdraw
        self._context.lane.call(lambda _: act(me, purpose), lambda _: self.refresh(), self._on_trouble)

    def _on_found(self, found: _Found) -> None:
        microphones, loudspeakers, engines, may_listen, may_keep = found
        settings = read_talk_settings(self._context.preferences)
        self.consent_words.setText("You have agreed to the microphone." if may_listen else "The microphone stays off.")
        self.allow.setVisible(not may_listen)
        self.forbid.setVisible(may_listen)
        self.record.setEnabled(may_listen and bool(microphones))
        if settings.keeps_audio and not may_keep:
            self._set(keeps_audio=False)
            self.keep.choose("no")
        _fill(self.microphones, _named(microphones, "No microphone was found"), settings.microphone)
        _fill(self.loudspeakers, _named(loudspeakers, "No loudspeaker was found"), settings.loudspeaker)
        here = [(each.id, each.title) for each in engines if each.is_here]
        _fill(self.engines, [("", _DEFAULT if here else "No voice was found"), *here], settings.engine)
        self.speak.setEnabled(bool(here and loudspeakers))
        self.engine_note.setText(" ".join(f"{each.title}: {each.note}" for each in engines if each.note))
        self.engine_note.setVisible(bool(self.engine_note.text()))

    # Testing

    def _on_record(self) -> None:
        check, me = self._sound_check, self._context.actor
        settings = read_talk_settings(self._context.preferences)

        def test(work: Work) -> None:
            check.record_and_play(me, settings, lambda level: work.chunk(f"{level:.1f}\n"), work.cancel)

        self._start(test, "Say something: recording 4 seconds, then you hear them.")

    def _on_speak(self) -> None:
        check, settings = self._sound_check, read_talk_settings(self._context.preferences)
        self._start(lambda work: check.speak(VoiceStyle(), settings, work.cancel), "Speaking a sample …")

    def _start(self, test: Callable[[Work], None], words: str) -> None:
        self._show_test(words)
        self._test = self._context.sounds.call(
            test, lambda _: self._show_test("Done."), self._on_test_failed, self._on_level
        )

    def _on_level(self, told: str) -> None:
        self.meter.set_level(float(told.split()[-1]))

    def _on_stop(self) -> None:
        if self._test is not None:
            self._test.cancel()
        self._show_test("Stopped.")

    def _on_test_failed(self, trouble: Trouble) -> None:
        self._show_test(f"{trouble.message} {trouble.action}")

    def _on_trouble(self, trouble: Trouble) -> None:
        self._context.navigator.tell_trouble(trouble)

    def _show_test(self, words: str) -> None:
        is_running = words.endswith("…") or "recording" in words
        self.status.setText(words)
        self.status.setVisible(bool(words))
        self.stop.setVisible(is_running)
        self.meter.setVisible(is_running)


def _named(devices: Sequence[AudioDevice], nothing: str) -> list[tuple[str, str]]:
    """Return ids and names for a list, the system's choice first."""
    if not devices:
        return [("", nothing)]
    default = next((each.name for each in devices if each.is_default), "")
    return [("", f"{_DEFAULT} ({default})" if default else _DEFAULT), *((each.id, each.name) for each in devices)]


def _fill(shown: DropDown, options: Sequence[tuple[str, str]], chosen: str) -> None:
    shown.clear()
    for key, name in options:
        shown.addItem(name, key)
    shown.setCurrentIndex(max(0, shown.findData(chosen)))
    shown.setEnabled(len(options) > 1)
