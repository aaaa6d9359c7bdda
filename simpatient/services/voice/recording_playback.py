"""Hearing a kept turn again. Must not know why it was kept, nor which loudspeaker there is."""

from collections.abc import Callable

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.people.actor import Actor
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.voice.ports import Sink


class RecordingPlaybackService:
    """Plays kept sound.

    Args:
        clips: Where it is kept.
        sink: Makes a loudspeaker from its id; '' for the system's default.
    """

    def __init__(self, *, clips: RecordingStore, sink: Callable[[str], Sink]) -> None:
        self._clips = clips
        self._sink = sink

    def play(self, actor: Actor, clip: str, loudspeaker: str = "", cancel: Cancellation | None = None) -> float:
        """Play a kept sound to its end, or until ``cancel`` is set; return how many seconds were heard.

        Raises:
            NotFound: It was deleted, its time is over, or it is not the actor's.
            StorageUnavailable: It cannot be read.
            AudioUnavailable: There is no loudspeaker, or it stopped working.
        """
        sound = self._clips.load(actor.person_id, clip)
        sink = self._sink(loudspeaker)
        try:
            return sink.play(sound, cancel)
        finally:
            sink.close()
