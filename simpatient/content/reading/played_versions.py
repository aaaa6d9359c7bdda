"""Keeps each version of content that was played, so that a session is resumed and reviewed with its own.

One file a version, named by the digest of its bytes. Must not know sessions.
"""

from collections import OrderedDict
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from simpatient.content.reading.kinds import KINDS
from simpatient.content.reading.loader import LoadedFile, parse_file
from simpatient.content.reading.yaml_source import MAX_BYTES
from simpatient.runtime.files import read_plain_file, write_atomically

# A session asks for its case and persona at every turn; parsing a large persona takes a second.
_REMEMBERED = 8


class PlayedVersions:
    """Copies of content files by their digest.

    Args:
        folder: Where they are kept; nothing is kept when None.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._loaded: OrderedDict[str, LoadedFile] = OrderedDict()

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
        if digest not in self._loaded:
            loaded = self._parsed(kind, digest)
            if loaded is None or loaded.value is None:
                return None
            self._loaded[digest] = loaded
            if len(self._loaded) > _REMEMBERED:
                self._loaded.popitem(last=False)
        return self._loaded[digest]

    def _parsed(self, kind: str, digest: str) -> LoadedFile | None:
        path = self._path(digest)
        if path is None:
            return None
        with suppress(OSError):
            raw = read_plain_file(path, MAX_BYTES)
            # Named by its digest, so a copy that somebody changed is never taken for what was played.
            if sha256(raw).hexdigest() == path.stem:
                return parse_file(path, raw, KINDS[kind])
        return None

    def _path(self, digest: str) -> Path | None:
        name = digest.rpartition(" ")[2]
        # A digest comes from a stored manifest: nothing but a hash may become part of a path.
        return self._folder / f"{name}.yaml" if self._folder and name.isalnum() else None
