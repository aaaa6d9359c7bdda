"""A server's key typed by the user: kept for them alone, replaced, and gone with the server."""

import os
import stat

import pytest

from simpatient.domain.errors import UserFacingError
from simpatient.domain.models.servers import ServerChoice
from simpatient.llm.remote.remote_server import KEY_FILE, make_server, read_server
from simpatient.llm.remote.server_settings import FileServerSettings
from simpatient.runtime.settings_store import SETTINGS_FILE, SettingsStore

CHOICE = ServerChoice(url="https://models.example.org/v1", model="ours")


def test_a_typed_key_is_kept_for_its_owner_alone_and_never_in_the_settings(tmp_path):
    settings = FileServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me")
    path = settings.set(CHOICE, "sk-secret")
    assert "sk-secret" not in path.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert read_server(SettingsStore(tmp_path / SETTINGS_FILE)).key() == "sk-secret"
    settings.set(settings.chosen(), "sk-other")
    assert read_server(SettingsStore(tmp_path / SETTINGS_FILE)).key() == "sk-other"


@pytest.mark.parametrize("end", ["another", "forget"])
def test_a_kept_key_goes_when_it_is_no_longer_used(tmp_path, end):
    settings = FileServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me")
    settings.set(CHOICE, "sk-secret")
    if end == "forget":
        settings.forget()
    else:
        settings.set(CHOICE)
    assert not (tmp_path / KEY_FILE).exists()


def test_what_is_no_key_is_refused_and_nothing_changes(tmp_path):
    with pytest.raises(UserFacingError, match="A key is one line"):
        FileServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me").set(CHOICE, "two words")
    assert read_server(SettingsStore(tmp_path / SETTINGS_FILE)) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"url": "models.example.org", "model": "m"}, "The address must look like"),
        ({"url": "https://x.org", "model": ""}, "The name of the model cannot be used."),
    ],
)
def test_a_message_names_no_field_of_ours(values, words):
    with pytest.raises(UserFacingError) as caught:
        make_server(**values)
    assert caught.value.message.startswith(words)
