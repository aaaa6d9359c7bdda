"""How a patient's words are spoken: whole sentences from any stream, pauses from the plan, shades from the state."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.speech import VoiceStyle
from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.patient.realisation.delivery import SentenceStream, latency_s, read_aloud, shaded

VOICE = VoiceStyle()
TEXT = "It's late. Dr. Lee said “wait.” I'm … I don't know! Why me? (He shrugs) Anyway"
WORDS = st.lists(
    st.sampled_from(
        ["I", "know.", "Well …", "Mr. Hall", "why?", "“No.”", "...", "and", "7:30", "(sighs)", "£20.", "é"]
    ),
    min_size=1,
).map(" ".join)


def spoken(*chunks: str) -> list[str]:
    stream = SentenceStream(VOICE)
    return [sentence.text for chunk in chunks for sentence in stream.add(chunk)] + [s.text for s in stream.finish()]


def test_a_text_becomes_sentences_and_a_title_ends_none() -> None:
    assert spoken(TEXT) == [
        "It's late.",
        "Dr. Lee said “wait.”",
        "I'm …",
        "I don't know!",
        "Why me?",
        "(He shrugs) Anyway",
    ]


@given(WORDS, st.data())
def test_any_chunking_gives_the_same_sentences_and_loses_no_word(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert spoken(*chunks) == spoken(text)
    assert " ".join(spoken(text)).split() == text.split()


@given(st.text(max_size=300))
def test_what_is_read_aloud_is_plain_and_never_silent_where_there_are_words(text: str) -> None:
    aloud = read_aloud(text)
    assert not re.search(r"[<>&*\[\]_]", aloud)
    assert len(aloud) <= 3 * len(text) + 20
    kept = re.sub(r"\([^()\n]{0,200}\)|\*[^*\n]{0,200}\*|\[[^\]\n]{0,200}\]|<[^<>\n]{0,200}>", " ", text)
    assert bool(aloud) == bool(re.search(r"[^\W_]|&", kept))


@pytest.mark.parametrize(
    ("text", "aloud"),
    [
        ("I'm … I don't know.", "I'm, I don't know."),
        ("… Fine.", "Fine."),
        ("…", ""),
        ("It was £20 & 5 % at 7:30 – roughly.", "It was 20 pounds and 5 per cent at 7 30, roughly."),
        ("“Mr. Hall,” she said *sighs*.", "Mister Hall, she said."),
        ("<break time='9s'/> No.", "No."),
        ("(takes his coat off)", ""),
        ("(nods) Yes.", "Yes."),
        ("well-known, isn't it?", "well-known, isn't it?"),
    ],
)
def test_only_what_the_ear_understands_is_read(text: str, aloud: str) -> None:
    assert read_aloud(text) == aloud


def test_what_is_hard_to_say_comes_later_and_nothing_takes_for_ever() -> None:
    plain, told = ReplyPlan(act="simple_reply"), ReplyPlan(act="tell_fact", style="reserved")
    engaged, withdrawn = (PatientState(trust=2.0, engagement=value) for value in (1.0, 0.0))
    assert latency_s(None, None) == latency_s(plain, engaged) == 0.0
    assert 0.5 < latency_s(told, engaged) < latency_s(told, withdrawn) <= 3.0


def test_silence_is_a_pause_without_a_sound() -> None:
    stream = SentenceStream(VOICE, ReplyPlan(act="silence"), PatientState(trust=1.0))
    stream.add("…")
    (silent,) = stream.finish()
    assert (silent.aloud, silent.text) == ("", "…")
    assert silent.pause_s >= 2.0


def test_hesitation_is_heard_as_a_pause() -> None:
    stream = SentenceStream(VOICE)
    first, second, third = (*stream.add("I'm … I see. So. "),)
    assert (first.pause_s, second.pause_s, third.pause_s) == (0.0, 0.7, 0.25)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_voice_stays_near_its_own_pace_and_loudness(arousal: float, engagement: float) -> None:
    style = shaded(VOICE, PatientState(trust=2.0, arousal=arousal, engagement=engagement))
    assert abs(style.words_per_minute - VOICE.words_per_minute) <= 0.15 * VOICE.words_per_minute
    assert abs(style.volume - VOICE.volume) <= 0.15
    assert (style.height, style.pitch, style.seed) == (VOICE.height, VOICE.pitch, VOICE.seed)
