"""The settings: private, whole, shared between processes, and nothing of another version lost."""

import json
import os
import stat
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.errors import StorageUnavailable
from simpatient.runtime.settings_store import SettingsStore

VALUES = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | st.text(max_size=8), max_size=4
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "settings.json"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), VALUES), max_size=6))
def test_each_section_is_what_was_last_said_of_each_key(tmp_path_factory, changes):
    path = tmp_path_factory.mktemp("home") / "settings.json"
    expected: dict[str, dict[str, object]] = {}
    for section, values in changes:
        SettingsStore(path).write(section, values)
        expected.setdefault(section, {}).update(values)
    for section in "abc":
        assert SettingsStore(path).read(section) == expected.get(section, {})
    assert len(list(path.parent.iterdir())) == bool(changes)


def test_nothing_is_made_by_reading(path):
    assert SettingsStore(path).read("window") == {}
    assert not SettingsStore(path).forget("window")
    assert not path.parent.exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_the_user_can_read_them(path):
    SettingsStore(path).write("server", {"secret": "s"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_another_process_changed_is_seen_and_kept(path):
    window, command_line = SettingsStore(path), SettingsStore(path)
    window.write("window", {"theme": "dark"})
    command_line.write("server", {"url": "x"})
    window.write("window", {"text_size": "large"})
    assert command_line.read("window") == {"theme": "dark", "text_size": "large"}
    assert window.read("server") == {"url": "x"}


def test_sections_of_another_version_survive(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"later": {"a": 1}, "odd": 7, "window": {"unknown": [1], "theme": "dark"}}))
    SettingsStore(path).write("window", {"theme": "light"})
    assert json.loads(path.read_text()) == {"later": {"a": 1}, "odd": 7, "window": {"unknown": [1], "theme": "light"}}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_told_and_set_aside_unchanged_before_anything_is_written(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    store = SettingsStore(path)
    with pytest.raises(StorageUnavailable, match="damaged"):
        store.read("window")
    store.write("window", {"theme": "dark"})
    assert store.read("window") == {"theme": "dark"}
    assert (path.parent / "settings-damaged-1.json").read_bytes() == content


def test_threads_lose_nothing(path):
    store = SettingsStore(path)
    threads = [threading.Thread(target=store.write, args=("a", {str(number): number})) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read("a") == {str(number): number for number in range(20)}


def test_a_former_file_is_taken_over_once_and_a_damaged_one_is_left(path):
    former = path.parent / "former.json"
    former.parent.mkdir()
    former.write_text("{")
    store = SettingsStore(path)
    with pytest.raises(StorageUnavailable, match="damaged"):
        store.adopt("a", former)
    assert former.read_text() == "{"
    former.write_text('{"x": 1}')
    store.adopt("a", former)
    store.adopt("a", former)
    assert (store.read("a"), former.exists()) == ({"x": 1}, False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_not_waited_for(path):
    path.parent.mkdir()
    os.mkfifo(path)
    for call in (lambda: SettingsStore(path).read("a"), lambda: SettingsStore(path).write("a", {})):
        with pytest.raises(StorageUnavailable, match="not a plain file"):
            call()
