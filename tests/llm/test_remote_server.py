"""The settings of a remote server: what they refuse, where the key stands, who may read them."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.errors import ModelUnavailable, UserFacingError
from simpatient.domain.models.servers import RemoteServer, make_server
from simpatient.llm.remote.server_key import key_of
from simpatient.llm.remote.server_settings import forget_server, read_server, write_server
from simpatient.runtime.settings_store import SettingsStore

URL = "https://models.example.org/v1"


@pytest.mark.parametrize("url", [
    URL, "https://10.0.0.5:8000/v1/", "http://127.0.0.1:8000/v1", "http://localhost:1", "http://[::1]:80/v1",
])  # fmt: skip
def test_addresses_that_may_be_used(url):
    server = make_server(url=url, model="m")
    assert server.url == url.rstrip("/")
    assert server.host in url


@pytest.mark.parametrize("url", [
    "", "models.example.org", "ftp://example.org", "https://", "https://user:key@example.org/v1", "https://e.org:x/",
    "https://e.org/v1?key=1", "https://e.org/#a", "https://e.org/a b", "http://models.example.org/v1",
    "http://localhost.example.org/v1", "http://127.0.0.1.example.org", "http://192.168.1.4:8000/v1", "http://[::1",
])  # fmt: skip
def test_addresses_that_may_not(url):
    with pytest.raises(UserFacingError) as caught:
        make_server(url=url, model="m")
    assert caught.value.message.count("\n") == 0


def test_plain_http_to_another_computer_only_when_the_user_says_so():
    assert not make_server(url="http://192.168.1.4:8000/v1", model="m", allows_plain_http=True).is_loopback


@given(st.text(max_size=40))
def test_any_address_is_taken_or_refused_in_words(url):
    try:
        server = make_server(url=url, model="m")
    except UserFacingError as error:
        assert error.message
    else:
        assert server.is_loopback or server.url.lower().startswith("https")


def test_a_key_given_for_its_variable_is_refused_and_not_repeated():
    with pytest.raises(UserFacingError) as caught:
        make_server(url=URL, model="m", key_variable="sk-secret-1")
    assert "sk-secret" not in str(caught.value)
    with pytest.raises(UserFacingError, match="not from both"):
        make_server(url=URL, model="m", key_variable="KEY", key_file="/k")


def test_the_key_of_a_variable(monkeypatch):
    server = RemoteServer(url=URL, model="m", key_variable="PROGRAM_KEY")
    monkeypatch.setenv("PROGRAM_KEY", " sk-1 \n")
    assert key_of(server) == "sk-1"
    for bad in ("", "two\nlines", "späced out"):
        monkeypatch.setenv("PROGRAM_KEY", bad)
        with pytest.raises(ModelUnavailable, match="no key"):
            key_of(server)
    assert key_of(RemoteServer(url=URL, model="m")) == ""


def test_the_key_of_a_file_that_only_its_owner_reads(tmp_path):
    file = tmp_path / "key"
    server = RemoteServer(url=URL, model="m", key_file=str(file))
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        key_of(server)
    file.write_text("sk-2\n", encoding="utf-8")
    file.chmod(0o600)
    assert key_of(server) == "sk-2"
    if os.name == "posix":
        file.chmod(0o640)
        with pytest.raises(ModelUnavailable, match="Others may read") as caught:
            key_of(server)
        assert "sk-2" not in str(caught.value)


def test_settings_are_kept_for_the_user_alone_and_can_be_taken_away(tmp_path):
    store = SettingsStore(tmp_path / "home" / "settings.json")
    assert read_server(store) is None
    server = make_server(url=URL, model="m", key_variable="KEY", secret="s")
    path = write_server(store, server)
    assert read_server(store) == server
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert write_server(store, server.model_copy(update={"model": "other"})) == path
    assert read_server(store).model == "other"
    assert forget_server(store)
    assert not forget_server(store)
    assert read_server(store) is None


def test_the_server_of_an_earlier_version_is_taken_over_once(tmp_path):
    server = make_server(url=URL, model="m", key_variable="KEY", secret="s")
    (tmp_path / "server.json").write_text(server.model_dump_json(), encoding="utf-8")
    store = SettingsStore(tmp_path / "settings.json")
    assert read_server(store) == server
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
    forget_server(store)
    assert read_server(SettingsStore(tmp_path / "settings.json")) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"url": "http://example.org", "model": "m"}', '{"x": 1}', "7"])
def test_damaged_settings_are_told_and_nothing_is_guessed(tmp_path, text):
    (tmp_path / "server.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="cannot be used"):
        read_server(SettingsStore(tmp_path / "settings.json"))
