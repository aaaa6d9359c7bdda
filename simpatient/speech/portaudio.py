"""What the microphone and the loudspeaker have in common under PortAudio: the library, devices, errors in words.

Must not know what is recorded or played.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import AudioDevice

_log = logging.getLogger(__name__)
# PortAudio's error codes (portaudio.h).
HOST_ERROR, IN_USE, NO_SUCH_DEVICE, WRONG_RATE, WRONG_CHANNELS = -9999, -9985, -9996, -9997, -9998


class OpenStreams:
    """Which streams are open. While there is none, PortAudio can be made to look for devices again.

    PortAudio lists the devices once, when it is initialised: a headset plugged in afterwards is not there for it.
    Initialising it again ends every stream, so that is done only when there is none.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._open: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Hold off looking for devices while one is chosen and opened."""
        with self._lock:
            yield

    def opened(self, library: Any) -> None:
        """Note a stream that is open now."""
        with self._lock:
            self._open[library] = self._open.get(library, 0) + 1

    def closed(self, library: Any) -> None:
        """Note that a stream has been closed."""
        with self._lock:
            self._open[library] = max(0, self._open.get(library, 0) - 1)

    def look_again(self, library: Any) -> bool:
        """Have PortAudio list the devices anew, unless a stream is open; return whether it did."""
        with self._lock:
            if self._open.get(library, 0):
                return False
            library._terminate()
            library._initialize()
            return True


STREAMS = OpenStreams()


def portaudio() -> Any:
    """Return the library sounddevice.

    Raises:
        AudioUnavailable: It, or PortAudio below it, is not on this computer.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise AudioUnavailable(
            "The program cannot reach this computer's sound: PortAudio is missing.",
            "Install it (on Debian and Ubuntu: libportaudio2) and start the program again; typing always works.",
        ) from error
    return sounddevice


@dataclass(frozen=True)
class Side:
    """One side of a sound card.

    Attributes:
        name: What a device of it is called in messages.
        place: Of its default in PortAudio's pair (input, output).
        channels: PortAudio's name for how many channels a device has on it.
        choose: What to do where a device is not connected.
        reasons: Message and action by PortAudio's error code; ``NO_SUCH_DEVICE`` is among them.
        otherwise: The same for all other errors.
    """

    name: str
    place: int
    channels: str
    choose: str
    reasons: Mapping[int, tuple[str, str]]
    otherwise: tuple[str, str]

    def devices(self, library: Callable[[], Any]) -> tuple[AudioDevice, ...]:
        """Return the devices there are now, or were when a stream was opened that is still open; often none."""
        try:
            loaded = library()
            STREAMS.look_again(loaded)
            found, hosts = loaded.query_devices(), loaded.query_hostapis()
            default = loaded.default.device[self.place]
        except Exception as error:  # PortAudio's own kinds; a list for a menu is no place to fail
            _log.warning("%ss cannot be listed: %s", self.name.capitalize(), error)
            return ()
        return tuple(
            AudioDevice(id=_device_id(one, hosts), name=one["name"], is_default=number == default)
            for number, one in enumerate(found)
            if one[self.channels] > 0
        )

    def number_of(self, library: Any, device: str) -> int:
        """Return PortAudio's number of a device; '' for the default.

        One that is not there is looked for once more: it may have been plugged in since the program started.

        Raises:
            AudioUnavailable: There is none, or not this one.
        """
        try:
            number = self._find(library, device)
            if number is None and STREAMS.look_again(library):
                number = self._find(library, device)
        except library.PortAudioError as error:
            raise self.translated(error) from error
        if number is not None:
            return number
        if device:
            raise AudioUnavailable(f"The {self.name} '{device.partition('|')[0]}' is not connected.", self.choose)
        raise AudioUnavailable(*self.reasons[NO_SUCH_DEVICE])

    def _find(self, library: Any, device: str) -> int | None:
        found, hosts = library.query_devices(), library.query_hostapis()
        default = int(library.default.device[self.place])
        if not device and 0 <= default < len(found) and found[default][self.channels] > 0:
            return default
        for number, one in enumerate(found):
            if one[self.channels] > 0 and (not device or _device_id(one, hosts) == device):
                return number
        return None

    def translated(self, error: Exception | None) -> AudioUnavailable:
        """Return the program's own error for PortAudio's."""
        return AudioUnavailable(*self.reasons.get(error_code(error), self.otherwise))


def error_code(error: Exception | None) -> int:
    """Return PortAudio's number for what went wrong; 0 when it gave none."""
    return next((item for item in error.args[1:] if isinstance(item, int)), 0) if error else 0


def _device_id(device: Any, hosts: Any) -> str:
    """Return an id that outlives the numbering, which changes with every device that is plugged in."""
    return f"{device['name']}|{hosts[device['hostapi']]['name']}"
