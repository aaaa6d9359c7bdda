"""Ways of scoring beside drivers: ladders, critical values, parts of a session, written answers; and their checks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.scoring.coded_transcript import read
from simpatient.assessment.scoring.criteria_checks import holds_text
from simpatient.assessment.scoring.measures import measure
from simpatient.assessment.scoring.regrading import with_ratings
from simpatient.assessment.scoring.rubrics import rubric_problems
from simpatient.assessment.scoring.scoring import score
from simpatient.assessment.scoring.writing import Writing, by_meaning, held_at, statements
from simpatient.domain.assessment.score import NO_TURN, Evidence, Score
from simpatient.domain.base import Value
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Criterion, Driver, Level, LevelRule, Pattern, Rubric, Summary, Threshold
from simpatient.domain.session.session import CodedTurn
from tests.assessment.coded_conversations import CODES, SCHEME, patient, talk, trainee
from tests.fakes import FakeEncoder

TALK = talk(
    (("You kept going.", "affirm"),),
    ("Yes.", "change"),
    (("Stop it now.", "direct"),),
    ("No.", "sustain"),
    (("What helps you most?", "open_question"),),
    ("Walking.", "change"),
    (("What helps you most?", "open_question"),),
    ("I said.", "neutral"),
)


class Belief(Value):
    text: str


class Hidden(Value):
    level: str = "moderate"
    held: tuple[str, ...] = ("lost the work he loved", "keeps away from his friends")
    beliefs: tuple[Belief, ...] = (Belief(text="nobody needs me"), Belief(text="it is over"))
    nothing: tuple[str, ...] = ()


def _rubric(*criteria: Criterion, patterns: tuple[Pattern, ...] = ()) -> Rubric:
    return Rubric(
        id="small", version="1.0.0", title="Small", label="Small", citation="ours", license_tier=1,
        disclaimer="none", scheme=SCHEME, overall="0.5", criteria=criteria, patterns=patterns,
    )  # fmt: skip


def _criterion(**changes: object) -> Criterion:
    given: dict[str, object] = {
        "id": "item", "label": "Item", "question": "How?", "scale": (0, 4), "start": 0, "step": 0.5, "policy": "needs_review",
        "levels": (Level(value=0, anchor="none"),), "min_trainee_turns": 1,
    }  # fmt: skip
    return Criterion.model_validate({**given, **changes})


LADDER = _criterion(
    id="ladder",
    critical_at=0,
    rules=(
        LevelRule(value=0, when="pushed > 0", against=("direct",)),
        LevelRule(value=4, when="kept > 0", codes=("affirm",)),
        LevelRule(value=2, when="trainee_turns > 9", codes=("affirm",)),
    ),
)
PUSHED, KEPT = Pattern(id="pushed", codes=("direct",)), Pattern(id="kept", codes=("affirm",))
KINDLY = TALK[:2]


def _rated(turns: list[CodedTurn], *criteria: Criterion, writing: Writing | None = None) -> tuple[Score, ...]:
    return score("s", turns, _rubric(*criteria, patterns=(PUSHED, KEPT)), "hand", writing).criteria


def test_the_first_rule_that_holds_gives_the_value_and_its_quotes() -> None:
    (harmful,) = _rated(TALK, LADDER)
    assert (harmful.value, [(e.quote, e.supports) for e in harmful.evidence]) == (0, [("Stop it now.", False)])
    (kind,) = _rated(KINDLY, LADDER)
    assert (kind.value, [(e.quote, e.supports) for e in kind.evidence]) == (4, [("You kept going.", True)])
    (neither,) = _rated(TALK[4:], LADDER)
    assert (neither.value, neither.unscored_reason) == (None, "Nothing found in this session speaks for or against it.")


def test_a_critical_value_comes_first_and_is_marked() -> None:
    driver = Driver(formula="1", weight=2, codes=("affirm",))
    plain = _criterion(id="plain", drivers=(driver,), policy="estimate")
    harmful = _rated(TALK, plain, LADDER)
    assert [(rating.id, rating.critical) for rating in harmful] == [("ladder", True), ("plain", False)]
    assert harmful[0].model_dump(mode="json")["critical"] is True
    assert "critical" not in harmful[1].model_dump(mode="json")
    assert [rating.id for rating in _rated(KINDLY, plain, LADDER)] == ["plain", "ladder"]


def test_halves_of_a_session_and_what_was_said_before() -> None:
    patterns = (
        Pattern(id="early", speaker="patient", codes=("change",), part=(0, 0.5)),
        Pattern(id="late", speaker="patient", codes=("change",), part=(0.5, 1)),
        Pattern(id="all", speaker="patient", codes=("change",)),
    )
    names = measure(read(TALK, SCHEME, patterns), patterns)
    assert (names["early"], names["late"], names["all"]) == (1, 1, 2)
    assert (names["early_chances"], names["late_chances"]) == (2, 2)
    assert names["trainee_repeats"] == 1


def test_unsure_codes_can_be_left_out() -> None:
    turns = [trainee(0, ("You must.", "direct"), confidence=0.5), patient(1, "No."), trainee(2, ("Go.", "direct"))]
    patterns = (Pattern(id="sure", codes=("direct",), min_confidence=0.6), Pattern(id="any", codes=("direct",)))
    names = measure(read(turns, SCHEME, patterns), patterns)
    assert (names["sure"], names["any"]) == (1, 2)


@given(cut=st.floats(min_value=0.05, max_value=0.95), turns=st.integers(min_value=0, max_value=15))
def test_two_parts_of_a_session_make_the_whole(cut: float, turns: int) -> None:
    said = [t for n in range(0, 2 * turns, 2) for t in (trainee(n, ("Mm.", "facilitate")), patient(n + 1, "Well."))]
    patterns = (Pattern(id="a", part=(0, cut)), Pattern(id="b", part=(cut, 1)), Pattern(id="both"))
    names = measure(read(said, SCHEME, patterns), patterns)
    assert (names["a"] or 0) + (names["b"] or 0) == names["both"] == turns


# --- written answers ---------------------------------------------------------------------------------------------

LEVEL = _criterion(
    id="level", written="level", compare="level", scale=(0, 2), step=1, options=("none", "low", "moderate", "high")
)
HELD = _criterion(id="held", written="held", compare="held")


def _alike(left: object, right: object) -> object:
    """Same words, same meaning: 1 for the same, 0.5 for a shared beginning, 0 otherwise."""
    rows = [[1.0 if a == b else 0.46 if a[:6] == b[:6] else 0.0 for b in right] for a in left]  # type: ignore[attr-defined]
    return np.asarray(rows, dtype=np.float32)


def _writing(**texts: str) -> Writing:
    return Writing(texts, Hidden(), _alike)  # type: ignore[arg-type]


def test_nothing_written_is_said_in_words_and_not_scored() -> None:
    for writing in (None, _writing(), _writing(held="  \n ")):
        (rating,) = _rated(TALK, HELD, writing=writing)
        assert (rating.value, rating.unscored_reason) == (None, "Nothing has been written for this yet.")
    nothing = HELD.model_copy(update={"compare": "nothing"})
    assert (
        _rated(TALK, nothing, writing=_writing(held="x"))[0].unscored_reason
        == "The case file has nothing to compare this with."
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("lost the work he loved; keeps away from his friends", 4),
        ("keeps away from his friends", 2),
        ("lost the work", 1),
        ("his childhood", 0),
        ("one. two. three. four. five. lost the work he loved", 0),
    ],
)
def test_each_thing_found_earns_its_part(text: str, value: float) -> None:
    (rating,) = _rated(TALK, HELD, writing=_writing(held=text))
    assert (rating.value, rating.status) == (value, "needs_review")
    assert rating.confidence <= 0.6
    for quote in rating.evidence:
        assert (quote.turn, quote.written) == (NO_TURN, "held")
        assert text[quote.start : quote.end] == quote.quote


@pytest.mark.parametrize(
    ("text", "value"),
    [("Moderate.", 2), ("I think it is high", 1), ("low", 0), ("none", 0), ("low or moderate", None), ("?!", None)],
)
def test_a_level_one_too_high_is_half_and_too_low_is_nothing(text: str, value: float | None) -> None:
    (rating,) = _rated(TALK, LEVEL, writing=_writing(level=text))
    assert rating.value == value
    if value is None:
        assert rating.unscored_reason == "Exactly one of these has to be named: none, low, moderate, high."


@given(st.text(max_size=200))
def test_any_writing_is_judged_with_verbatim_quotes(text: str) -> None:
    for rating in _rated(TALK, HELD, LEVEL, writing=_writing(held=text, level=text)):
        assert rating.value is None or rating.scale[0] <= rating.value <= rating.scale[1]
        assert all(text[e.start : e.end] == e.quote for e in rating.evidence)
    assert all(text[start:end].strip(" -") == text[start:end] for start, end in statements(text))


def test_what_a_case_holds_is_found_by_path() -> None:
    assert held_at(Hidden(), "beliefs.text") == ("nobody needs me", "it is over")
    assert held_at(Hidden(), "level") == ("moderate",)
    assert held_at(Hidden(), "beliefs.nosuch") == held_at(Hidden(), "nosuch") == held_at(Hidden(), "beliefs") == ()
    assert holds_text(Persona, "formulation.protective")
    assert holds_text(Persona, "cognition.core_beliefs.belief")
    assert holds_text(Persona, "risk.true_level")
    assert not any(
        holds_text(Persona, path) for path in ("formulation", "formulation.nosuch", "cognition.core_beliefs", "")
    )


def test_meaning_is_compared_with_an_encoder() -> None:
    found = by_meaning(FakeEncoder())(["a cat", "a dog"], ["a cat"])
    assert found.shape == (2, 1)
    assert found[0, 0] == pytest.approx(1.0, abs=1e-4)


# --- checks ------------------------------------------------------------------------------------------------------


def _fields(*criteria: Criterion, **changes: object) -> list[str]:
    rubric = _rubric(*criteria, patterns=(PUSHED, KEPT)).model_copy(update=changes)
    return [field for field, _ in rubric_problems(rubric, CODES)]


DRIVER = Driver(formula="1", weight=1, codes=("affirm",))
RULE = LevelRule(value=1, when="pushed > 0", codes=("affirm",))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, ""),
        ({"drivers": (DRIVER,), "rules": (RULE,)}, ".rules"),
        ({"drivers": (Driver(formula="1", weight=1),)}, ".drivers.0"),
        ({"rules": (LevelRule(value=1, when="pushed > 0"),)}, ".rules.0"),
        ({"rules": (LevelRule(value=9, when="pushed > 0", codes=("affirm",)),)}, ".rules.0.value"),
        ({"rules": (LevelRule(value=1, when="pushed", codes=("affirm",)),)}, ".rules.0.when"),
        ({"rules": (LevelRule(value=1, when="pusht > 0", codes=("affirm",)),)}, ".rules.0.when"),
        ({"rules": (LevelRule(value=1, when="pushed > 0", against=("afirm",)),)}, ".rules.0.against"),
        ({"rules": (RULE,), "critical_at": 7}, ".critical_at"),
        ({"rules": (RULE,), "step": 0}, ".step"),
        ({"written": "level"}, ".written"),
        ({"rules": (RULE,), "compare": "risk.true_level"}, ""),
        ({"written": "level", "compare": "risk.true_levle"}, ".compare"),
        ({"written": "level", "compare": "risk.true_level", "options": ("one",)}, ".options"),
    ],
)
def test_each_mistake_in_a_criterion_is_found(changes: dict[str, object], field: str) -> None:
    assert _fields(_criterion(**changes)) == [f"criteria.item{field}"]


def test_a_person_can_rate_what_nothing_else_does() -> None:
    assert _fields(_criterion(policy="human_only")) == []


def test_a_pattern_that_can_never_hold_is_found() -> None:
    patterns = (
        Pattern(id="a", speaker="patient", codes=("affirm",)),
        Pattern(id="b", after=("affirm",)),
        Pattern(id="c", unless=("change",)),
        Pattern(id="d", after=("change",), codes=("affirm",), since="affirm"),
    )
    assert _fields(patterns=patterns) == ["patterns.a.codes", "patterns.b.after", "patterns.c.unless"]


def test_bands_that_contradict_the_summary_are_found() -> None:
    bands = (Threshold(label="basic", op="<=", value=2, source="x"),)
    summary = Summary(
        id="s", label="x", formula="1", n="1", unit="share", explanation="x", higher_is_better=True, thresholds=bands
    )
    assert _fields(summaries=(summary,)) == ["summaries.s.thresholds.0.value", "summaries.s.thresholds.0.op"]


def test_a_list_of_terms_is_not_speech_and_a_list_of_phrases_says_nothing() -> None:
    terms, phrases = "Warmth, respect, hope, trust.", "How was that, what helps you, take your time, it's up to you."
    turns = [
        trainee(0, (terms, "affirm"), ("Well done you.", "affirm")),
        patient(1, "Oh."),
        trainee(2, (phrases, "support")),
    ]
    pattern = Pattern(id="asked", phrases=("what helps*", "hop*"))
    names = measure(read(turns, SCHEME, (pattern,)), (pattern,))
    assert (names["trainee_lists"], names["asked"]) == (2, 0)
    assert [hit.spans[0].text for hit in read(turns, SCHEME, ()).hits("affirm")] == ["Well done you."]
    assert not read(turns, SCHEME, ()).hits("support")
    asked = [trainee(0, ("What helps?", "open_question")), patient(1, "Hm."), trainee(2, ("I'm hoping so.", "support"))]
    assert measure(read(asked, SCHEME, (pattern,)), (pattern,))["asked"] == 2


def test_what_only_says_again_the_patients_sentence_shows_no_skill() -> None:
    said = "I never told a soul about that."
    turns = [
        trainee(0, ("Hello.", "other")),
        patient(
            1,
            said,
        ),
        trainee(2, (said, "support"), ("That took something.", "affirm")),
    ]
    reading = read(
        turns,
        SCHEME,
        (Pattern(id="told", phrases=("never told",)), Pattern(id="echo", codes=("support",), min_overlap=0.9)),
    )
    assert not reading.hits("support")
    assert not reading.hits("told")
    assert reading.hits("echo")
    assert reading.hits("affirm")
    assert measure(reading, ())["trainee_echoes"] == 1


# --- a grader beside formulas -------------------------------------------------------------------------------------


def _graded(rating: Score, *, critical: bool) -> tuple[Score, ...]:
    rubric = _rubric(_criterion(rules=(RULE,), critical_at=1), LEVEL, patterns=(PUSHED, KEPT))
    (asked, level) = score("s", TALK, rubric, "coder", _writing(level="moderate")).criteria
    quote = Evidence(turn=0, start=0, end=1, quote="x")
    flagged = asked.model_copy(
        update={"value": 1.0, "unscored_reason": None, "evidence": (quote,), "critical": critical}
    )
    card = score("s", TALK, rubric, "coder").model_copy(update={"criteria": (flagged, level)})
    silent = rating.model_copy(update={"id": level.id})
    return with_ratings(card, TALK, rubric, (rating, silent)).criteria


SILENT = Score(id="item", value=None, scale=(0, 4), confidence=0, status="estimate", unscored_reason="Unreadable.")


def test_a_silent_grader_hides_neither_what_is_critical_nor_what_was_written() -> None:
    flagged, level = _graded(SILENT, critical=True)
    assert (flagged.value, flagged.critical, level.value) == (1, True, 2)
    refused, level = _graded(SILENT, critical=False)
    assert (refused.value, level.value) == (None, 2)


def test_a_grader_that_rates_may_take_a_flag_away_and_give_one() -> None:
    quote = Evidence(turn=0, start=0, end=1, quote="x")
    for value, critical in ((3.0, False), (0.0, True)):
        rating = SILENT.model_copy(
            update={"value": value, "unscored_reason": None, "evidence": (quote,), "critical": critical}
        )
        assert (_graded(rating, critical=not critical)[0].value) == value
        assert (_graded(rating, critical=not critical)[0].critical) is critical
