"""What the user chose about the window, as the pages ask for it: a view of the settings store.

Only the window's size and place stay in Qt's own file: they belong to the screen, not to the user's home. What
0.3.0 kept there is taken over once. Must not know services; practice data never goes here.
"""

import contextlib
import json
import logging
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from simpatient.domain.errors import StorageUnavailable
from simpatient.gui.base.tokens import TEXT_SIZES
from simpatient.runtime.settings_store import SettingsStore

THEMES = ("system", "light", "dark")
WINDOW = "window"
_PERSON = "person"
_TALKING = "talking"  # of services.voice.talk_settings, which would be slow to import before the first paint
_log = logging.getLogger(__name__)
_CHOICES = ("theme", "text_size")
_SWITCHES = ("shows_codes", "has_heard_of_models", "has_heard_of_talking")


class Preferences:
    """Typed access to the settings; an unknown stored value falls back to the default.

    Args:
        store: The settings of the user's home.
        screen: Where the window's size and place are kept; Qt's own file where None.
    """

    def __init__(self, store: SettingsStore, screen: QSettings | None = None) -> None:
        self._store = store
        self._screen = screen or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "simpatient", "window"
        )
        self._unsaved: dict[str, object] = {}
        with contextlib.suppress(StorageUnavailable):
            self._adopt_former()

    @property
    def store(self) -> SettingsStore:
        """The settings that this is a view of."""
        return self._store

    @property
    def theme(self) -> str:
        """``system``, ``light`` or ``dark``."""
        return self._choice("theme", THEMES, "system")

    @theme.setter
    def theme(self, value: str) -> None:
        self._keep("theme", value)

    @property
    def text_size(self) -> str:
        """A key of ``TEXT_SIZES``."""
        return self._choice("text_size", tuple(TEXT_SIZES), "normal")

    @text_size.setter
    def text_size(self, value: str) -> None:
        self._keep("text_size", value)

    @property
    def geometry(self) -> QByteArray:
        """The window's size and place as Qt saved it; empty the first time."""
        value = self._screen.value("geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._screen.setValue("geometry", value)

    @property
    def shows_codes(self) -> bool:
        """Whether the session page shows live codes; off until chosen."""
        return self._read("shows_codes") is True

    @shows_codes.setter
    def shows_codes(self, value: bool) -> None:
        self._keep("shows_codes", value)

    @property
    def has_heard_of_models(self) -> bool:
        """Whether the hint about language models was given."""
        return self._read("has_heard_of_models") is True

    @has_heard_of_models.setter
    def has_heard_of_models(self, value: bool) -> None:
        self._keep("has_heard_of_models", value)

    @property
    def has_heard_of_talking(self) -> bool:
        """Whether the hint that one can talk with the patient was dismissed, or is no longer needed."""
        return self._read("has_heard_of_talking") is True

    @has_heard_of_talking.setter
    def has_heard_of_talking(self, value: bool) -> None:
        self._keep("has_heard_of_talking", value)

    @property
    def person_name(self) -> str:
        """What the user wants to be called in reports; '' for the name they log in with."""
        try:
            found = self._store.read(_PERSON).get("name")
        except StorageUnavailable:
            return ""
        return found if isinstance(found, str) else ""

    @person_name.setter
    def person_name(self, value: str) -> None:
        try:
            self._store.write(_PERSON, {"name": value})
        except StorageUnavailable as error:
            _log.warning("%s", error)

    @property
    def export_folder(self) -> str:
        """Where the last exported file went; '' until there was one."""
        found = self._read("export_folder")
        return found if isinstance(found, str) else ""

    @export_folder.setter
    def export_folder(self, value: str) -> None:
        self._keep("export_folder", value)

    def _choice(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._read(key)
        return value if isinstance(value, str) and value in allowed else default

    def _read(self, key: str) -> Any:
        if key in self._unsaved:
            return self._unsaved[key]
        try:
            return self._store.read(WINDOW).get(key)
        except StorageUnavailable:
            return None

    def _keep(self, key: str, value: object) -> None:
        try:
            self._store.write(WINDOW, {**self._unsaved, key: value})
            self._unsaved.clear()
        except StorageUnavailable as error:  # a full disk must not stop the window; the choice holds until it closes
            self._unsaved[key] = value
            _log.warning("%s", error)

    def _adopt_former(self) -> None:
        """Take over what 0.3.0 kept in Qt's file, once."""
        if not self._store.read(WINDOW) and any(self._screen.contains(key) for key in (*_CHOICES, *_SWITCHES)):
            former: dict[str, object] = {key: self._screen.value(key) for key in _CHOICES if self._screen.contains(key)}
            switches = {key: self._screen.value(key) == "yes" for key in _SWITCHES if self._screen.contains(key)}
            self._store.write(WINDOW, {**former, **switches})
        if not self._store.read(_TALKING) and self._screen.contains("voice"):
            with contextlib.suppress(ValueError):
                talking = json.loads(str(self._screen.value("voice")))
                self._store.write(_TALKING, talking if isinstance(talking, dict) else {})
        for key in (*_CHOICES, *_SWITCHES, "voice"):
            self._screen.remove(key)
