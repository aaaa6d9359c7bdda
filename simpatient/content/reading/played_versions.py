"""Keeps each version of content that was played, so that a session is resumed and reviewed with its own.

One file a version, named by the digest of its bytes. Must not know sessions.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from simpatient.content.reading.kinds import KINDS
from simpatient.content.reading.loader import LoadedFile, parse_file
from simpatient.content.reading.yaml_source import MAX_BYTES
from simpatient.runtime.files import read_plain_file, write_atomically


class PlayedVersions:
    """Copies of content files by their digest.

    Args:
        folder: Where they are kept; nothing is kept when None.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def keep(self, path: Path, digest: str) -> None:
        """Keep a file's bytes when they still are the version with this ``version sha256``.

        A full disk loses the copy, not the session.
        """
        target = self._path(digest)
        if target is None or target.exists():
            return
        with suppress(OSError):
            raw = read_plain_file(path, MAX_BYTES)
            if sha256(raw).hexdigest() == target.stem:
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_atomically(target, raw)

    def load(self, kind: str, digest: str) -> LoadedFile | None:
        """Return a kept version; None when it is missing, was changed since, or no longer fits the program."""
        path = self._path(digest)
        if path is None:
            return None
        with suppress(OSError):
            raw = read_plain_file(path, MAX_BYTES)
            if sha256(raw).hexdigest() == path.stem:
                loaded = parse_file(path, raw, KINDS[kind])
                return loaded if loaded.value is not None else None
        return None

    def _path(self, digest: str) -> Path | None:
        name = digest.rpartition(" ")[2]
        # A digest comes from a stored manifest: nothing but a hash may become part of a path.
        return self._folder / f"{name}.yaml" if self._folder and name.isalnum() else None
