"""Settings: look, talking, recogniser, language model, server, where data is kept, what this program is and is not."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simpatient import __version__
from simpatient.gui.context import Context
from simpatient.gui.models_card import ModelsCard
from simpatient.gui.recognisers_card import RecognisersCard
from simpatient.gui.server_card import ServerCard
from simpatient.gui.theme import Theme
from simpatient.gui.tokens import READING_WIDTH, SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.voice_card import VoiceCard
from simpatient.gui.widgets.controls import Button, Segments
from simpatient.gui.widgets.layout import ScrollPage, card, column, row
from simpatient.gui.widgets.text import Elided, label

_THEMES = (("system", "Like the system"), ("light", "Light"), ("dark", "Dark"))
_SIZES = (("small", "Small"), ("normal", "Normal"), ("large", "Large"), ("largest", "Largest"))
_ABOUT = (
    "The patients are simulated. They are not people, and what they say is written by authors and chosen by a program.",
    "This is practice. It is not therapy, not supervision and not a clinical tool. Nobody is assessed by it alone.",
    "Numbers are estimates from a program that mishears. Each shows what it rests on; disagree with it freely.",
    "Sessions stay on this computer. Nothing is sent anywhere; a model is downloaded only when you ask for it.",
)


class SettingsPage(ScrollPage):
    """Few choices, all taking effect at once."""

    def __init__(self, context: Context) -> None:
        super().__init__("Settings", READING_WIDTH, SPACE_5)
        self._context = context
        self.body.addWidget(label("Settings", "h1"))
        preferences = context.preferences
        look, box = card(spacing=SPACE_5, margin=SPACE_5)
        box.addWidget(label("Look", "h2"))
        self.themes = self._choice(box, "Theme", _THEMES, preferences.theme)
        self.sizes = self._choice(box, "Text size", _SIZES, preferences.text_size)
        self.themes.chosen.connect(self._on_theme)
        self.sizes.chosen.connect(self._on_size)
        self.body.addWidget(look)
        self.voice = VoiceCard(context)
        self.recognisers = RecognisersCard(context)
        self.models = ModelsCard(context)
        self.server = ServerCard(context, self.models.refresh)
        for each in (self.voice, self.recognisers, self.models, self.server):
            self.body.addWidget(each)
        self.body.addWidget(self._build_data())
        self.body.addWidget(_build_about())
        self.body.addStretch(1)

    def refresh(self) -> None:
        """Look again at devices, recognisers and language models."""
        self.voice.refresh()
        self.recognisers.refresh()
        self.models.refresh()
        self.server.refresh()

    def _choice(self, box: QVBoxLayout, title: str, options: tuple[tuple[str, str], ...], now: str) -> Segments:
        segments = Segments(options, title)
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
        home = self._context.app.home
        line = row(spacing=SPACE_4)
        line.addWidget(Elided(str(home), "strong"), 1)
        line.addWidget(
            Button("Open the folder", on_click=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(home))))
        )
        box.addLayout(line)
        return frame

    def _on_theme(self, key: str) -> None:
        self._context.preferences.theme = key
        Theme.current().choose(key, self._context.preferences.text_size)

    def _on_size(self, key: str) -> None:
        self._context.preferences.text_size = key
        Theme.current().choose(self._context.preferences.theme, key)


def _build_about() -> QWidget:
    frame, box = card(spacing=SPACE_2, margin=SPACE_5)
    box.addWidget(label(f"About simpatient {__version__}", "h2"))
    for words in _ABOUT:
        box.addWidget(label(words))
    box.addWidget(label("Licence: Apache-2.0. Fonts: Inter (SIL Open Font License), DejaVu Sans.", "small"))
    return frame
