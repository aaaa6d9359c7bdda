"""What the user has chosen, the same for window, services and command line."""

from pathlib import Path

from simpatient.runtime.settings_store import SETTINGS_FILE, SettingsStore


def open_settings(home: Path) -> SettingsStore:
    """Return the settings of a home, which need not exist yet."""
    return SettingsStore(home / SETTINGS_FILE)
