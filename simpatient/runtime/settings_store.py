"""What the user has chosen, in one private JSON file of named sections. Must not know what the choices mean.

The owner of a section defines its shape. Values and sections this version does not know are kept, so that a newer
version's choices survive an older one.
"""

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simpatient.domain.errors import StorageUnavailable
from simpatient.runtime.files import move, read_plain_file, write_atomically
from simpatient.runtime.private_files import private_folder

SETTINGS_FILE = "settings.json"
_MOST_BYTES = 5_000_000
Section = dict[str, Any]


class SettingsStore:
    """The settings of one home; may be used from several threads.

    Args:
        path: The file; neither it nor its folder need exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._seen: tuple[int, int, int] | None = None
        self._sections: dict[str, Any] = {}

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def folder(self) -> Path:
        """The home that the settings belong to."""
        return self._path.parent

    def read(self, section: str) -> Section:
        """Return the values of a section; empty where nothing was chosen.

        Raises:
            StorageUnavailable: The file cannot be read.
        """
        with self._lock:
            found = self._read_all().get(section)
            return dict(found) if isinstance(found, dict) else {}

    def write(self, section: str, values: Mapping[str, Any]) -> None:
        """Keep values of a section; those not named stay as they are. On return they are on the disk.

        Raises:
            StorageUnavailable: The file cannot be written.
        """
        self.change(section, lambda now: {**now, **values})

    def change(self, section: str, change: Callable[[Section], Section]) -> None:
        """Replace a section by what a function makes of it.

        Raises:
            StorageUnavailable: The file cannot be written; nothing was changed.
        """
        with self._lock:
            self._write_all({**self._usable(), section: change(self.read(section) if self._is_sound() else {})})

    def forget(self, section: str) -> bool:
        """Remove a section; return whether there was one.

        Raises:
            StorageUnavailable: The file cannot be written.
        """
        with self._lock:
            now = self._usable()
            if section not in now:
                return False
            self._write_all({name: values for name, values in now.items() if name != section})
            return True

    def adopt(self, section: str, former: Path) -> None:
        """Take over what an earlier version kept in a separate JSON file, once; the file is then removed.

        Raises:
            StorageUnavailable: That file cannot be read; it is left as it is.
        """
        with self._lock:
            if not former.exists():
                return
            if section not in self._read_all():
                self.write(section, _parsed(former))
            try:
                former.unlink(missing_ok=True)
            except OSError as error:
                raise StorageUnavailable(f"{former} cannot be removed ({error.strerror}).", "Remove it.") from error

    def _is_sound(self) -> bool:
        try:
            self._read_all()
        except StorageUnavailable:
            return False
        return True

    def _usable(self) -> dict[str, Any]:
        """Return all sections; a damaged file is set aside, so that it can still be inspected."""
        if self._is_sound():
            return dict(self._read_all())
        if not self._path.is_file():  # a folder or a device: that is for the user to see to
            self._read_all()
        number = 1
        while (aside := self._path.with_name(f"{self._path.stem}-damaged-{number}.json")).exists():
            number += 1
        try:
            move(self._path, aside)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return {}

    def _read_all(self) -> dict[str, Any]:
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            self._seen, self._sections = None, {}
            return {}
        except OSError as error:
            raise _unreadable(self._path, error.strerror or "the disk reported an error") from error
        # Another process, the command line for one, may have changed the file.
        seen = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        if seen != self._seen:
            self._sections, self._seen = _parsed(self._path), seen
        return self._sections

    def _write_all(self, sections: dict[str, Any]) -> None:
        try:
            private_folder(self._path.parent)
            write_atomically(self._path, (json.dumps(sections, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._seen = None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_plain_file(path, _MOST_BYTES).decode("utf-8-sig"))
    except OSError as error:
        raise _unreadable(path, error.strerror or "the disk reported an error") from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, "it is damaged") from error
    if not isinstance(found, dict):
        raise _unreadable(path, "it is damaged")
    return found


def _unreadable(path: Path, why: str) -> StorageUnavailable:
    return StorageUnavailable(f"The settings in {path} cannot be read ({why}).", "Move the file away and choose again.")


def _unwritable(path: Path, error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        f"The settings in {path} cannot be written ({error.strerror}).",
        "Free some space, or check the permissions of its folder.",
    )
