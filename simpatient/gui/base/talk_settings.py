"""The trainee's choices for talking, by way of the preferences. Must not know widgets."""

from simpatient.domain.speech import TalkSettings
from simpatient.gui.base.preferences import Preferences
from simpatient.services.voice.talk_settings import read_talking, write_talking


def read_talk_settings(preferences: Preferences) -> TalkSettings:
    """Return the choices; the default for each that is missing or cannot be used."""
    return read_talking(preferences.store)


def write_talk_settings(preferences: Preferences, settings: TalkSettings) -> None:
    """Keep the choices."""
    write_talking(preferences.store, settings)
