"""Endpointing: properties over drawn sounds, keys, false starts, segments that are too long, real speech and noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.speech import SAMPLE_RATE, Samples, SoundBlock, SpeechSegment, TalkSettings
from simpatient.services.voice.ports import ListeningEvent, SpeechBegan, SpeechEnded, VoiceDetector
from simpatient.speech.capture.endpointing import Endpointing, Timing
from simpatient.speech.capture.voice_activity import Levelled, SileroDetector, WebRtcDetector
from tests.speech.conftest import ESPEAK, FLITE, Say, clicks, hum, pink, white
from tests.speech_fakes import FakeDetector, blocks_of, silence, tone

QUICK = Timing(patience_s=0.5, longest_s=3.0, cut_after_s=2.0, cut_pause_s=0.2, cut_search_s=0.5)
SHORT = ("Yes.", "No.", "Mm-hm.", "Okay.", "Right.", "Sure.", "Uh-huh.", "I see.", "Hmm.", "Go on.",
         "Why?", "Well.", "Yeah.", "And then?", "Ah.", "Really?", "Of course.", "How come?", "True.", "Oh.")  # fmt: skip


class ScriptedDetector:
    """Says for each block what a test has written down."""

    block = 512

    def __init__(self, chances: list[float]) -> None:
        self._chances = chances
        self.reset()

    def chance(self, samples: Samples) -> float:
        self._at += 1
        return self._chances[self._at - 1] if self._at <= len(self._chances) else 0.0

    def reset(self) -> None:
        self._at = 0


def fed(endpointer: Endpointing, samples: Samples, at_s: float = 100.0, size: int = 320) -> list[ListeningEvent]:
    return [event for block in blocks_of(samples, at_s, size) for event in endpointer.feed(block)]


def segments_in(events: list[ListeningEvent]) -> list[SpeechSegment]:
    return [event.segment for event in events if isinstance(event, SpeechEnded)]


# --- properties -------------------------------------------------------------------------------------------

pieces = st.lists(st.tuples(st.booleans(), st.integers(1, 20)), min_size=1, max_size=15)
keyed = st.booleans()


def _drawn(parts: list[tuple[bool, int]]) -> Samples:
    """Loud and quiet stretches, in steps of 64 ms."""
    return np.concatenate([(tone if loud else silence)(0.064 * steps) for loud, steps in parts])


@given(pieces, keyed, st.lists(st.integers(1, 3000), min_size=1, max_size=60))
def test_any_chunking_of_the_same_sound_gives_the_same_spells(parts, waits_for_key: bool, sizes: list[int]) -> None:
    sound = _drawn(parts)
    whole = Endpointing(FakeDetector(), QUICK, waits_for_key=waits_for_key)
    chunked = Endpointing(FakeDetector(), QUICK, waits_for_key=waits_for_key)
    wanted = [*whole.feed(SoundBlock(sound, 100.0)), whole.finish()]
    found, at = [], 0
    while at < len(sound):
        size = sizes[at % len(sizes)]
        found += chunked.feed(SoundBlock(sound[at : at + size], 100.0 + at / SAMPLE_RATE))
        at += size
    found.append(chunked.finish())
    assert [_told(event) for event in found] == [_told(event) for event in wanted]


def _told(event: ListeningEvent | SpeechSegment | None) -> tuple:
    segment = event.segment if isinstance(event, SpeechEnded) else event
    if isinstance(segment, SpeechSegment):
        return (round(segment.began_s, 6), round(segment.ended_s, 6), segment.is_continued, segment.samples.tobytes())
    return (round(event.at_s, 6),) if isinstance(event, SpeechBegan) else ()


@given(pieces, keyed)
def test_spells_are_ordered_never_overlap_and_are_bounded(parts, waits_for_key: bool) -> None:
    """Every sample is numbered, so that one that came out twice would be seen."""
    sound = _drawn(parts)
    numbered = np.arange(len(sound), dtype=np.float32) + 1

    class Listens(FakeDetector):
        def chance(self, samples: Samples) -> float:
            at = int(samples[0]) - 1
            return super().chance(sound[at : at + self.block]) if at + self.block <= len(sound) else 0.0

    endpointer = Endpointing(Listens(), QUICK, waits_for_key=waits_for_key)
    events = fed(endpointer, numbered)
    last = endpointer.finish()
    segments = [*segments_in(events), *([last] if last else [])]
    heard = np.concatenate([segment.samples for segment in segments]) if segments else silence(0)
    assert (np.diff(heard) > 0).all()
    times = [time for segment in segments for time in (segment.began_s, segment.ended_s)]
    assert times == sorted(times)
    longest = QUICK.longest_s + QUICK.patience_s + 0.1
    assert all(len(segment.samples) <= longest * SAMPLE_RATE for segment in segments)
    begun = [event.at_s for event in events if isinstance(event, SpeechBegan)]
    ended = [segment.began_s for segment in segments_in(events)]
    assert begun[: len(ended)] == ended


@given(pieces)
def test_no_loud_sample_that_counts_is_lost(parts) -> None:
    """With a key held, the segments together are all the sound there was, unless there was no voice."""
    sound = _drawn(parts)
    endpointer = Endpointing(FakeDetector(), Timing(longest_s=300), waits_for_key=True)
    events = fed(endpointer, sound)
    segment = endpointer.finish()
    assert segments_in(events) == []
    if any(loud for loud, _ in parts):
        assert segment is not None
        assert segment.samples.tobytes() == sound.tobytes()
    else:
        assert segment is None


@given(pieces, pieces, keyed)
def test_nothing_before_a_reset_leaks_after(before, after, waits_for_key: bool) -> None:
    used = Endpointing(FakeDetector(), QUICK, waits_for_key=waits_for_key)
    fresh = Endpointing(FakeDetector(), QUICK, waits_for_key=waits_for_key)
    fed(used, _drawn(before), 50.0)
    used.reset()
    told = [[_told(event) for event in [*fed(one, _drawn(after)), one.finish()]] for one in (used, fresh)]
    assert told[0] == told[1]


# --- cases ------------------------------------------------------------------------------------------------


def test_soft_first_and_last_sounds_are_kept() -> None:
    (segment,) = segments_in(fed(Endpointing(FakeDetector()), np.concatenate([silence(2), tone(0.5), silence(3)])))
    before = round((segment.began_s - 100.0 - 1.5) * SAMPLE_RATE)
    assert np.abs(segment.samples[: round(0.35 * SAMPLE_RATE)]).max() == 0
    assert np.abs(segment.samples[-round(0.2 * SAMPLE_RATE) :]).max() == 0
    assert before > 0
    assert len(segment.samples) == pytest.approx((0.4 + 0.5 + 0.25) * SAMPLE_RATE, abs=1600)


def test_a_click_or_cough_is_no_spell_but_does_not_hide_the_voice_after_it() -> None:
    endpointer = Endpointing(FakeDetector())
    assert fed(endpointer, np.concatenate([silence(1), tone(0.03), silence(2)])) == []
    assert (
        len(segments_in(fed(endpointer, np.concatenate([tone(0.03), silence(0.1), tone(0.4), silence(2)]), 103.03)))
        == 1
    )


def test_a_voice_that_weakens_for_a_moment_is_still_a_voice() -> None:
    chances = [0.9] * 10 + [0.4] * 60 + [0.9] * 3 + [0.0] * 60
    (segment,) = segments_in(fed(Endpointing(ScriptedDetector(chances)), silence(5)))
    assert segment.ended_s - segment.began_s == pytest.approx(73 * 0.032, abs=0.001)


@pytest.mark.parametrize("patience_s", [0.3, 1.2, 3.0])
def test_patience_decides_when_a_turn_is_over(patience_s: float) -> None:
    endpointer = Endpointing.chosen(FakeDetector(), TalkSettings(mode="hands_free", patience_s=patience_s))
    assert len(fed(endpointer, np.concatenate([tone(0.5), silence(patience_s - 0.1)]))) == 1
    assert len(fed(endpointer, silence(0.2), 100.4 + patience_s)) == 1


def test_a_held_key_keeps_everything_however_long_the_silence() -> None:
    endpointer = Endpointing.chosen(FakeDetector(), TalkSettings(mode="push_to_talk"))
    said = np.concatenate([silence(3), tone(0.3), silence(20), tone(0.3), silence(1)])
    assert [type(event) for event in fed(endpointer, said)] == [SpeechBegan]
    segment = endpointer.finish()
    assert segment is not None
    assert len(segment.samples) == len(said)
    assert segment.began_s == pytest.approx(103.0, abs=0.04)
    assert segment.ended_s == pytest.approx(123.6, abs=0.04)


def test_a_held_key_believes_one_faint_sound_and_no_silence() -> None:
    faint = Endpointing(ScriptedDetector([0.0] * 10 + [0.25] + [0.0] * 10), waits_for_key=True)
    fed(faint, silence(0.6))
    assert faint.finish() is not None
    fed(faint, silence(0.3))
    assert faint.finish() is None


def test_less_than_a_block_is_heard_too() -> None:
    endpointer = Endpointing(FakeDetector(), waits_for_key=True)
    fed(endpointer, tone(0.02))
    segment = endpointer.finish()
    assert segment is not None
    assert len(segment.samples) == 320


def test_a_long_spell_is_cut_at_a_pause_once_the_speaker_has_gone_on() -> None:
    said = np.concatenate([tone(2.2), silence(0.3), tone(0.6), silence(2)])
    first, second = segments_in(fed(Endpointing(FakeDetector(), QUICK), said))
    assert (first.is_continued, second.is_continued) == (True, False)
    assert first.ended_s == pytest.approx(102.2, abs=0.04)
    assert second.began_s == pytest.approx(102.5, abs=0.04)


def test_a_speaker_who_ends_with_the_limit_has_ended() -> None:
    said = np.concatenate([tone(2.2), silence(2)])
    (segment,) = segments_in(fed(Endpointing(FakeDetector(), QUICK), said))
    assert not segment.is_continued


def test_without_a_pause_it_is_cut_where_a_voice_is_least_likely() -> None:
    chances = [0.9] * 85 + [0.6] + [0.9] * 30 + [0.0] * 60
    first, second = segments_in(fed(Endpointing(ScriptedDetector(chances), QUICK), silence(8)))
    assert first.is_continued
    assert first.ended_s == pytest.approx(100 + 85 * 0.032)
    assert second.ended_s == pytest.approx(100 + 116 * 0.032)


def test_after_a_cut_the_end_of_a_held_key_always_comes() -> None:
    endpointer = Endpointing(FakeDetector(), QUICK, waits_for_key=True)
    segments = segments_in(fed(endpointer, np.concatenate([tone(1), silence(6)])))
    assert segments
    assert all(segment.is_continued for segment in segments)
    assert endpointer.finish() is not None


def test_memory_is_bounded_while_nobody_speaks() -> None:
    held, free = Endpointing(FakeDetector(), QUICK, waits_for_key=True), Endpointing(FakeDetector(), QUICK)
    for endpointer in (held, free):
        fed(endpointer, silence(60))
        assert len(endpointer._kept) <= QUICK.longest_s * SAMPLE_RATE / 512


def test_sound_that_was_lost_ends_a_spell_when_the_gap_is_long() -> None:
    endpointer = Endpointing(FakeDetector(), QUICK)
    fed(endpointer, tone(1))
    events = fed(endpointer, tone(0.5), 110.0)
    assert [type(event) for event in events] == [SpeechEnded, SpeechBegan]
    assert events[1].at_s == pytest.approx(110.0, abs=0.04)


def test_a_click_before_a_gap_is_no_part_of_the_voice_after_it() -> None:
    endpointer = Endpointing(FakeDetector())
    assert fed(endpointer, tone(0.064)) == []
    (began,) = fed(endpointer, tone(0.5), 110.0)
    assert isinstance(began, SpeechBegan)
    assert began.at_s == pytest.approx(110.0, abs=0.04)


def test_a_clock_that_runs_away_is_followed_in_silence() -> None:
    endpointer = Endpointing(FakeDetector())
    fed(endpointer, silence(1), 100.0)
    fed(endpointer, silence(1), 100.9)
    (began,) = fed(endpointer, tone(0.5), 101.9)
    assert began.at_s == pytest.approx(101.9, abs=0.04)


# --- real speech, real detectors --------------------------------------------------------------------------


def levelled() -> VoiceDetector:
    return Levelled(SileroDetector())


def _in_a_room(said: Samples, loudness: float) -> Samples:
    sound = np.concatenate([silence(1.0), said, silence(1.6)])
    return sound + loudness * pink(len(sound) / SAMPLE_RATE, -60)[: len(sound)]


@pytest.mark.parametrize("waits_for_key", [True, False], ids=["key", "hands free"])
@pytest.mark.parametrize(("make", "loudness"), [(levelled, 1.0), (levelled, 0.03), (WebRtcDetector, 1.0)])
def test_of_200_short_answers_none_is_lost(say: Say, make, loudness: float, waits_for_key: bool) -> None:
    """None with a good microphone; with one 30 dB quieter flite's 'Oh.' is, by one of its voices."""
    endpointer = Endpointing(make(), waits_for_key=waits_for_key)
    lost = []
    for voice in (*FLITE, *ESPEAK):
        for text in SHORT:
            said = loudness * _trimmed(say(text, voice))
            segments = segments_in(fed(endpointer, said if waits_for_key else _in_a_room(said, loudness)))
            last = endpointer.finish()
            if len([*segments, *([last] if last else [])]) != 1:
                lost.append((voice, text))
    assert lost == [] if loudness == 1.0 else len(lost) <= 1


def _trimmed(said: Samples) -> Samples:
    """Take away the silence a synthesiser puts around a word, so that the clip is as short as the word."""
    loud = np.flatnonzero(np.abs(said) > 0.02)
    return said[loud[0] : loud[-1] + 1]


@pytest.mark.parametrize("voice", ["slt", "rms", "en-gb"])
@pytest.mark.parametrize(("noise", "ratio_db"), [(white, 25), (pink, 15), (hum, 15), (clicks, 15)])
def test_sentences_with_pauses_are_found_in_noise(say: Say, voice: str, noise, ratio_db: float) -> None:
    one, two = say("You said that you feel tired all the time.", voice), say("What would help you to sleep?", voice)
    gap = silence(2.5)
    sound = np.concatenate([gap, one, gap, two, gap])
    level = 10 * np.log10(np.mean(one**2))
    heard = sound + noise(len(sound) / SAMPLE_RATE, level - ratio_db)[: len(sound)]
    segments = segments_in(fed(Endpointing(levelled()), heard))
    assert len(segments) == 2
    assert segments[0].began_s == pytest.approx(102.5, abs=0.35)
    assert segments[1].began_s == pytest.approx(105.0 + len(one) / SAMPLE_RATE, abs=0.35)


def ten_minutes() -> Samples:
    """Silence, then each kind of noise at several levels, ten minutes in all."""
    noises = [noise(35, db, seed=number) if noise is not hum else hum(35, db)
              for number, noise in enumerate((white, pink, hum, clicks)) for db in (-60, -45, -35, -25)]  # fmt: skip
    return np.concatenate([silence(40), *noises])


@pytest.mark.parametrize("waits_for_key", [True, False], ids=["key", "hands free"])
def test_ten_minutes_of_silence_and_noise_are_no_speech(waits_for_key: bool) -> None:
    endpointer = Endpointing(levelled(), Timing(longest_s=700), waits_for_key=waits_for_key)
    assert fed(endpointer, ten_minutes(), size=4096) == []
    assert endpointer.finish() is None


def test_the_light_filter_holds_out_less_well_and_this_is_how_well() -> None:
    """Stated, not hidden: 8 segments when this was written, most of 0.12 s; the recogniser has a filter of its own."""
    endpointer = Endpointing(WebRtcDetector())
    invented = segments_in(fed(endpointer, ten_minutes(), size=4096))
    last = endpointer.finish()
    assert len([*invented, *([last] if last else [])]) <= 12
