"""Settings: look, talking, recogniser, language model, server, where data is kept, what this program is and is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from simpatient import __version__
from simpatient.gui.base.context import Context
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import READING_WIDTH, SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.settings.bin_card import BinCard
from simpatient.gui.settings.models_card import ModelsCard
from simpatient.gui.settings.recognisers_card import RecognisersCard
from simpatient.gui.settings.server_card import ServerCard
from simpatient.gui.settings.talk_card import TalkCard
from simpatient.gui.widgets.controls import Button, SegmentedControl
from simpatient.gui.widgets.layout import CardGrid, ScrollPage, card, column, row
from simpatient.gui.widgets.text import Elided, label
from simpatient.services.models.models import ModelService
from simpatient.services.models.recognisers import RecogniserService
from simpatient.services.privacy.bin import BinService
from simpatient.services.privacy.consent import ConsentService
from simpatient.services.voice.sound_check import SoundCheckService

_THEMES = (("system", "Match system"), ("light", "Light"), ("dark", "Dark"))
_SIZES = (("small", "Small"), ("normal", "Normal"), ("large", "Large"), ("largest", "Largest"))
_SECTIONS = (
    ("look", "Look"),
    ("talking", "Talking"),
    ("recogniser", "Speech recognition"),
    ("model", "Language model"),
    ("server", "Server"),
    ("data", "Your data"),
    ("bin", "Bin"),
    ("about", "About"),
)
# Cards are filled one after the other by the lane; so long the page keeps to the section that was asked for.
_SETTLE_MS = 1500
_LONGEST_NAME = 100
_CONTROLS = (Button, QLineEdit)
_ABOUT = (
    "The patients are simulated. They are not people, and what they say is written by authors and chosen by a program.",
    "This is practice. It is not therapy, not supervision and not a clinical tool. Nobody is assessed by it alone.",
    "Numbers are estimates from a program that can be wrong. Each shows the evidence behind it, so you can disagree.",
    "Sessions stay on this computer. Nothing is sent anywhere; a model is downloaded only when you ask for it.",
)


class SettingsServices(Protocol):
    """What the settings ask."""

    home: Path
    sound_check: SoundCheckService
    consents: ConsentService
    recognisers: RecogniserService
    models: ModelService
    bin: BinService


class SettingsPage(ScrollPage):
    """Few choices, all taking effect at once."""

    def __init__(self, services: SettingsServices, context: Context) -> None:
        super().__init__("Settings", READING_WIDTH, SPACE_5, dressed=True)
        self._home, self._context = services.home, context
        self.body.addWidget(label("Settings", "h1"))
        self._sections: dict[str, QWidget] = {}
        self._wanted: QWidget | None = None
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLE_MS)
        # The first section is there to be seen anyway.
        self.ways = {key: _way(words, key, self.show_section) for key, words in _SECTIONS[1:]}
        self.body.addWidget(CardGrid(list(self.ways.values()), 200))
        preferences = context.preferences
        look, box = card(spacing=SPACE_5, margin=SPACE_5)
        keys = Button("Keyboard shortcuts", "quiet", "key", name="Show the keyboard shortcuts", on_click=self._on_keys)
        keys.setToolTip("Keyboard shortcuts (F1)")
        box.addLayout(row(label("Look", "h2"), None, keys))
        self.themes = self._choice(box, "Theme", _THEMES, preferences.theme)
        self.sizes = self._choice(box, "Text size", _SIZES, preferences.text_size)
        self.themes.chosen.connect(self._on_theme)
        self.sizes.chosen.connect(self._on_size)
        self.voice = TalkCard(services.sound_check, services.consents, context)
        self.recognisers = RecognisersCard(services.recognisers, context)
        self.models = ModelsCard(services.models, context)
        self.server = ServerCard(services.models, context, self.models.refresh)
        self.bin = BinCard(services.bin, context)
        shown = (look, self.voice, self.recognisers, self.models, self.server, self._build_data(), self.bin)
        for (key, _), each in zip(_SECTIONS, (*shown, _build_about()), strict=True):
            self._sections[key] = each
            self.body.addWidget(each)
        self.body.addStretch(1)
        self.verticalScrollBar().rangeChanged.connect(lambda *_: self._scroll_on())

    def refresh(self) -> None:
        """Look again at devices, recognisers and language models."""
        self.voice.refresh()
        self.recognisers.refresh()
        self.models.refresh()
        self.server.refresh()
        self.bin.refresh()

    def show_section(self, key: str) -> None:
        """Scroll to a section (a key of ``_SECTIONS``) and put the keyboard there."""
        self._wanted = self._sections[key]
        controls = self._wanted.findChildren(QWidget)
        first = next((each for each in controls if isinstance(each, _CONTROLS) and _can_take_focus(each)), None)
        if first is not None:
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._settling.start()
        QTimer.singleShot(0, self._scroll_on)

    def _scroll_on(self) -> None:
        """Go to the wanted section, again while cards above it are still being filled."""
        if self._wanted is not None and self._settling.isActive():
            self.verticalScrollBar().setValue(self._wanted.y() + self._inner.y() - SPACE_4)

    def _choice(self, box: QVBoxLayout, title: str, options: tuple[tuple[str, str], ...], now: str) -> SegmentedControl:
        segments = SegmentedControl(options, title)
        segments.choose(now)
        inner = column(spacing=SPACE_2)
        inner.addWidget(label(title, "strong"))
        inner.addLayout(row(segments, None))
        box.addLayout(inner)
        return segments

    def _build_data(self) -> QWidget:
        frame, box = card(spacing=SPACE_2, margin=SPACE_5)
        box.addWidget(label("Your data", "h2"))
        box.addWidget(label("Sessions, ratings and scores are kept in one folder on this computer.", "soft"))
        self.name = QLineEdit(self._context.preferences.person_name)
        self.name.setAccessibleName("Your name in reports")
        self.name.setPlaceholderText("The name you log in with")
        self.name.setMaxLength(_LONGEST_NAME)
        self.name.editingFinished.connect(self._on_name)
        box.addWidget(label("Your name in reports", "strong"))
        box.addWidget(self.name)
        box.addWidget(label("Where it is kept", "strong"))
        home = self._home
        line = row(spacing=SPACE_4)
        line.addWidget(Elided(str(home), "strong"), 1)
        line.addWidget(
            Button("Open the folder", on_click=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(home))))
        )
        box.addLayout(line)
        return frame

    def _on_keys(self) -> None:
        self._context.navigator.show_shortcuts()

    def _on_name(self) -> None:
        self._context.preferences.person_name = self.name.text().strip()

    def _on_theme(self, key: str) -> None:
        self._context.preferences.theme = key
        Theme.current().choose(key, self._context.preferences.text_size)

    def _on_size(self, key: str) -> None:
        self._context.preferences.text_size = key
        Theme.current().choose(self._context.preferences.theme, key)


def _way(words: str, key: str, on_click: Callable[[str], None]) -> Button:
    return Button(words, name=f"Go to {words}", on_click=lambda: on_click(key))


def _can_take_focus(control: QWidget) -> bool:
    return control.isEnabled() and not control.isHidden()


def _build_about() -> QWidget:
    frame, box = card(spacing=SPACE_2, margin=SPACE_5)
    box.addWidget(label(f"About simpatient {__version__}", "h2"))
    for words in _ABOUT:
        box.addWidget(label(words))
    box.addWidget(label("Licence: Apache-2.0. Fonts: Inter (SIL Open Font License), DejaVu Sans.", "small"))
    return frame
