"""What the user chose about the window: theme, text size, size of the window.

Kept in Qt's own settings file, because it has to be known before the first paint. Must not know
services; practice data never goes here.
"""

from PySide6.QtCore import QByteArray, QSettings

from simpatient.gui.base.tokens import TEXT_SIZES

THEMES = ("system", "light", "dark")


class Preferences:
    """Typed access to the settings; an unknown stored value falls back to the default."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "simpatient", "window"
        )

    @property
    def theme(self) -> str:
        """``system``, ``light`` or ``dark``."""
        return self._choice("theme", THEMES, "system")

    @theme.setter
    def theme(self, value: str) -> None:
        self._settings.setValue("theme", value)

    @property
    def text_size(self) -> str:
        """A key of ``TEXT_SIZES``."""
        return self._choice("text_size", tuple(TEXT_SIZES), "normal")

    @text_size.setter
    def text_size(self, value: str) -> None:
        self._settings.setValue("text_size", value)

    @property
    def geometry(self) -> QByteArray:
        """The window's size and place as Qt saved it; empty the first time."""
        value = self._settings.value("geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._settings.setValue("geometry", value)

    @property
    def shows_codes(self) -> bool:
        """Whether the session page shows live codes; off until chosen."""
        return self._choice("shows_codes", ("no", "yes"), "no") == "yes"

    @shows_codes.setter
    def shows_codes(self, value: bool) -> None:
        self._settings.setValue("shows_codes", "yes" if value else "no")

    @property
    def has_heard_of_models(self) -> bool:
        """Whether the hint at language models was given."""
        return self._choice("has_heard_of_models", ("no", "yes"), "no") == "yes"

    @has_heard_of_models.setter
    def has_heard_of_models(self, value: bool) -> None:
        self._settings.setValue("has_heard_of_models", "yes" if value else "no")

    @property
    def has_heard_of_talking(self) -> bool:
        """Whether the hint that one can talk with the patient was dismissed, or has become needless."""
        return self._choice("has_heard_of_talking", ("no", "yes"), "no") == "yes"

    @has_heard_of_talking.setter
    def has_heard_of_talking(self, value: bool) -> None:
        self._settings.setValue("has_heard_of_talking", "yes" if value else "no")

    @property
    def voice(self) -> str:
        """The choices for talking as JSON (``VoiceSettings``); '' until something was chosen."""
        return str(self._settings.value("voice", ""))

    @voice.setter
    def voice(self, value: str) -> None:
        self._settings.setValue("voice", value)

    def _choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = str(self._settings.value(key, default))
        return value if value in allowed else default
