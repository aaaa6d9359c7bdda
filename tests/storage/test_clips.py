"""Kept sound: encrypted, with an end, deletable; the same contract for the folder and the fake in memory."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from simpatient.domain.errors import NotFound, StorageUnavailable
from simpatient.domain.speech import Sound
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.storage.clips import FileClipStore
from simpatient.storage.encryption import KEY_BYTES, Cipher, KeyKeeper
from tests.fakes import FixedClock
from tests.talk_fakes import InMemoryClips

KEY = bytes(range(KEY_BYTES))
SOUND = Sound(np.sin(np.linspace(0, 400, 8000, dtype=np.float32)) * np.float32(0.6))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["folder", "memory"])
def clips(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> RecordingStore:
    return (
        FileClipStore(tmp_path / "audio", Cipher(lambda: KEY), clock)
        if request.param == "folder"
        else InMemoryClips(clock)
    )


def test_a_sound_comes_back_as_it_was(clips: RecordingStore, clock: FixedClock) -> None:
    clip = clips.save("t1", "s1", SOUND, clock.now() + timedelta(days=1))
    found = clips.load("t1", clip)
    assert found.rate == SOUND.rate
    assert np.allclose(found.samples, SOUND.samples, atol=1e-4)


def test_a_sound_is_gone_when_its_time_is_over(clips: RecordingStore, clock: FixedClock) -> None:
    short = clips.save("t1", "s1", SOUND, clock.now() + timedelta(seconds=3))
    long = clips.save("t1", "s1", SOUND, clock.now() + timedelta(days=1))
    for _ in range(5):  # every look moves the clock on by a second
        clock.now()
    with pytest.raises(NotFound, match="no longer kept"):
        clips.load("t1", short)
    assert clips.delete_expired(clock.now()) == 1
    assert clips.delete_expired(clock.now()) == 0
    assert clips.load("t1", long).rate == SOUND.rate


def test_deleting_takes_what_was_named_and_nothing_else(clips: RecordingStore, clock: FixedClock) -> None:
    until = clock.now() + timedelta(days=1)
    kept = {who: clips.save(*who, SOUND, until) for who in (("t1", "s1"), ("t1", "s2"), ("t2", "s3"))}
    clips.delete_session("s1")
    clips.delete_all("t2")
    clips.load("t1", kept["t1", "s2"])
    for gone in (("t1", "s1"), ("t2", "s3")):
        with pytest.raises(NotFound):
            clips.load(gone[0], kept[gone])


def test_the_sound_of_another_trainee_is_not_found(clips: RecordingStore, clock: FixedClock) -> None:
    clip = clips.save("t1", "s1", SOUND, clock.now() + timedelta(days=1))
    with pytest.raises(NotFound, match="no longer kept"):
        clips.load("t2", clip)


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "nothing"])
def test_an_unknown_clip_is_not_found(clips: RecordingStore, name: str) -> None:
    with pytest.raises(NotFound):
        clips.load("t1", name)


def test_nothing_of_the_sound_is_readable_on_disk(tmp_path: Path, clock: FixedClock) -> None:
    store = FileClipStore(tmp_path, Cipher(lambda: KEY), clock)
    clip = store.save("t1", "s1", SOUND, clock.now() + timedelta(days=1))
    data = (tmp_path / f"{clip}.clip").read_bytes()
    plain = (SOUND.samples * 32767).astype("<i2").tobytes()
    assert not any(plain[at : at + 16] in data for at in range(0, len(plain) - 16, 160))
    assert (tmp_path / f"{clip}.clip").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["sound", "until", "key", "cut"])
def test_what_was_changed_is_refused_and_does_not_stop_deleting(tmp_path: Path, clock: FixedClock, change: str) -> None:
    until = clock.now() + timedelta(days=1)
    store = FileClipStore(tmp_path, Cipher(lambda: KEY), clock)
    clip, other = (store.save("t1", session, SOUND, until) for session in ("s1", "s2"))
    path = tmp_path / f"{clip}.clip"
    data = path.read_bytes()
    later = (until + timedelta(days=9)).isoformat().encode()
    changed = {
        "sound": data[:-1] + bytes([data[-1] ^ 1]),
        "until": data.replace(until.isoformat().encode(), later),
        "cut": data[:30],
    }
    path.write_bytes(changed.get(change, data))
    reading = FileClipStore(tmp_path, Cipher(lambda: bytes(KEY_BYTES)), clock) if change == "key" else store
    with pytest.raises(StorageUnavailable):
        reading.load("t1", clip)
    store.delete_session("s2")
    with pytest.raises(NotFound):
        store.load("t1", other)


def test_a_key_is_made_once_for_the_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "audio.key"
    made = KeyKeeper("audio", file, uses_keyring=False).key()
    assert KeyKeeper("audio", file, uses_keyring=False).key() == made
    assert file.stat().st_mode & 0o077 == 0
    assert len(set(made)) > 8


def test_a_damaged_key_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "audio.key"
    file.write_bytes(b"short")
    with pytest.raises(StorageUnavailable, match="damaged"):
        KeyKeeper("audio", file, uses_keyring=False).key()
    assert file.read_bytes() == b"short"


def test_without_a_usable_keyring_the_key_is_kept_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    keeper = KeyKeeper("audio", tmp_path / "audio.key")
    assert keeper.key() == (tmp_path / "audio.key").read_bytes()


def test_a_full_disk_is_told_in_words(tmp_path: Path, clock: FixedClock) -> None:
    (tmp_path / "audio").write_bytes(b"a file where the folder should be")
    store = FileClipStore(tmp_path / "audio", Cipher(lambda: KEY), clock)
    with pytest.raises(StorageUnavailable, match="Recordings cannot be"):
        store.save("t1", "s1", SOUND, clock.now())
