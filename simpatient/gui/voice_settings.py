"""The trainee's choices for talking, read from and written to the preferences. Must not know widgets."""

from pydantic import ValidationError

from simpatient.domain.speech import VoiceSettings
from simpatient.gui.preferences import Preferences


def read_voice(preferences: Preferences) -> VoiceSettings:
    """Return the choices; the defaults where none, or none that can be used, are stored."""
    try:
        return VoiceSettings.model_validate_json(preferences.voice) if preferences.voice else VoiceSettings()
    except ValidationError:
        return VoiceSettings()


def write_voice(preferences: Preferences, settings: VoiceSettings) -> None:
    """Keep the choices."""
    preferences.voice = settings.model_dump_json()
