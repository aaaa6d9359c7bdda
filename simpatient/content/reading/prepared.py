"""What is known of large persona files without parsing them again: id, digest, what lists show, prepared form.

Parsing YAML with the place of every field takes seconds for a large persona and is needed only once per version of a
file. Whatever no longer fits is parsed again. Must not know what personas are used for.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simpatient import __version__
from simpatient.content.reading.loader import LoadedFile
from simpatient.domain.content.persona import Persona, PersonaCard, card_of
from simpatient.runtime.files import read_plain_file, write_atomically

INDEX = "index.json"
_LARGEST = 50_000_000
Stamp = tuple[int, int, int]
GONE: Stamp = (0, 0, 0)


@dataclass(frozen=True)
class PreparedPersona:
    """What is remembered of a persona file that can be used.

    Attributes:
        stamp: Of the file as it was parsed.
        digest: ``version sha256`` of the bytes that were parsed.
        card: What lists show of the persona.
    """

    stamp: Stamp
    digest: str
    card: PersonaCard


def stamp_of(path: Path) -> Stamp:
    """Return size, time of change (ns) and inode: enough to see that a file has changed without reading it."""
    try:
        found = path.stat()
    except OSError:
        return GONE
    return (found.st_size, found.st_mtime_ns, found.st_ino)


class PreparedPersonas:
    """Remembers persona files between starts.

    Args:
        folder: Where to remember them; for this run only when None.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known = self._read_index()
        self._is_changed = False

    def get(self, path: Path) -> PreparedPersona | None:
        """Return what is remembered of a file as it is now; None when it has to be parsed."""
        known = self._known.get(str(path))
        return known if known is not None and known.stamp == stamp_of(path) else None

    def remember(self, loaded: LoadedFile, stamp: Stamp) -> PreparedPersona | None:
        """Remember a parsed file; None when it holds no usable persona.

        Args:
            loaded: The file as parsed.
            stamp: From before it was read, so that a change made meanwhile is noticed the next time.
        """
        if not isinstance(loaded.value, Persona):
            return None
        made = PreparedPersona(stamp, loaded.digest, card_of(loaded.value))
        self._known[str(loaded.path)] = made
        self._is_changed = True
        self._write(_file_name(made), loaded.value.model_dump_json(by_alias=True).encode())
        return made

    def persona(self, prepared: PreparedPersona) -> Persona | None:
        """Return the persona that was parsed; None when it is not kept in a form that fits."""
        if self._folder is None:
            return None
        with suppress(OSError, ValidationError):
            return Persona.model_validate_json(read_plain_file(self._folder / _file_name(prepared), _LARGEST))
        return None

    def save(self) -> None:
        """Write down what was learnt, without files that are gone. A full disk only costs time at the next start."""
        if self._folder is None or not self._is_changed:
            return
        self._is_changed = False
        self._known = {path: known for path, known in self._known.items() if os.path.exists(path)}
        files = {path: asdict(known) | {"card": known.card.model_dump()} for path, known in self._known.items()}
        self._write(INDEX, json.dumps({"app": __version__, "files": files}).encode())
        used = {INDEX, *map(_file_name, self._known.values())}
        for kept in self._folder.glob("*.json"):
            if kept.name not in used:
                with suppress(OSError):
                    kept.unlink()

    def _write(self, name: str, content: bytes) -> None:
        if self._folder is None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self._folder / name, content)

    def _read_index(self) -> dict[str, PreparedPersona]:
        if self._folder is None:
            return {}
        # Written by another version, cut off or edited: everything is parsed anew.
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            found = json.loads(read_plain_file(self._folder / INDEX, _LARGEST))
            if found["app"] == __version__:
                return {path: _prepared(known) for path, known in found["files"].items()}
        return {}


def _prepared(known: dict[str, Any]) -> PreparedPersona:
    size, changed_ns, inode = (int(number) for number in known["stamp"])
    return PreparedPersona((size, changed_ns, inode), str(known["digest"]), PersonaCard.model_validate(known["card"]))


def _file_name(prepared: PreparedPersona) -> str:
    return f"{prepared.digest.rpartition(' ')[2]}.json"
