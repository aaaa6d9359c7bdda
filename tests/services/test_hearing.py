"""Hearing: key, echo gate, pause and errors, with a recorder and an endpointer in memory."""

from collections.abc import Iterator
from threading import Event, Thread, current_thread
from time import monotonic, sleep

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import AudioUnavailable, Cancelled
from simpatient.domain.speech import SAMPLE_RATE, ListeningMode, Samples, SoundBlock
from simpatient.runtime.bounded_queue import BoundedQueue
from simpatient.services.voice.device_test import record_sample
from simpatient.services.voice.echo_gate import TAIL_S, EchoGate
from simpatient.services.voice.microphone_listener import MicrophoneListener
from simpatient.services.voice.ports import SpeechBegan, SpeechEnded
from simpatient.services.voice.sound_level import FLOOR_DB, LevelMeter, level_db
from simpatient.services.voice.turn_gate import GateEvent, NothingHeard, TurnGate
from tests.speech_fakes import FakeEndpointer, FakeRecorder, blocks_of, silence, tone

LIMIT_S = 60.0


class Desk:
    """A hearing with all that it has told."""

    def __init__(self, mode: ListeningMode = "hands_free", **wanted) -> None:
        self.recorder = wanted.pop("recorder", FakeRecorder())
        wanted.setdefault("stalls_after_s", LIMIT_S)
        self.events: list[GateEvent] = []
        self.errors: list[AudioUnavailable] = []
        self.endpointer = FakeEndpointer()
        self.hearing = MicrophoneListener(
            recorder=self.recorder, endpointer=self.endpointer, on_event=self.events.append,
            on_error=self.errors.append, mode=mode, **wanted,
        )  # fmt: skip

    def start(self) -> None:
        self.hearing.start()
        wait_until(lambda: self.hearing.is_recording or self.errors)

    @property
    def kinds(self) -> list[type]:
        return [type(event) for event in self.events]

    def wait_for(self, *kinds: type) -> None:
        wait_until(lambda: len(self.events) >= len(kinds))
        assert self.kinds == list(kinds)


def wait_until(is_true) -> None:
    until = monotonic() + LIMIT_S
    while not is_true():
        assert monotonic() < until, "it did not happen"
        sleep(0.005)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    made.start()
    yield made
    made.hearing.close()


@pytest.fixture
def key_desk() -> Iterator[Desk]:
    made = Desk("push_to_talk")
    made.start()
    yield made
    made.hearing.close()


# --- hands-free -------------------------------------------------------------------------------------------


def test_what_is_said_is_told(desk: Desk) -> None:
    desk.recorder.say(np.concatenate([silence(0.5), tone(1), silence(1)]))
    desk.wait_for(SpeechBegan, SpeechEnded)
    assert len(desk.events[1].segment.samples) >= SAMPLE_RATE


def test_sound_so_far_and_the_level_can_be_asked_for_while_somebody_speaks(desk: Desk) -> None:
    assert desk.hearing.level == FLOOR_DB
    desk.recorder.say(tone(0.5))
    desk.wait_for(SpeechBegan)
    wait_until(lambda: len(desk.hearing.so_far()) == 0.5 * SAMPLE_RATE)
    assert desk.hearing.level == pytest.approx(20 * np.log10(0.3 / 2**0.5), abs=0.5)
    desk.hearing.pause()
    assert desk.hearing.level == FLOOR_DB
    assert len(desk.hearing.so_far()) == 0


def test_while_the_patient_speaks_and_a_moment_after_nothing_is_heard(desk: Desk) -> None:
    desk.hearing.mute()
    desk.recorder.say(tone(2))
    desk.hearing.unmute()
    desk.recorder.say(np.concatenate([tone(TAIL_S - 0.02), silence(1)]))
    desk.recorder.say(np.concatenate([tone(0.5), silence(1)]))
    desk.wait_for(SpeechBegan, SpeechEnded)
    assert desk.events[0].at_s == pytest.approx(100 + 2 + TAIL_S - 0.02 + 1, abs=0.03)


def test_what_was_begun_when_the_patient_starts_is_dropped(desk: Desk) -> None:
    desk.recorder.say(tone(0.5))
    desk.hearing.mute()
    desk.recorder.say(silence(2))
    desk.hearing.unmute()
    desk.recorder.say(silence(2))
    desk.wait_for(SpeechBegan)
    sleep(0.2)
    assert desk.kinds == [SpeechBegan]


def test_with_headphones_the_trainee_is_heard_while_the_patient_speaks() -> None:
    desk = Desk(uses_headphones=True)
    desk.start()
    desk.hearing.mute()
    desk.recorder.say(np.concatenate([tone(0.5), silence(1)]))
    desk.wait_for(SpeechBegan, SpeechEnded)
    desk.hearing.close()


def test_keys_mean_nothing_hands_free(desk: Desk) -> None:
    desk.hearing.press()
    desk.recorder.say(tone(0.5))
    desk.hearing.release()
    desk.recorder.say(silence(1))
    desk.wait_for(SpeechBegan, SpeechEnded)


# --- push to talk -----------------------------------------------------------------------------------------


def test_only_what_is_said_with_the_key_held_is_told(key_desk: Desk) -> None:
    key_desk.recorder.say(np.concatenate([tone(1), silence(1)]))
    key_desk.hearing.press()
    key_desk.recorder.say(tone(0.4))
    key_desk.hearing.release()
    key_desk.recorder.say(silence(1))
    key_desk.wait_for(SpeechBegan, SpeechEnded)
    assert key_desk.events[1].segment.ended_s - key_desk.events[1].segment.began_s == pytest.approx(0.4, abs=0.03)


def test_the_key_takes_the_moment_before_and_after_with_it(key_desk: Desk) -> None:
    """The first sound comes with the finger, the last outlasts it."""
    key_desk.recorder.say(np.concatenate([silence(1), tone(0.2)]))
    key_desk.hearing.press()
    key_desk.recorder.say(tone(0.2))
    key_desk.hearing.release()
    key_desk.recorder.say(np.concatenate([tone(0.06), silence(1)]))
    key_desk.wait_for(SpeechBegan, SpeechEnded)
    segment = key_desk.events[1].segment
    assert segment.ended_s - segment.began_s == pytest.approx(0.46, abs=0.03)


def test_a_key_held_in_silence_heard_nothing(key_desk: Desk) -> None:
    key_desk.hearing.press()
    key_desk.recorder.say(silence(1))
    key_desk.hearing.release()
    key_desk.recorder.say(silence(1))
    key_desk.wait_for(NothingHeard)


def test_a_key_pressed_again_at_once_begins_a_new_spell(key_desk: Desk) -> None:
    for _ in range(2):
        key_desk.hearing.press()
        key_desk.recorder.say(tone(0.2))
        key_desk.hearing.release()
        key_desk.recorder.say(tone(0.02))
    key_desk.hearing.press()
    key_desk.hearing.press()
    key_desk.wait_for(SpeechBegan, SpeechEnded, SpeechBegan, SpeechEnded)


def test_who_holds_the_key_is_heard_even_if_the_patient_speaks(key_desk: Desk) -> None:
    key_desk.hearing.mute()
    key_desk.recorder.say(tone(1))
    key_desk.hearing.press()
    key_desk.recorder.say(tone(0.3))
    key_desk.hearing.release()
    key_desk.recorder.say(silence(0.5))
    key_desk.wait_for(SpeechBegan, SpeechEnded)
    assert len(key_desk.events[1].segment.samples) == pytest.approx(0.42 * SAMPLE_RATE, abs=400)


def test_letting_go_of_a_key_that_is_not_held_is_nothing(key_desk: Desk) -> None:
    key_desk.hearing.release()
    key_desk.recorder.say(tone(0.5))
    sleep(0.2)
    assert key_desk.events == []


# --- pause, close, errors ---------------------------------------------------------------------------------


def test_paused_is_not_recording_and_what_was_begun_is_dropped(desk: Desk) -> None:
    desk.recorder.say(tone(0.5))
    desk.wait_for(SpeechBegan)
    desk.hearing.pause()
    assert not desk.recorder.is_open
    assert not desk.hearing.is_recording
    desk.recorder.say(np.concatenate([tone(1), silence(1)]))
    desk.start()
    desk.recorder.say(silence(1))
    sleep(0.2)
    assert desk.kinds == [SpeechBegan]
    assert desk.recorder.opened == 2


def test_a_patient_who_speaks_on_during_a_pause_is_not_heard_after_it(desk: Desk) -> None:
    desk.hearing.pause()
    desk.hearing.mute()
    desk.start()
    desk.recorder.say(np.concatenate([tone(0.5), silence(1)]))
    sleep(0.2)
    assert desk.events == []


def test_starting_twice_opens_once_and_closed_stays_closed(desk: Desk) -> None:
    desk.hearing.start()
    assert desk.recorder.opened == 1
    desk.hearing.close()
    desk.hearing.close()
    desk.hearing.start()
    assert not desk.recorder.is_open


def test_may_be_paused_and_started_from_its_own_callback() -> None:
    desk = Desk()

    def on_event(event: GateEvent) -> None:
        desk.events.append(event)
        if isinstance(event, SpeechBegan) and len(desk.events) == 1:
            desk.hearing.pause()
            desk.hearing.start()

    desk.hearing._on_event = on_event
    desk.start()
    desk.recorder.say(tone(0.1))
    wait_until(lambda: desk.recorder.opened == 2 and desk.recorder.is_open)
    desk.recorder.say(np.concatenate([tone(0.5), silence(1)]))
    wait_until(lambda: SpeechEnded in desk.kinds)
    desk.hearing.close()


def test_a_microphone_that_cannot_be_opened_is_told_once() -> None:
    desk = Desk(recorder=FakeRecorder(AudioUnavailable("There is no microphone.", "Plug one in.")))
    desk.start()
    assert [error.message for error in desk.errors] == ["There is no microphone."]
    desk.hearing.close()
    assert len(desk.errors) == 1
    assert not desk.hearing.is_recording


def test_a_microphone_that_breaks_off_is_told_once_in_its_own_words_and_can_be_started_again() -> None:
    desk = Desk(stalls_after_s=0.3)
    desk.recorder.breaks_with = AudioUnavailable("The microphone stopped working.", "Plug it in.")
    desk.start()
    wait_until(lambda: desk.errors)
    assert [error.message for error in desk.errors] == ["The microphone stopped working."]
    desk.recorder.breaks_with = None
    desk.hearing.start()
    wait_until(lambda: desk.recorder.opened == 2)
    desk.hearing.close()
    assert len(desk.errors) == 1


def test_a_microphone_that_only_falls_silent_is_told_too() -> None:
    desk = Desk(stalls_after_s=0.3)
    desk.start()
    wait_until(lambda: desk.errors)
    assert "stopped sending sound" in desk.errors[0].message
    assert desk.errors[0].action
    desk.hearing.close()


def test_callbacks_come_on_the_listening_thread_and_none_after_a_pause() -> None:
    threads: list[Thread] = []
    desk = Desk()
    desk.hearing._on_event = lambda event: threads.append(current_thread())
    desk.start()
    desk.recorder.say(tone(0.3))
    wait_until(lambda: threads)
    assert threads[0].name == "hearing"
    desk.hearing.pause()
    assert not threads[0].is_alive()


def test_a_listener_that_is_held_up_loses_sound_and_the_microphone_does_not_wait() -> None:
    desk, held = Desk(), Event()
    desk.hearing._on_event = lambda event: held.wait(LIMIT_S) and None
    desk.start()
    desk.recorder.say(tone(70))
    assert 8 <= desk.hearing.lost_s <= 11
    held.set()
    desk.hearing.close()


def test_many_threads_may_call_it_at_once() -> None:
    desk = Desk("push_to_talk")
    desk.start()

    def fiddle(seed: int) -> None:
        rng = np.random.default_rng(seed)
        calls = [desk.hearing.press, desk.hearing.release, desk.hearing.mute, desk.hearing.unmute,
                 desk.hearing.so_far, desk.hearing.pause, desk.hearing.start]  # fmt: skip
        for _ in range(60):
            calls[int(rng.integers(len(calls)))]()

    threads = [Thread(target=fiddle, args=(seed,), daemon=True) for seed in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        desk.recorder.say(tone(0.02))
    for thread in threads:
        thread.join(LIMIT_S)
        assert not thread.is_alive()
    desk.hearing.close()
    assert not desk.recorder.is_open
    assert desk.errors == []


# --- its parts --------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4000)), max_size=30), st.integers(1, 700))
def test_the_gate_passes_exactly_what_is_not_the_patients_time(turns: list[tuple[bool, int]], size: int) -> None:
    gate, passed, wanted, at = EchoGate(), [], [], 0
    tail, left, is_shut = round(TAIL_S * SAMPLE_RATE), 0, False
    for shuts, length in turns:
        if shuts:
            gate.shut()
            is_shut = True
        else:
            gate.open()
            left, is_shut = (tail if is_shut else left), False
        numbers = np.arange(at, at + length, dtype=np.float32)
        for block in blocks_of(numbers, at / SAMPLE_RATE, size):
            rest = gate.through(block)
            if rest is not None:
                assert rest.at_s == pytest.approx(rest.samples[0] / SAMPLE_RATE)
                passed.append(rest.samples)
        if not is_shut:
            wanted.append(numbers[left:])
            left = max(0, left - length)
        at += length
    assert gate.is_open == (not is_shut and left == 0)
    assert _joined(passed).tolist() == _joined(wanted).tolist()


def _joined(parts: list[Samples]) -> Samples:
    return np.concatenate([silence(0), *parts])


def test_a_ring_counts_what_it_refuses_and_keeps_commands() -> None:
    ring: BoundedQueue[str] = BoundedQueue(3)
    assert [ring.offer(name, 2) for name in ("a", "b")] == [True, False]
    ring.put("command")
    assert ring.lost == 2
    assert [ring.take(0.0) for _ in range(3)] == ["a", "command", None]
    assert ring.offer("c", 3)


def test_levels_are_decibels_below_full_scale() -> None:
    assert level_db(silence(0)) == FLOOR_DB
    assert level_db(silence(1)) == FLOOR_DB
    assert level_db(np.ones(100, np.float32)) == pytest.approx(0.0)
    assert level_db(tone(1, loudness=0.1)) == pytest.approx(-23.0, abs=0.1)


def test_the_meter_rises_at_once_and_falls_slowly() -> None:
    meter = LevelMeter()
    high = meter.feed(tone(0.1))
    assert meter.feed(silence(0.1)) == pytest.approx(high - 4.0)
    assert meter.feed(silence(10)) == FLOOR_DB


def test_a_sample_is_recorded_with_its_levels() -> None:
    recorder, levels = FakeRecorder(), []
    speaker = Thread(target=lambda: (wait_until(lambda: recorder.is_open), recorder.say(tone(1.5))), daemon=True)
    speaker.start()
    sound = record_sample(recorder, 1.0, on_level=levels.append)
    speaker.join(LIMIT_S)
    assert sound.duration_s == 1.0
    assert len(levels) == 50
    assert max(levels) > -15


def test_a_sample_can_be_cancelled_and_a_dead_microphone_ends_it() -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        record_sample(FakeRecorder(), 1.0, cancel=cancel)
    with pytest.raises(AudioUnavailable, match="no sound"):
        record_sample(FakeRecorder(), 1.0, stalls_after_s=0.2)


def test_an_ear_alone_tells_when_nothing_was_heard() -> None:
    ear = TurnGate(FakeEndpointer(), "push_to_talk", uses_headphones=False)
    assert ear.press() == ()
    ear.release()
    (event,) = ear.feed(SoundBlock(silence(0.2), 7.0))
    assert event == NothingHeard(pytest.approx(7.12))
