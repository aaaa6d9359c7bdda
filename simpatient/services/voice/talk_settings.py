"""Choices that more than the window acts on, read from the settings. Must not know who chose them."""

from pydantic import ValidationError

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.speech import TalkSettings
from simpatient.runtime.settings_store import SettingsStore

TALKING = "talking"


def read_talking(store: SettingsStore) -> TalkSettings:
    """Return the choices for talking; the default in place of each that is missing or cannot be used."""
    try:
        stored = store.read(TALKING)
    except StorageUnavailable:
        return TalkSettings()
    usable: dict[str, object] = {}
    for name in TalkSettings.model_fields.keys() & stored.keys():
        try:
            TalkSettings.model_validate({name: stored[name]})
        except ValidationError:
            continue
        usable[name] = stored[name]
    return TalkSettings.model_validate(usable)


def write_talking(store: SettingsStore, settings: TalkSettings) -> None:
    """Keep the choices for talking.

    Raises:
        StorageUnavailable: They cannot be written.
    """
    store.write(TALKING, settings.model_dump(mode="json"))
