"""A recorded role-play becomes a transcript: segments of speech, their words, who spoke them, turns.

Must not know how a file is decoded, nor which recogniser there is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ContentError
from simpatient.domain.session.session import TranscriptTurn
from simpatient.domain.speech import SAMPLE_RATE, SoundBlock, SpeechSegment
from simpatient.services.transcripts.crosstalk import ChannelGate, Channels
from simpatient.services.voice.ports import (
    Endpointer,
    RecordedSound,
    RecordingDecoder,
    SpeechEnded,
    Transcriber,
)

# Quiet that ends a segment. Where speakers share a channel it is as short as it can be without cutting within words,
# since a segment with two speakers in it can be given to neither; changes that are quicker than that (many are: about
# 0.2 s, Stivers et al. 2009, PNAS 106) stay unseen. A channel for each speaker is better.
OWN_CHANNEL_PAUSE_S, SHARED_CHANNEL_PAUSE_S = 0.7, 0.3
# Called with the seconds that were listened to, and how long the recording is.
OnListened = Callable[[float, float], None]


class HeardSegment(Value):
    """One segment of speech in a recording.

    Attributes:
        number: From 1, by when it began; how a person names it.
        channel: Where it was heard, from 0.
        start_s: When the voice began, seconds from the start of the recording.
        end_s: When it ended.
        confidence: The recogniser's, 0..1.
    """

    number: int = 0
    channel: int
    start_s: float
    end_s: float
    text: str
    confidence: float


class HeardRecording(Value):
    """What was heard in a recording.

    Attributes:
        unheard: How many segments held no words that could be believed.
        model_id: Which recogniser.
    """

    segments: tuple[HeardSegment, ...]
    channels: int
    duration_s: float
    unheard: int = 0
    model_id: str = ""


class ImportService:
    """Listens to recordings.

    Args:
        decoder: Reads files.
        new_endpointer: Makes what cuts one channel into segments, given the quiet that ends one, in seconds.
        transcriber: Recognises their words.
    """

    def __init__(
        self, *, decoder: RecordingDecoder, new_endpointer: Callable[[float], Endpointer], transcriber: Transcriber
    ) -> None:
        self._decoder = decoder
        self._new_endpointer = new_endpointer
        self._transcriber = transcriber

    def listen(
        self,
        path: Path,
        *,
        by_channel: bool = False,
        on_listened: OnListened | None = None,
        cancel: Cancellation | None = None,
    ) -> HeardRecording:
        """Return all segments of a recording with their words.

        Args:
            path: A wav, flac or mp3 file.
            by_channel: Every speaker has a channel; else all channels are heard as one.
            on_listened: Told how far it is.
            cancel: Checked between steps.

        Raises:
            ContentError: The file cannot be read as a recording, or nobody speaks in it.
            ModelUnavailable: The recogniser cannot be run.
            Cancelled: ``cancel`` was set.
        """
        # A recogniser that cannot be run fails here, before an hour is decoded.
        self._transcriber.prepare()
        listener = _Listener(self._new_endpointer, self._transcriber, by_channel, cancel)

        def on_sound(sound: RecordedSound) -> None:
            listener.take(sound)
            if on_listened is not None:
                on_listened(sound.at_s, sound.total_s)

        self._decoder.decode(path, on_sound, cancel)
        heard = listener.finish()
        if not heard.segments:
            action = "Check that the right file was chosen, and that the microphone was on."
            raise ContentError("No words were recognised in this recording.", file=str(path), action=action)
        return heard

    def close(self) -> None:
        """Release the recogniser's process."""
        self._transcriber.close()


class _Listener:
    """Cuts sound into segments while it comes, and has each recognised as soon as it is over."""

    def __init__(
        self,
        new_endpointer: Callable[[float], Endpointer],
        transcriber: Transcriber,
        by_channel: bool,
        cancel: Cancellation | None,
    ) -> None:
        self._new_endpointer = new_endpointer
        self._transcriber = transcriber
        self._by_channel = by_channel
        self._cancel = cancel
        self._endpointers: list[Endpointer] = []
        self._gate: ChannelGate | None = None
        self._segments: list[HeardSegment] = []
        self._channels = self._unheard = 0
        self._at_s = self._total_s = 0.0

    def take(self, sound: RecordedSound) -> None:
        """Listen to the next piece."""
        if self._gate is None:
            self._channels = sound.samples.shape[1]
            used = self._channels if self._by_channel else 1
            self._gate = ChannelGate(used)
            pause_s = OWN_CHANNEL_PAUSE_S if self._by_channel else SHARED_CHANNEL_PAUSE_S
            self._endpointers = [self._new_endpointer(pause_s) for _ in range(used)]
        self._total_s = sound.total_s
        mixed = sound.samples if self._by_channel else sound.samples.mean(axis=1, keepdims=True)
        self._feed(self._gate.take(mixed))

    def finish(self) -> HeardRecording:
        """Return what was heard, in order."""
        if self._gate is not None:
            self._feed(self._gate.finish())
        for channel, endpointer in enumerate(self._endpointers):
            last = endpointer.finish()
            if last is not None:
                self._recognise(last, channel)
        ordered = sorted(self._segments, key=lambda segment: (segment.start_s, segment.channel))
        return HeardRecording(
            segments=tuple(segment.model_copy(update={"number": at}) for at, segment in enumerate(ordered, start=1)),
            channels=self._channels,
            duration_s=self._total_s,
            unheard=self._unheard,
            model_id=self._transcriber.model_id,
        )

    def _feed(self, samples: Channels) -> None:
        for channel, endpointer in enumerate(self._endpointers):
            for event in endpointer.feed(SoundBlock(samples[:, channel].copy(), self._at_s)):
                if isinstance(event, SpeechEnded):
                    self._recognise(event.segment, channel)
        self._at_s += len(samples) / SAMPLE_RATE

    def _recognise(self, segment: SpeechSegment, channel: int) -> None:
        found = self._transcriber.transcribe(segment.samples, cancel=self._cancel)
        if not found.text.strip():
            self._unheard += 1
            return
        self._segments.append(
            HeardSegment(
                channel=channel,
                start_s=round(max(0.0, segment.began_s), 2),
                end_s=round(segment.ended_s, 2),
                text=found.text.strip(),
                confidence=found.confidence,
            )
        )


def turns_of(
    segments: Iterable[HeardSegment], speakers: Mapping[int, Speaker], session_id: str
) -> tuple[TranscriptTurn, ...]:
    """Return the turns of a conversation; segments by the same speaker in a row are one turn.

    Args:
        segments: In the order they began.
        speakers: Who spoke, by the segments' numbers; segments that are not there are left out.
        session_id: Name of the session.
    """
    known = [segment for segment in segments if segment.number in speakers]
    grouped = groupby(known, key=lambda segment: speakers[segment.number])
    return tuple(_turn(at, speaker, list(said), session_id) for at, (speaker, said) in enumerate(grouped))


def _turn(number: int, speaker: Speaker, said: Sequence[HeardSegment], session_id: str) -> TranscriptTurn:
    return TranscriptTurn(
        session_id=session_id,
        turn=number,
        speaker=speaker,
        text=" ".join(segment.text for segment in said),
        start_s=said[0].start_s,
        # With a channel for each speaker the last segment to begin need not be the last to end.
        end_s=max(segment.end_s for segment in said),
    )
