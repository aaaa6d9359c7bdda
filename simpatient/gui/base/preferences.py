"""What the user chose about the window: theme, text size, size of the window.

Kept in a file of Qt's, because it has to be known before the first paint, and in the home, so that a copy of the home
is whole. Must not know services; practice data never goes here.
"""

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from simpatient.gui.base.tokens import TEXT_SIZES

FILE_NAME = "window.ini"
THEMES = ("system", "light", "dark")


class Preferences:
    """Typed access to the settings; an unknown stored value falls back to the default."""

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "simpatient", "window"
        )

    @classmethod
    def in_home(cls, home: Path) -> "Preferences":
        """Return the preferences of a home; those of a version that kept them elsewhere are taken over once."""
        path = home / FILE_NAME
        is_new = not path.exists()
        kept = QSettings(str(path), QSettings.Format.IniFormat)
        if is_new:
            old = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "simpatient", "window")
            for key in old.allKeys():
                kept.setValue(key, old.value(key))
        return cls(kept)

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

    @property
    def export_folder(self) -> str:
        """Where the last exported file went; '' until there was one."""
        return str(self._settings.value("export_folder", ""))

    @export_folder.setter
    def export_folder(self, value: str) -> None:
        self._settings.setValue("export_folder", value)

    def _choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = str(self._settings.value(key, default))
        return value if value in allowed else default
