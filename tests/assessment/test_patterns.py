"""Volleys, verbatim spans and patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.scoring.coded_transcript import overlap, read
from simpatient.assessment.scoring.measures import measure
from simpatient.assessment.scoring.volleys import volleys_of, words
from simpatient.domain.assessment.codes import TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.content.rubric import Pattern
from simpatient.domain.session.session import CodedTurn
from tests.assessment.coded_conversations import SCHEME, patient, talk, trainee


def _coded(text: str, start: int, end: int, said: str, scheme: str = SCHEME) -> CodedTurn:
    labels = (UtteranceLabel(scheme=scheme, code="affirm", confidence=0.8),)
    utterance = Utterance(start=start, end=end, text=said, codes=labels)
    return CodedTurn(turn=3, speaker="trainee", text=text, codes=TurnCodes(utterances=(utterance,)))


def test_consecutive_turns_of_one_speaker_are_one_volley_and_blank_turns_none() -> None:
    turns = [
        trainee(0, ("Hello.", "structure")),
        trainee(1, ("How are you?", "open_question")),
        patient(2, "  "),
        trainee(3, ("Well?", "")),
        patient(4, "Fine."),
    ]
    volleys = volleys_of(turns, SCHEME)
    assert [(v.speaker, v.text) for v in volleys] == [("trainee", "Hello. How are you? Well?"), ("patient", "Fine.")]
    assert [(s.code, s.turn) for s in volleys[0].spans] == [("structure", 0), ("open_question", 1)]


def test_a_span_with_wrong_offsets_is_put_right_or_dropped() -> None:
    assert volleys_of([_coded("Well done you.", 9, 30, "done you")], SCHEME)[0].spans[0].start == 5
    assert volleys_of([_coded("Well done you.", 0, 4, "not said")], SCHEME)[0].spans == ()
    assert volleys_of([_coded("Well done you.", 4, 5, " ")], SCHEME)[0].spans == ()
    assert volleys_of([_coded("Well done you.", 0, 14, "Well done you.", "another")], SCHEME)[0].spans == ()


def test_spans_leave_out_blanks_at_the_ends() -> None:
    span = volleys_of([_coded("  Well done.  ", 0, 14, "  Well done.  ")], SCHEME)[0].spans[0]
    assert (span.start, span.end, span.text) == (2, 12, "Well done.")


def test_stage_directions_are_not_spoken() -> None:
    assert words("(shrugs) I don’t know. Twelve-hour shifts.") == (
        "i",
        "don't",
        "know",
        "twelve-hour",
        "shifts",
    )


def test_stacked_runs_after_unless_since_and_length() -> None:
    turns = talk(
        (("Where do you live?", "closed_question"), ("With whom?", "closed_question")),
        ("In town.", "neutral"),
        (("Is it far?", "closed_question"),),
        ("I’m a burden. That's all.", "sustain"),
        (("Do you work?", "closed_question"),),
        ("No.", "neutral"),
        (("Are you thinking of suicide?", "closed_question"), ("That sounds hard.", "support")),
        ("Sometimes.", "neutral"),
        (("Suicidal people need help.", "other"),),
    )
    patterns = [
        Pattern(id="stacked", codes=("closed_question",), at_least=2),
        Pattern(id="run", codes=("closed_question",), in_a_row=3),
        Pattern(id="broken", codes=("closed_question",), unless=("support",), in_a_row=4),
        Pattern(id="cue", speaker="patient", phrases=("i'm a burden",)),
        Pattern(id="asked", phrases=("suicid*",), codes=("closed_question",), since="cue"),
        Pattern(id="missed", after=("cue", "sustain"), unless=("support",)),
        Pattern(id="long", min_words=6),
        Pattern(id="any", min_words=1),
    ]
    reading = read(turns, SCHEME, patterns)
    at = {p.id: [hit.at for hit in reading.hits(p.id)] for p in patterns}
    assert at == {
        "stacked": [0], "run": [4, 6], "broken": [], "cue": [3], "asked": [6], "missed": [4], "long": [0, 6],
        "any": [0, 2, 4, 6, 8],
    }  # fmt: skip
    cue = reading.hits("cue")[0].spans[0]
    assert (cue.turn, cue.text) == (3, "I’m a burden.")
    values = measure(reading, patterns)
    assert (values["asked"], values["asked_chances"], values["first_asked"]) == (1, 3, 7)
    assert values["first_broken"] is None
    assert (values["missed_chances"], values["sustain_talk"], values["trainee_turns"]) == (1, 1, 5)


def test_an_echo_is_not_listening() -> None:
    echo = Pattern(id="echo", codes=("simple_reflection",), min_overlap=0.9, min_words=4)
    said = "I don't count them any more"
    for line, hits in (
        (said, 1), ("You don't count them any more", 0), ("Counting would make it real", 0), ("Don't count them", 0),
    ):  # fmt: skip
        turns = talk((said, "neutral"), ((line, "simple_reflection"),))
        assert len(read(turns, SCHEME, [echo]).hits("echo")) == hits, line
    assert read([trainee(0, (said, "simple_reflection"))], SCHEME, [echo]).hits("echo") == ()
    assert overlap("", "anything") == 0.0


def test_an_empty_conversation_has_nothing_to_measure() -> None:
    values = measure(read([], SCHEME, []), [])
    assert values["trainee_turns"] == 0
    assert values["trainee_median_words"] is None
    assert values["trainee_confidence"] is None


@given(st.lists(st.tuples(st.sampled_from(["trainee", "patient"]), st.text(max_size=30)), max_size=8))
def test_every_span_is_verbatim(said: list[tuple[str, str]]) -> None:
    turns = [trainee(i, (t, "affirm")) if who == "trainee" else patient(i, t) for i, (who, t) in enumerate(said)]
    patterns = [Pattern(id="phrase", phrases=("a*", "i")), Pattern(id="any")]
    reading = read(turns, SCHEME, patterns)
    for label in ("affirm", "neutral", "phrase", "any"):
        for hit in reading.hits(label):
            for span in hit.spans:
                assert span.text
                assert turns[span.turn].text[span.start : span.end] == span.text


@pytest.mark.parametrize("text", ["I", "said a thing", "A-ha"])
def test_phrases_are_whole_words_unless_starred(text: str) -> None:
    plain = read([patient(0, f"x{text}x. {text}ing")], SCHEME, [Pattern(id="p", speaker="patient", phrases=(text,))])
    starred = read([patient(0, f"{text}ing")], SCHEME, [Pattern(id="p", speaker="patient", phrases=(f"{text}*",))])
    assert plain.hits("p") == ()
    assert len(starred.hits("p")) == 1
