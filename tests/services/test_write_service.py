"""Writing after a session: judged, stored, and only then compared with the case in front of the trainee."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simpatient.domain.errors import NotFound, StorageUnavailable, UserFacingError
from simpatient.services.review.written_exercises import LONGEST_ANSWER
from tests.builders import ME, small_case, small_library, small_rubrics
from tests.world import World
from tests.written_rubrics import level_rubric, sense_rubric

HELD = "losing the solo"


@pytest.fixture
def writer() -> World:
    """Return a world with two rubrics that take writing; the case uses the one that also rates the talk."""
    case = small_case(rubrics=["small-rubric", "asking-plainly"])
    rubrics = (*small_rubrics(), sense_rubric(), level_rubric())
    return World(library=small_library(all_rubrics=rubrics, all_cases=[case]))


def _card(world: World, session_id: str, rubric: str):
    return next(card for card in world.sessions.get(session_id).scorecards if card.rubric == rubric)


def test_every_rubric_that_takes_writing_is_offered_the_cases_own_first(writer: World) -> None:
    offered = writer.write.exercises(ME, writer.whole())
    assert [each.rubric.id for each in offered] == ["asking-plainly", "making-sense"]
    assert [[field.id for field in each.fields] for each in offered] == [["level"], ["cause", "wish", "belief"]]
    assert all(each.attempts == () for each in offered)


def test_nothing_of_the_case_is_told_before_something_was_written(writer: World) -> None:
    session_id = writer.whole()
    told = "".join(each.model_dump_json() for each in writer.write.exercises(ME, session_id))
    formulation = writer.library.persona("nell-archer").formulation
    for hidden in (HELD, formulation.relational_pattern.wish, "I am easily left."):
        assert hidden not in told


def test_each_field_earns_its_own_result_with_the_trainees_own_words(writer: World) -> None:
    session_id = writer.whole()
    made = writer.write.save(
        ME, session_id, "making-sense", {"cause": f"Well. {HELD}!", "wish": "a pay rise", "x": "y"}
    )
    cause, wish, belief = made.results
    assert (cause.score.value, cause.held[0].credit) == (4, pytest.approx(1.0, abs=0.01))
    assert cause.held[0].evidence is not None
    assert (cause.held[0].text, cause.held[0].evidence.quote) == (HELD, HELD)
    assert (wish.score.value, wish.held[0].evidence, wish.held[0].credit) == (0, None, 0.0)
    assert wish.score.status == "needs_review"
    assert (belief.score.value, belief.held) == (None, ())
    assert (made.number, made.summaries[0].value) == (1, 0.5)
    assert set(made.texts) == {"cause", "wish"}
    assert writer.write.exercises(ME, session_id)[1].attempts == (made,)


def test_what_was_left_blank_stays_closed(writer: World) -> None:
    session_id = writer.whole()
    writer.write.save(ME, session_id, "making-sense", {"cause": "no idea", "belief": " \n"})
    told = "".join(each.model_dump_json() for each in writer.write.exercises(ME, session_id))
    assert HELD in told
    assert "I am easily left." not in told


def test_a_field_written_again_says_that_its_answer_was_known(writer: World) -> None:
    session_id = writer.whole()
    writer.write.save(ME, session_id, "making-sense", {"cause": "no idea"})
    again = writer.write.save(ME, session_id, "making-sense", {"cause": HELD, "belief": "I am easily left."})
    assert again.number == 2
    assert [result.after_reveal for result in again.results] == [True, False, False]
    assert again.results[2].score.value == 4


def test_statements_beyond_what_is_read_are_counted(writer: World) -> None:
    text = "One thing. Another. A third. Losing the solo."
    made = writer.write.save(ME, writer.whole(), "making-sense", {"cause": text})
    assert (made.results[0].unread, made.results[0].score.value) == (2, 0)


def test_a_choice_is_compared_and_enters_the_scorecard_with_its_first_value(writer: World) -> None:
    session_id = writer.whole()
    assert _card(writer, session_id, "asking-plainly").criteria[1].value is None
    first = writer.write.save(ME, session_id, "asking-plainly", {"level": "moderate"})
    assert (first.results[0].score.value, first.results[0].held[0].text, first.summaries) == (1, "low", ())
    writer.write.save(ME, session_id, "asking-plainly", {"level": "low"})
    card = _card(writer, session_id, "asking-plainly")
    assert [each.value for each in card.criteria] == [0, 1]
    assert card.summaries[0].value == 1
    assert writer.sessions.get(session_id).scorecards[0].rubric == "small-rubric"


def test_writing_belongs_to_the_end(writer: World) -> None:
    session_id = writer.begin()
    with pytest.raises(UserFacingError, match="after the session"):
        writer.write.save(ME, session_id, "making-sense", {"cause": HELD})
    with pytest.raises(NotFound):
        writer.write.save(ME, "none", "making-sense", {"cause": HELD})
    assert writer.writings.attempts(session_id) == ()


def test_a_retry_takes_nothing_away_from_what_was_written(writer: World) -> None:
    session_id = writer.whole()
    leaf = writer.sessions.get(session_id).leaf
    writer.practise.branch(ME, session_id, 0)
    writer.write.save(ME, session_id, "asking-plainly", {"level": "low"}, leaf=leaf)
    stored = writer.sessions.get(session_id)
    assert stored.scorecards == ()
    assert stored.other_scorecards[leaf][1].criteria[1].value == 2
    assert len(writer.write.exercises(ME, session_id)[0].attempts) == 1


@pytest.mark.parametrize(
    ("rubric", "texts", "words"),
    [
        ("making-sense", {}, "Nothing has been written yet"),
        ("making-sense", {"cause": "\x00 \n", "else": "words"}, "Nothing has been written yet"),
        ("making-sense", {"cause": "a" * (LONGEST_ANSWER + 1)}, '"Cause" has 6,001 characters'),
        ("small-rubric", {"cause": "words"}, "Nothing is written for Listening"),
    ],
)
def test_what_cannot_be_judged_is_said_plainly_and_not_stored(writer: World, rubric, texts, words) -> None:
    session_id = writer.whole()
    with pytest.raises(UserFacingError, match=words):
        writer.write.save(ME, session_id, rubric, texts)
    assert writer.writings.attempts(session_id) == ()


def test_an_attempt_that_is_not_stored_tells_nothing(writer: World) -> None:
    session_id = writer.whole()
    writer.writings.fails = True
    with pytest.raises(StorageUnavailable):
        writer.write.save(ME, session_id, "making-sense", {"cause": HELD})
    assert writer.write.exercises(ME, session_id)[1].attempts == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=120))
def test_any_words_are_judged_or_refused(writer: World, text: str) -> None:
    session_id = writer.whole("Hello.")
    try:
        made = writer.write.save(ME, session_id, "making-sense", {"wish": text})
    except UserFacingError:
        return
    (stored,) = writer.writings.attempts(session_id)
    assert stored == made
    for result in made.results:
        for quote in result.score.evidence:
            assert made.texts[quote.written][quote.start : quote.end] == quote.quote
