"""A sound card in memory with the face of the library sounddevice, so that errors of recorder and sink can be had at will."""

from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import numpy as np

from simpatient.domain.speech import Samples


class PortAudioError(Exception):
    """As sounddevice raises it: a text, then PortAudio's number."""


class SoundCard:
    """One microphone of a rate of its own; ``sound`` is what it hears, then a little noise."""

    PortAudioError = PortAudioError

    def __init__(self, rate: int = 16_000, channels: int = 1, sound: Samples | None = None) -> None:
        self.rate, self.channels = rate, channels
        self.sound = np.zeros(0, np.float32) if sound is None else sound
        self.noise = 1e-4
        self.refuses_with = 0
        self.starts_with = 0
        self.is_gone = False
        self.breaks_after: int | None = None
        self.speed = 20.0
        self.open_streams = 0
        self.given = 0
        self.has_broken = False
        self.default = SimpleNamespace(device=(0, -1))
        self.heard: list[Samples] = []
        self.latency_s = 0.005
        self.plugged_in = True
        self._listed = True
        self.initialisations = 1

    def unplug(self) -> None:
        """Take all devices away before the library was first used."""
        self.plugged_in = self._listed = False

    def plug_in(self) -> None:
        """Plug them in; the library does not see it before it is initialised anew."""
        self.plugged_in = True

    def _terminate(self) -> None:
        assert not self.open_streams, "ends every stream"
        self._listed = False

    def _initialize(self) -> None:
        self.initialisations += 1
        self._listed = self.plugged_in

    def query_devices(self, number: int | None = None) -> Any:
        ways = {"hostapi": 0, "default_samplerate": float(self.rate)}
        speaker = {"name": "Loudspeaker", "max_input_channels": 0, "max_output_channels": 2, **ways}
        microphone = {"name": "Headset", "max_input_channels": self.channels, "max_output_channels": 0, **ways}
        found = [microphone, speaker] if self._listed else []
        return found if number is None else found[number]

    def query_hostapis(self) -> Any:
        return ({"name": "Card"},)

    def InputStream(self, **wanted: Any) -> "Stream":
        if self.refuses_with:
            raise PortAudioError("refused", self.refuses_with)
        if wanted["samplerate"] != self.rate:
            raise PortAudioError("Invalid sample rate", -9997)
        if self.channels > 1 and wanted["channels"] == 1:
            raise PortAudioError("Invalid number of channels", -9998)
        return Stream(self, wanted)

    def OutputStream(self, **wanted: Any) -> "OutStream":
        if self.refuses_with:
            raise PortAudioError("refused", self.refuses_with)
        if wanted["samplerate"] != self.rate:
            raise PortAudioError("Invalid sample rate", -9997)
        if self.channels > 1 and wanted["channels"] == 1:
            raise PortAudioError("Invalid number of channels", -9998)
        return OutStream(self, wanted)

    @property
    def sounded(self) -> Samples:
        """All that came out of the loudspeaker, the silence between sounds too."""
        return np.concatenate([np.zeros(0, np.float32), *self.heard])


class Stream:
    def __init__(self, card: SoundCard, wanted: dict[str, Any]) -> None:
        self._card, self._wanted = card, wanted
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._card.open_streams += 1
        if self._card.starts_with:
            raise PortAudioError("refused", self._card.starts_with)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        if self._card.is_gone:
            raise PortAudioError("gone", -9985)

    def close(self) -> None:
        self._card.open_streams -= 1

    def _run(self) -> None:
        size, rate, number = self._wanted["blocksize"], self._card.rate, 0
        rng = np.random.default_rng(0)
        times = SimpleNamespace(currentTime=10.0, inputBufferAdcTime=10.0 - size / rate)
        buffer = np.zeros((size, self._wanted["channels"]), np.float32)
        while not self._stop.wait(size / rate / self._card.speed):
            if self._card.breaks_after is not None and number >= self._card.breaks_after:
                break
            heard = self._card.sound[number * size : (number + 1) * size]
            buffer[:] = self._card.noise * rng.standard_normal((size, 1))
            buffer[: len(heard)] += heard[:, None]
            status = SimpleNamespace(input_overflow=False)
            self._wanted["callback"](buffer, size, times, status)
            number += 1
            self._card.given += size
        self._wanted["finished_callback"]()
        self._card.has_broken = not self._stop.is_set()


class OutStream(Stream):
    """A loudspeaker that is open: asks for blocks until it is closed."""

    @property
    def latency(self) -> float:
        return self._card.latency_s

    def abort(self) -> None:
        self.stop()

    def _run(self) -> None:
        size, rate, number = self._wanted["blocksize"], self._card.rate, 0
        while not self._stop.wait(size / rate / self._card.speed):
            if self._card.breaks_after is not None and number >= self._card.breaks_after:
                break
            block = np.full((size, self._wanted["channels"]), np.nan, np.float32)
            self._wanted["callback"](block, size, None, SimpleNamespace(output_underflow=False))
            self._card.heard.append(block[:, 0].copy())
            number += 1
        self._wanted["finished_callback"]()
        self._card.has_broken = not self._stop.is_set()
