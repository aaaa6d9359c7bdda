"""The domain's values refuse what cannot be, and their few rules hold."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import PrivateAttr, ValidationError

from simpatient.domain.assessment.debrief import DisclosureItem, DisclosureMap
from simpatient.domain.assessment.score import Evidence, Score
from simpatient.domain.errors import ContentError, NotFound, UserFacingError
from simpatient.domain.session.session import Manifest, Session, Turn, path_to
from simpatient.domain.state import PatientState
from simpatient.domain.text import clean_text
from tests.builders import codes_of, small_persona

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def turn(number: int, parent: int | None) -> Turn:
    speaker = "patient" if number % 2 == 0 else "trainee"
    return Turn(turn=number, parent=parent, speaker=speaker, text=f"words {number}", at=NOW)


class _CountedTurn(Turn):
    """A turn that fails instead of being looked at for ever."""

    _looks: int = PrivateAttr(default=0)

    def __getattribute__(self, name):
        if name == "parent":
            self._looks += 1
            assert self._looks < 100, "the circle is followed for ever"
        return super().__getattribute__(name)


@given(st.text())
def test_clean_text_is_storable_and_stable(text):
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert clean_text(cleaned) == cleaned
    assert not any(ord(c) < 32 and c not in "\n\t" for c in cleaned)


def test_clean_text_drops_control_characters_and_lone_surrogates_only():
    assert clean_text(" a\x00b\ud800c\u0007\n\td ") == "abc\n\td"
    assert clean_text("e\u0301") == "\u00e9"


@given(parents=st.lists(st.integers(0, 30), max_size=20))
def test_a_path_follows_parents_from_the_first_turn(parents):
    turns = [turn(0, None)]
    for number, wish in enumerate(parents, start=1):
        turns.append(turn(number, wish % number))
    for leaf in range(len(turns)):
        path = path_to(turns, leaf)
        assert path[0].turn == 0
        assert path[-1].turn == leaf
        assert all(after.parent == before.turn for before, after in pairwise(path))


@pytest.mark.parametrize("parents", [(0,), (None, 1), (None, 2, 1), (None, 3, 1, 2)])
def test_a_circle_of_turns_is_refused_and_never_followed_for_ever(parents):
    turns = tuple(
        _CountedTurn.model_validate(turn(number, parent).model_dump()) for number, parent in enumerate(parents)
    )
    with pytest.raises(ValueError, match="which is not before it"):
        path_to(turns, len(turns) - 1)


def test_a_session_knows_its_branch_and_whether_it_ended():
    manifest = Manifest(app="1", model="guided", content={}, encoder="e", coder="c", seed=1)
    session = Session(
        id="s",
        trainee_id="t",
        case_id="c",
        manifest=manifest,
        started_at=NOW,
        turns=(turn(0, None), turn(1, 0)),
        leaf=1,
    )
    assert [t.turn for t in session.path()] == [0, 1]
    assert [t.turn for t in session.path(0)] == [0]
    assert session.model_copy(update={"leaf": None}).path() == ()
    assert not session.is_ended
    assert session.model_copy(update={"ended_at": NOW}).is_ended


def test_a_score_has_evidence_or_a_reason():
    shared = {"id": "empathy", "scale": (1, 5), "confidence": 0.5, "status": "estimate"}
    with pytest.raises(ValidationError, match="needs a reason"):
        Score(value=None, **shared)
    with pytest.raises(ValidationError, match="needs evidence"):
        Score(value=3.0, **shared)
    evidence = Evidence(turn=1, start=0, end=4, quote="Well")
    assert Score(value=3.0, evidence=(evidence,), **shared).evidence[0].supports
    assert Score(value=None, unscored_reason="too short", **shared).value is None


def test_evidence_is_written_with_the_word_for():
    evidence = Evidence.model_validate({"turn": 1, "start": 0, "end": 2, "quote": " a", "for": False})
    assert evidence.model_dump(by_alias=True)["for"] is False
    assert evidence.quote == " a"


@pytest.mark.parametrize(("trust", "band"), [(1.0, "low"), (1.99, "low"), (2.0, "mid"), (2.99, "mid"), (3.0, "high")])
def test_bands(trust, band):
    assert PatientState(trust=trust).band == band


def test_unknown_fields_and_changes_are_refused():
    with pytest.raises(ValidationError, match="Extra inputs"):
        PatientState(trust=2, mood="fine")
    with pytest.raises(ValidationError, match="frozen"):
        PatientState(trust=2).trust = 3


def test_errors_read_as_sentences_with_place():
    assert str(UserFacingError("It broke.", "Try again.")) == "It broke. Try again."
    assert str(NotFound("No such case.")) == "No such case."
    located = ContentError("It is empty.", file="a.yaml", line=3, field="id", action="Fill it in.")
    assert str(located) == "a.yaml:3: id: It is empty. Fill it in."
    assert str(ContentError("It is empty.", file="a.yaml")) == "a.yaml: It is empty."


def test_first_codes_are_read_off_in_order():
    assert codes_of("Why?", "open_question", "affirm").utterance_codes() == ("open_question", "affirm")
    assert codes_of("Why?").utterance_codes() == ()


def test_the_start_becomes_the_first_state():
    start = small_persona().dynamics.start
    state = start.to_state()
    assert {name: getattr(state, name) for name in type(start).model_fields} == dict(start)


def test_a_disclosure_map_counts_what_was_told():
    held = DisclosureItem(fact_id="a", text="A.", told_at=None, opens_with="Time.", trust_needed=2, trust_reached=1)
    told = held.model_copy(update={"told_at": 4})
    assert DisclosureMap(session_id="s", items=(held, told, told)).told == 2
