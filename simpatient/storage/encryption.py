"""Encryption of files: AES-256-GCM, with a key from the system's keyring, or from a file only the user can read.

Must not know what is encrypted.
"""

import base64
import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from simpatient.domain.errors import StorageUnavailable

KEY_BYTES = 32
# 96 random bits, as NIST SP 800-38D asks for; one key encrypts far fewer than the 2**32 files that allows.
NONCE_BYTES = 12
SERVICE = "simpatient"
_LOST = "Recordings encrypted with another key can only be deleted."


class Cipher:
    """Seals and opens bytes with one key.

    Args:
        key: Returns the key, 32 bytes; asked for when first needed.
    """

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Return nonce and ciphertext; ``about`` stays readable beside it but cannot be changed unnoticed."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._key()).encrypt(nonce, plain, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            StorageUnavailable: It was changed, or sealed with another key.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._key()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:
            raise StorageUnavailable("This recording cannot be decrypted: it is damaged.", _LOST) from error


class KeyKeeper:
    """Keeps one key: in the system's keyring, else in a file that only the user can read.

    Args:
        name: What the key is for.
        file: Where it is kept when there is no keyring; once there, it stays the place.
        uses_keyring: False keeps to the file, as tests do.
    """

    def __init__(self, name: str, file: Path, *, uses_keyring: bool = True) -> None:
        self._name = name
        self._file = file
        self._uses_keyring = uses_keyring
        self._key: bytes | None = None

    def key(self) -> bytes:
        """Return the key; a new one is made and kept the first time.

        Raises:
            StorageUnavailable: It can be neither read nor kept.
        """
        if self._key is None:
            self._key = self._from_file() or self._from_keyring() or self._made()
        return self._key

    def _from_file(self) -> bytes | None:
        try:
            found = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageUnavailable(f"The key file {self._file} cannot be read.", "Check its permissions.") from error
        if len(found) != KEY_BYTES:
            raise StorageUnavailable(f"The key file {self._file} is damaged.", f"Restore it from a backup. {_LOST}")
        return found

    def _from_keyring(self) -> bytes | None:
        if not self._uses_keyring:
            return None
        import keyring
        from keyring.errors import KeyringError

        with contextlib.suppress(KeyringError, ValueError, RuntimeError):
            found = keyring.get_password(SERVICE, self._name)
            if found:
                return base64.b64decode(found, validate=True)
            made = secrets.token_bytes(KEY_BYTES)
            keyring.set_password(SERVICE, self._name, base64.b64encode(made).decode("ascii"))
            # Read back: some keyrings take a password and keep nothing.
            if keyring.get_password(SERVICE, self._name) == base64.b64encode(made).decode("ascii"):
                return made
        return None

    def _made(self) -> bytes:
        made = secrets.token_bytes(KEY_BYTES)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Made for the user alone from the first moment, and never over a key that is there.
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as out:
                out.write(made)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise StorageUnavailable(f"The key file {self._file} cannot be written.", "Free some space.") from error
        return made
