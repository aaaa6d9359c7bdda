"""Kept sound: heard again, stopped, and deleted with its session."""

from datetime import timedelta

import numpy as np
import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import AudioUnavailable, NotFound, StorageUnavailable
from simpatient.domain.people.consent import Consent
from simpatient.domain.speech import Sound
from simpatient.services.privacy.deletion import DeletionService
from simpatient.services.voice.recording_playback import RecordingPlaybackService
from tests.builders import ME
from tests.fakes import FixedClock
from tests.session_fakes import InMemoryDrills
from tests.storage.made_sessions import T0
from tests.storage.test_drill_repository import a_state, a_try
from tests.talk_fakes import InMemoryClips, InMemoryConsents
from tests.world import World

SOUND = Sound(np.full(8000, 0.25, np.float32))


class ListSink:
    """A loudspeaker that remembers what it was given."""

    def __init__(self, fails: bool = False) -> None:
        self.played: list[Sound] = []
        self.fails = fails
        self.is_closed = False

    def devices(self):
        return ()

    def play(self, sound, cancel=None):
        if self.fails:
            raise AudioUnavailable("There is no loudspeaker.")
        if cancel is not None and cancel.is_cancelled:
            return 0.0
        self.played.append(sound)
        return sound.duration_s

    def close(self):
        self.is_closed = True


@pytest.fixture
def clips() -> InMemoryClips:
    return InMemoryClips(FixedClock(T0))


def test_a_kept_turn_is_played_on_the_chosen_loudspeaker(clips: InMemoryClips) -> None:
    sinks: dict[str, ListSink] = {}
    listening = RecordingPlaybackService(clips=clips, sink=lambda device: sinks.setdefault(device, ListSink()))
    clip = clips.save("me", "s1", SOUND, T0 + timedelta(days=1))
    assert listening.play(ME, clip, "l2") == 0.5
    assert [np.array_equal(each.samples, SOUND.samples) for each in sinks["l2"].played] == [True]
    assert sinks["l2"].is_closed
    stopped = CancelToken()
    stopped.cancel()
    assert listening.play(ME, clip, "l2", stopped) == 0.0


def test_what_is_gone_or_cannot_be_heard_is_told_and_the_device_is_let_go(clips: InMemoryClips) -> None:
    sink = ListSink(fails=True)
    listening = RecordingPlaybackService(clips=clips, sink=lambda _: sink)
    with pytest.raises(NotFound, match="This recording is no longer kept"):
        listening.play(ME, "nothing")
    clip = clips.save("me", "s1", SOUND, T0 + timedelta(days=1))
    with pytest.raises(AudioUnavailable):
        listening.play(ME, clip)
    assert sink.is_closed


def _forgetting(world: World, clips: InMemoryClips) -> DeletionService:
    return DeletionService(sessions=world.sessions, drills=InMemoryDrills(), consents=InMemoryConsents(), clips=clips)


def test_everything_of_a_trainee_goes_and_nothing_of_another(world: World, clips: InMemoryClips) -> None:
    mine = world.begin()
    clips.save("me", mine, SOUND, T0 + timedelta(days=1))
    clips.save("other", "s9", SOUND, T0 + timedelta(days=1))
    drills, consents = InMemoryDrills(), InMemoryConsents()
    for trainee in ("me", "other"):
        drills.add_try(a_try(trainee_id=trainee), a_state(trainee_id=trainee))
        consents.add(Consent(trainee_id=trainee, purpose="microphone", wording="Yes.", given_at=T0))
    deletion = DeletionService(sessions=world.sessions, drills=drills, consents=consents, clips=clips)
    deletion.delete_everything(ME)
    assert world.sessions.session_ids("me") == ()
    assert (drills.states("me"), consents.consents("me")) == ((), ())
    assert [owner for owner, *_ in clips.kept.values()] == ["other"]
    assert drills.states("other")
    assert consents.consents("other")


def test_a_session_goes_with_its_sound_and_no_other(world: World, clips: InMemoryClips) -> None:
    gone, stays = world.begin(), world.begin()
    for session_id in (gone, stays):
        clips.save("me", session_id, SOUND, T0 + timedelta(days=1))
    deletion = _forgetting(world, clips)
    deletion.delete_session(ME, gone)
    assert [session_id for _, session_id, _, _ in clips.kept.values()] == [stays]
    with pytest.raises(NotFound):
        world.sessions.get(gone)
    assert world.sessions.get(stays).id == stays
    with pytest.raises(NotFound):
        deletion.delete_session(ME, gone)


def test_a_session_whose_sound_cannot_be_deleted_stays_to_be_deleted_again(world: World) -> None:
    class FullDisk(InMemoryClips):
        def delete_session(self, session_id):
            raise StorageUnavailable("The disk is read-only.")

    session_id = world.begin()
    deletion = _forgetting(world, FullDisk(FixedClock(T0)))
    with pytest.raises(StorageUnavailable):
        deletion.delete_session(ME, session_id)
    assert world.sessions.get(session_id).id == session_id
