"""The trainee's choices for talking, read from and written to the preferences. Must not know widgets."""

from pydantic import ValidationError

from simpatient.domain.speech import TalkSettings
from simpatient.gui.base.preferences import Preferences


def read_talk_settings(preferences: Preferences) -> TalkSettings:
    """Return the choices; the defaults where none, or none that can be used, are stored."""
    try:
        return TalkSettings.model_validate_json(preferences.voice) if preferences.voice else TalkSettings()
    except ValidationError:
        return TalkSettings()


def write_talk_settings(preferences: Preferences, settings: TalkSettings) -> None:
    """Keep the choices."""
    preferences.voice = settings.model_dump_json()
