"""What the microphone and the loudspeaker have in common under PortAudio: the library, devices, errors in words.

Must not know what is recorded or played.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simpatient.domain.errors import AudioUnavailable
from simpatient.domain.speech import AudioDevice

_log = logging.getLogger(__name__)
# PortAudio's error codes (portaudio.h).
HOST_ERROR, IN_USE, NO_SUCH_DEVICE, WRONG_RATE, WRONG_CHANNELS = -9999, -9985, -9996, -9997, -9998


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
        choose: What to do where a device is not here.
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
        """Return the devices there were when the program first used sound; empty where there is none."""
        try:
            loaded = library()
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

        Raises:
            AudioUnavailable: There is none, or not this one.
        """
        try:
            found, hosts = library.query_devices(), library.query_hostapis()
        except library.PortAudioError as error:
            raise self.translated(error) from error
        default = int(library.default.device[self.place])
        if not device and 0 <= default < len(found) and found[default][self.channels] > 0:
            return default
        for number, one in enumerate(found):
            if one[self.channels] > 0 and (not device or _device_id(one, hosts) == device):
                return number
        if device:
            raise AudioUnavailable(f"The {self.name} '{device.partition('|')[0]}' is not here.", self.choose)
        raise AudioUnavailable(*self.reasons[NO_SUCH_DEVICE])

    def translated(self, error: Exception | None) -> AudioUnavailable:
        """Return the program's own error for PortAudio's."""
        return AudioUnavailable(*self.reasons.get(error_code(error), self.otherwise))


def error_code(error: Exception | None) -> int:
    """Return PortAudio's number for what went wrong; 0 when it gave none."""
    return next((item for item in error.args[1:] if isinstance(item, int)), 0) if error else 0


def _device_id(device: Any, hosts: Any) -> str:
    """Return an id that outlives the numbering, which changes with every device that is plugged in."""
    return f"{device['name']}|{hosts[device['hostapi']]['name']}"
