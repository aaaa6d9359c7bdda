"""A server's key typed by the user: kept for them alone, replaced, and gone with the server."""

import os
import stat

import pytest

from simpatient.domain.errors import UserFacingError
from simpatient.domain.models.servers import RemoteServer, make_server
from simpatient.llm.remote.server_key import key_of
from simpatient.llm.remote.server_settings import KEY_FILE, StoredServerSettings, read_server
from simpatient.runtime.settings_store import SETTINGS_FILE, SettingsStore

SERVER = RemoteServer(url="https://models.example.org/v1", model="ours")


def test_a_typed_key_is_kept_for_its_owner_alone_and_never_in_the_settings(tmp_path):
    settings = StoredServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me")
    path = settings.set(SERVER, "sk-secret")
    assert "sk-secret" not in path.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert key_of(read_server(SettingsStore(tmp_path / SETTINGS_FILE))) == "sk-secret"
    settings.set(settings.chosen(), "sk-other")
    assert key_of(read_server(SettingsStore(tmp_path / SETTINGS_FILE))) == "sk-other"


@pytest.mark.parametrize("end", ["another", "forget"])
def test_a_kept_key_goes_when_it_is_no_longer_used(tmp_path, end):
    settings = StoredServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me")
    settings.set(SERVER, "sk-secret")
    if end == "forget":
        settings.forget()
    else:
        settings.set(SERVER)
    assert not (tmp_path / KEY_FILE).exists()


def test_what_is_no_key_is_refused_and_nothing_changes(tmp_path):
    with pytest.raises(UserFacingError, match="A key is one line"):
        StoredServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me").set(SERVER, "two words")
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


def test_whoever_asks_which_server_is_chosen_gets_neither_key_nor_secret(tmp_path):
    settings = StoredServerSettings(SettingsStore(tmp_path / SETTINGS_FILE), "me")
    settings.set(SERVER, "sk-secret")
    assert read_server(SettingsStore(tmp_path / SETTINGS_FILE)).secret
    shown = settings.chosen()
    assert shown.secret == ""
    assert "sk-secret" not in shown.model_dump_json()
