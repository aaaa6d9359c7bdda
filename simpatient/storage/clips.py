"""``ClipStore`` in a folder: one encrypted file per sound, with a readable header that says until when it is kept.

The header is under the cipher's seal, so a changed date is noticed. Must not know why a sound is kept.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.errors import NotFound, StorageUnavailable
from simpatient.domain.speech import Sound
from simpatient.runtime.files import write_atomically
from simpatient.services.ports import Clock
from simpatient.storage.encryption import Cipher

MAGIC = b"simpatient clip 1\n"
_FULL_SCALE = 32767
_LONGEST_HEADER = 4096
_GONE = NotFound("This recording is no longer kept.", "Its words are still in the transcript.")


@dataclass(frozen=True)
class _Stored:
    path: Path
    about: dict[str, Any]

    @property
    def keep_until(self) -> datetime:
        return datetime.fromisoformat(self.about["keep_until"])


class FileClipStore:
    """Encrypted sound in one folder.

    Args:
        folder: Made when the first sound is kept.
        cipher: Seals what is written.
        clock: A sound whose time is over is gone, whether or not its file has been deleted yet.
    """

    def __init__(self, folder: Path, cipher: Cipher, clock: Clock) -> None:
        self._folder = folder
        self._cipher = cipher
        self._clock = clock

    def save(self, trainee_id: str, session_id: str, sound: Sound, keep_until: datetime) -> str:
        """Keep a sound (as 16-bit samples) and return its id; on return it is durable."""
        clip = secrets.token_hex(12)
        about = {"trainee": trainee_id, "session": session_id, "rate": sound.rate, "keep_until": keep_until.isoformat()}
        header = json.dumps(about).encode("utf-8") + b"\n"
        plain = (np.clip(sound.samples, -1, 1) * _FULL_SCALE).astype("<i2").tobytes()
        path = self._path(clip)
        with _on_disk(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, MAGIC + header + self._cipher.seal(plain, header))
        return clip

    def load(self, trainee_id: str, clip: str) -> Sound:
        """Return a kept sound of a trainee.

        Raises:
            NotFound: It was deleted, its time is over, or it is another trainee's.
            StorageUnavailable: It is damaged, or was sealed with another key.
        """
        path = self._path(clip)
        if not path.exists():
            raise _GONE
        header, sealed = _split(path)
        stored = _Stored(path, _about(path, header))
        if stored.about["trainee"] != trainee_id or stored.keep_until <= self._clock.now():
            raise _GONE
        samples = np.frombuffer(self._cipher.open(sealed, header), dtype="<i2").astype(np.float32)
        return Sound(samples / np.float32(_FULL_SCALE), int(stored.about["rate"]))

    def delete_session(self, session_id: str) -> None:
        """Delete what was kept of a session."""
        self._delete(stored for stored in self._stored() if stored.about["session"] == session_id)

    def delete(self, clips: Sequence[str]) -> None:
        """Delete single recordings; those that are gone already are no mistake."""
        with _on_disk(self._folder):
            for clip in clips:
                self._path(clip).unlink(missing_ok=True)

    def delete_all(self, trainee_id: str) -> None:
        """Delete what was kept of a trainee."""
        self._delete(stored for stored in self._stored() if stored.about["trainee"] == trainee_id)

    def delete_expired(self, now: datetime) -> int:
        """Delete what was to be kept until ``now`` at the latest; return how much that was."""
        return self._delete(stored for stored in self._stored() if stored.keep_until <= now)

    def _delete(self, wanted: Iterator[_Stored]) -> int:
        found = list(wanted)
        with _on_disk(self._folder):
            for stored in found:
                stored.path.unlink(missing_ok=True)
        return len(found)

    def _stored(self) -> Iterator[_Stored]:
        for path in sorted(self._folder.glob("*.clip")):
            # One that cannot be read has no known owner; it must not keep others from being deleted.
            with suppress(StorageUnavailable):
                yield _Stored(path, _about(path, _header(path)))

    def _path(self, clip: str) -> Path:
        if not clip.isalnum():
            raise _GONE
        return self._folder / f"{clip}.clip"


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"Recordings cannot be read or written: {error.strerror or error}. ({path})"
        raise StorageUnavailable(message, "Free some space, or check the permissions of its folder.") from error


def _split(path: Path) -> tuple[bytes, bytes]:
    with _on_disk(path):
        data = path.read_bytes()
    header, mark, sealed = data.removeprefix(MAGIC).partition(b"\n")
    if not data.startswith(MAGIC) or not mark:
        raise _damaged(path)
    return header + mark, sealed


def _header(path: Path) -> bytes:
    """Return the header alone: looking through all that is kept, as every start does, must not read the sound."""
    with _on_disk(path), path.open("rb") as file:
        magic, header = file.read(len(MAGIC)), file.readline(_LONGEST_HEADER)
    if magic != MAGIC or not header.endswith(b"\n"):
        raise _damaged(path)
    return header


def _about(path: Path, header: bytes) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(header)
        datetime.fromisoformat(about["keep_until"])
        if not {"trainee", "session", "rate"} <= about.keys():
            raise KeyError
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    return about


def _damaged(path: Path) -> StorageUnavailable:
    return StorageUnavailable(f"The recording {path} is damaged.", "Delete the file; its words are stored elsewhere.")
