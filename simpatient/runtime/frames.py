"""What a child process sends its parent: frames of plain values. Nothing that arrives is ever unpickled.

A child that handles hostile input may have been taken over; pickle would let it run code in its parent. A frame
holds one byte for its kind, the number of the request it is about, and a value made of JSON and raw bytes.
"""

import json
import os
import struct
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

MOST_FRAME_BYTES = 64 * 2**20
MOST_TEXT_BYTES = 8 * 2**20
_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<BQI")
_BYTES_KEY = "$bytes"
_READ_BYTES = 1 << 18
# On POSIX the parent assembles frames itself, so that half a frame cannot make it wait; Windows pipes carry
# whole messages.
_IS_STREAM = os.name == "posix"


class BadFrame(Exception):
    """What arrived is not a frame, or is larger than any frame may be."""


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: What it is; the two sides agree on the numbers.
        number: The request it is about.
        value: None, a truth value, a number, text, bytes, or lists and text-keyed dictionaries of these.
    """

    kind: int
    number: int
    value: Any


def pack(frame: Frame) -> bytes:
    """Return the bytes of a frame; tuples arrive as lists.

    Raises:
        TypeError: The value is not made of plain values.
    """
    parts: list[bytes] = []

    def aside(value: object) -> dict[str, int]:
        if not isinstance(value, bytes):
            raise TypeError(f"{type(value).__name__} cannot be sent by a child process")
        parts.append(value)
        return {_BYTES_KEY: len(parts) - 1}

    text = json.dumps(frame.value, default=aside).encode("ascii")
    sized = (piece for part in parts for piece in (_LENGTH.pack(len(part)), part))
    return b"".join((_HEAD.pack(frame.kind, frame.number, len(text)), text, *sized))


def unpack(raw: bytes) -> Frame:
    """Return the frame in some bytes.

    Raises:
        BadFrame: They are no frame.
    """
    try:
        kind, number, size = _HEAD.unpack_from(raw)
        end = _HEAD.size + size
        if size > MOST_TEXT_BYTES or end > len(raw):
            raise BadFrame("its text is longer than the frame")
        parts = _parts(raw, end)
        return Frame(kind, number, json.loads(raw[_HEAD.size : end], object_hook=lambda found: _inserted(found, parts)))
    except (ValueError, RecursionError, struct.error) as error:
        raise BadFrame(f"it cannot be read ({type(error).__name__})") from error


def _parts(raw: bytes, at: int) -> list[bytes]:
    parts = []
    while at < len(raw):
        (size,) = _LENGTH.unpack_from(raw, at)
        at += _LENGTH.size + size
        if at > len(raw):
            raise BadFrame("a part is longer than the frame")
        parts.append(raw[at - size : at])
    return parts


def _inserted(found: dict[str, Any], parts: list[bytes]) -> Any:
    if found.keys() != {_BYTES_KEY}:
        return found
    at = found[_BYTES_KEY]
    if not isinstance(at, int) or not 0 <= at < len(parts):
        raise BadFrame("it names a part that is not there")
    return parts[at]


def send(pipe: Connection, frame: Frame) -> None:
    """Send a frame; waits until the other side has room for it."""
    raw = pack(frame)
    if not _IS_STREAM:
        pipe.send_bytes(raw)
        return
    left = memoryview(_LENGTH.pack(len(raw)) + raw)
    while left:
        left = left[os.write(pipe.fileno(), left) :]


class Inbox:
    """The parent's end: never waits longer than asked, whatever the child sends or leaves out.

    Args:
        pipe: Where frames come from.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._come = bytearray()

    def receive(self, wait_s: float) -> Frame | None:
        """Return the next frame; None if it is not complete within the time.

        Raises:
            BadFrame: What arrived is not a frame.
            EOFError: The child is gone.
            OSError: The pipe is broken.
        """
        if not _IS_STREAM:
            return unpack(self._pipe.recv_bytes(MOST_FRAME_BYTES)) if self._pipe.poll(wait_s) else None
        frame = self._next()
        if frame is None and self._pipe.poll(wait_s):
            block = os.read(self._pipe.fileno(), _READ_BYTES)  # there is something, so this does not wait
            if not block:
                raise EOFError
            self._come += block
            frame = self._next()
        return frame

    def _next(self) -> Frame | None:
        if len(self._come) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack_from(self._come)
        if size > MOST_FRAME_BYTES:
            raise BadFrame("it is larger than any frame may be")
        end = _LENGTH.size + size
        if len(self._come) < end:
            return None
        raw = bytes(self._come[_LENGTH.size : end])
        del self._come[:end]
        return unpack(raw)
