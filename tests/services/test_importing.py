"""Recordings in memory become transcripts: segments, channels, cross-talk, names, turns."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ContentError, ModelUnavailable
from simpatient.domain.speech import SAMPLE_RATE
from simpatient.services.transcripts.crosstalk import ChannelGate
from simpatient.services.transcripts.importing import HeardSegment, ImportService, turns_of
from simpatient.services.transcripts.speaker_labels import described, label_lines, read_labels, speaker_named
from tests.speech_fakes import FakeDecoder, FakeEndpointer, FakeTranscriber, silence, tone


@pytest.fixture
def file(tmp_path):
    (tmp_path / "talk.wav").touch()
    return tmp_path / "talk.wav"


def service(samples, transcriber=None) -> ImportService:
    return ImportService(
        decoder=FakeDecoder(samples), new_endpointer=FakeEndpointer, transcriber=transcriber or FakeTranscriber("Yes.")
    )


def at(total_s: float, *segments: tuple[float, float, float]) -> np.ndarray:
    """Return a channel with tones: when, how long, how loud."""
    made = silence(total_s)
    for start, length, loudness in segments:
        sound = tone(length, loudness=loudness)
        made[round(start * SAMPLE_RATE) :][: len(sound)] += sound
    return made


def test_one_channel_is_cut_at_its_pauses(file):
    texts, told = FakeTranscriber("What brings you here?", "My wife did.", "She said"), []
    mono = at(12.0, (1.0, 1.5, 0.3), (4.0, 1.0, 0.3), (8.0, 0.5, 0.3))
    heard = service(mono, texts).listen(file, on_listened=lambda *now: told.append(now))
    assert [segment.text for segment in heard.segments] == ["What brings you here?", "My wife did.", "She said"]
    assert [segment.number for segment in heard.segments] == [1, 2, 3]
    assert [segment.start_s for segment in heard.segments] == pytest.approx([1.0, 4.0, 8.0], abs=0.51)
    assert [segment.end_s for segment in heard.segments] == pytest.approx([2.5, 5.0, 8.5], abs=0.51)
    assert (heard.channels, heard.duration_s, heard.model_id) == (1, 12.0, "fake-recogniser@0")
    assert told[-1] == (11.5, 12.0)
    assert all(is_final for _, _, is_final in texts.calls)


def test_channels_are_speakers_and_cross_talk_is_none(file):
    left = at(10.0, (1.0, 2.0, 0.4), (6.0, 2.0, 0.03))
    right = at(10.0, (1.0, 2.0, 0.03), (6.0, 2.0, 0.4))
    both = np.stack([left, right], 1)
    heard = service(both).listen(file, by_channel=True)
    assert [segment.channel for segment in heard.segments] == [0, 1]
    mixed = service(both).listen(file)
    assert [(segment.channel, segment.number) for segment in mixed.segments] == [(0, 1), (0, 2)]
    assert mixed.channels == 2


def test_speakers_who_share_a_channel_are_told_apart_at_short_pauses(file):
    quick = at(6.0, (1.0, 1.0, 0.3), (2.5, 1.0, 0.3))
    assert len(service(quick).listen(file).segments) == 2
    assert len(service(np.stack([quick, quick * 0], 1)).listen(file, by_channel=True).segments) == 1


def test_both_at_once_are_both_heard(file):
    both = np.stack([at(8.0, (1.0, 4.0, 0.3)), at(8.0, (2.0, 1.0, 0.2))], 1)
    heard = service(both).listen(file, by_channel=True)
    assert [segment.channel for segment in heard.segments] == [0, 1]


def test_what_holds_no_words_is_counted(file):
    class Half(FakeTranscriber):
        def transcribe(self, samples, **more):
            found = super().transcribe(samples, **more)
            return found.model_copy(update={"text": ""}) if len(self.calls) % 2 else found

    heard = service(at(12.0, (1, 1, 0.3), (4, 1, 0.3), (8, 1, 0.3)), Half("Hello.")).listen(file)
    assert (len(heard.segments), heard.unheard) == (1, 2)


def test_nobody_speaking_is_one_clear_sentence(file):
    with pytest.raises(ContentError, match="No words were recognised"):
        service(silence(3.0)).listen(file)


def test_a_recogniser_that_cannot_run_is_told_before_listening(file):
    broken = FakeTranscriber()
    broken.unavailable = ModelUnavailable("There are no weights.", "Fetch them.")
    with pytest.raises(ModelUnavailable, match="no weights"):
        service(at(3.0, (1, 1, 0.3)), broken).listen(file)


def test_a_cancel_ends_it_and_close_closes(file):
    token, transcriber = CancelToken(), FakeTranscriber()
    made = service(at(30.0, (1, 1, 0.3)), transcriber)
    with pytest.raises(Cancelled):
        made.listen(file, on_listened=lambda *_: token.cancel(), cancel=token)
    made.close()
    with pytest.raises(ModelUnavailable):
        transcriber.prepare()


PIECES = st.lists(st.integers(0, 900), max_size=12)


@given(PIECES, st.integers(1, 3))
def test_the_gate_returns_every_sample_once_whatever_the_pieces(pieces, channels):
    total = sum(pieces)
    sound = np.random.default_rng(total).standard_normal((total, channels)).astype(np.float32)
    whole, parted = ChannelGate(channels), ChannelGate(channels)
    one = np.concatenate([whole.take(sound), whole.finish()])
    starts = np.cumsum([0, *pieces])
    parts = [parted.take(sound[start:end]) for start, end in pairwise(starts)]
    other = np.concatenate([*parts, parted.finish()])
    assert one.shape == other.shape == sound.shape
    assert np.array_equal(one, other)
    assert np.array_equal(one[one != 0], sound[one != 0])
    if channels == 1:
        assert np.array_equal(one, sound)


@given(st.floats(0.001, 0.9), st.floats(0.0, 1.0))
def test_the_louder_channel_is_never_silenced(loudness, share):
    sound = np.stack([tone(0.2, loudness=loudness), tone(0.2, 330.0, loudness * share)], 1)
    gate = ChannelGate(2)
    kept = gate.take(sound)
    assert np.array_equal(kept[:, 0], sound[: len(kept), 0])
    if share < 0.2:
        assert not kept[:, 1].any()
    if share > 0.35:
        assert np.array_equal(kept[:, 1], sound[: len(kept), 1])


def segment(number: int, start_s: float, end_s: float, text: str = "Words.", channel: int = 0) -> HeardSegment:
    return HeardSegment(number=number, channel=channel, start_s=start_s, end_s=end_s, text=text, confidence=0.8)


def test_spells_of_one_speaker_are_one_turn():
    segments = [
        segment(1, 0, 1, "Hello."),
        segment(2, 2, 6, "How are you?"),
        segment(3, 3, 3.4, "Mm."),
        segment(4, 7, 8, "Well."),
    ]
    turns = turns_of(segments, {1: "trainee", 2: "trainee", 3: "patient", 4: "patient"}, "talk")
    assert [(turn.turn, turn.speaker, turn.text) for turn in turns] == [
        (0, "trainee", "Hello. How are you?"), (1, "patient", "Mm. Well."),
    ]  # fmt: skip
    assert [(turn.start_s, turn.end_s) for turn in turns] == [(0, 6), (3, 8)]
    assert turns_of(segments, {3: "patient"}, "talk")[0].text == "Mm."
    assert turns_of(segments, {}, "talk") == ()


SPEAKERS = st.lists(st.sampled_from(["trainee", "patient", None]), max_size=20)


@given(SPEAKERS)
def test_turns_alternate_and_lose_no_word(speakers):
    segments = [segment(at, at, at + 0.5, f"w{at}") for at in range(1, len(speakers) + 1)]
    named = {at: who for at, who in enumerate(speakers, start=1) if who}
    turns = turns_of(segments, named, "x")
    assert all(first.speaker != second.speaker for first, second in pairwise(turns))
    assert " ".join(turn.text for turn in turns).split() == [f"w{at}" for at in named]
    assert [turn.turn for turn in turns] == list(range(len(turns)))


HEARD = [segment(at, at * 70.0, at * 70.0 + 4.25, f"Line {at}.") for at in range(1, 6)]


def test_labels_are_read_as_people_write_them():
    lines = ["# a note", "1 trainee  01:10 What", "", "2-3: Patient", "4. t", "5 skip noise"]
    assert read_labels(lines, HEARD, "who.txt") == {1: "trainee", 2: "patient", 3: "patient", 4: "trainee"}
    assert speaker_named(" P ") == "patient"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["1 nobody"], "who.txt:1: This line does not name a segment and its speaker"),
        (["1 t", "and so on"], "who.txt:2: This line does not name"),
        (["9 t"], "who.txt:1: There is no segment 9. There are 5."),
        (["1 t", "3-5 p"], "who.txt: No speaker is named for segment 2."),
        ([], "No speaker is named for segment 1, 2, 3, 4, 5."),
        (["1 ?  01:10 Line"], "does not name a segment and its speaker"),
    ],
)
def test_labels_that_cannot_be_used_name_their_line(lines, words):
    with pytest.raises(ContentError) as raised:
        read_labels(lines, HEARD, "who.txt")
    assert words in str(raised.value)


def test_what_is_to_be_filled_in_can_be_read_back():
    lines = list(label_lines(HEARD))
    assert lines[1] == "1 ?  01:10.0-01:14.2  Line 1."
    assert described(HEARD[0]) in lines[1]
    filled = [line.replace("?", "trainee" if at % 2 else "patient", 1) for at, line in enumerate(lines)]
    assert read_labels(["# Who?", *filled[1:]], HEARD, "x") == {
        at: "trainee" if at % 2 else "patient" for at in range(1, 6)
    }
