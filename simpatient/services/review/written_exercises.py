"""Write: after a session the trainee writes down how they understand the patient, and sees what of the case it met.

The case's side of a field is part of a stored attempt at that field and of nothing else, so it cannot be seen before.
"""

from collections.abc import Mapping, Sequence

from simpatient.assessment.scoring.writing import Writing, by_meaning, judge
from simpatient.domain.assessment.score import Score
from simpatient.domain.assessment.writing import Attempt, Exercise, FieldResult, written_criteria
from simpatient.domain.content.rubric import Criterion, Rubric
from simpatient.domain.errors import UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder, SentenceEncoder
from simpatient.domain.session.session import CodedTurn, Session
from simpatient.domain.text import clean_text
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.review.ports import WritingRepository
from simpatient.services.sessions.access import accessible, rated, session_of
from simpatient.services.sessions.played_content import played_case, played_persona
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.sessions.scorecards import ScorecardService, coded_turns, score_transcript
from simpatient.services.unit_of_work import UnitOfWork

# Characters of one answer: about two pages.
LONGEST_ANSWER = 6_000


class WrittenExerciseService:
    """The written exercises after a session."""

    def __init__(
        self,
        *,
        library: ContentLibrary,
        sessions: SessionRepository,
        writings: WritingRepository,
        scorecards: ScorecardService,
        unit_of_work: UnitOfWork,
        coder: Coder,
        encoder: SentenceEncoder,
        clock: Clock,
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._writings = writings
        self._scorecards = scorecards
        self._unit_of_work = unit_of_work
        self._coder = coder
        self._encoder = encoder
        self._clock = clock

    def exercises(self, actor: Actor, session_id: str) -> tuple[Exercise, ...]:
        """Return every rubric that takes writing, those of the case first, with the attempts made so far.

        Which are offered is the same for every patient: a choice made by case would already reveal something.

        Raises:
            OwnRatingNeeded: The trainee has not rated the session.
        """
        return self.exercises_of(actor, session_of(self._sessions, actor, session_id))

    def exercises_of(self, actor: Actor, session: Session, *, needs_own_rating: bool = True) -> tuple[Exercise, ...]:
        """Return the exercises of a session that was fetched already; raises as ``exercises``."""
        accessible(actor, session)
        if needs_own_rating:
            rated(session)
        attempts = self._writings.attempts(session.id)
        of_case = played_case(self._library, session).rubrics
        rubrics = [rubric for rubric in self._library.rubrics() if written_criteria(rubric)]
        return tuple(
            Exercise(rubric=rubric, attempts=tuple(a for a in attempts if a.rubric == rubric.id))
            for rubric in sorted(rubrics, key=lambda rubric: (rubric.id not in of_case, rubric.id))
        )

    def save(
        self, actor: Actor, session_id: str, rubric_id: str, texts: Mapping[str, str], *, leaf: int | None = None
    ) -> Attempt:
        """Judge what was written, store it with its result and return it; nothing is returned that is not stored.

        Where the rubric also rates the talk, its scorecard of that branch gets the values of each field's first
        attempt, the one made without knowing the case.

        Args:
            actor: Who wrote it.
            session_id: The session written about.
            rubric_id: A rubric that takes writing.
            texts: What was written, by id of the answer; blank and unknown ones are left out.
            leaf: The ended branch looked back at; the one in use when None.

        Raises:
            OwnRatingNeeded: The trainee has not rated the session.
            UserFacingError: The session has not ended, nothing was written, or an answer is too long.
            ModelUnavailable: Meanings cannot be compared now; nothing was stored.
            StorageUnavailable: It could not be stored.
        """
        session = session_of(self._sessions, actor, session_id)
        if not session.is_ended and not session.debriefed:
            raise UserFacingError("This is written after the session.", "End the session first.")
        rated(session)
        rubric = self._library.rubric(rubric_id)
        written = _written(rubric, texts)
        before = tuple(attempt for attempt in self._writings.attempts(session_id) if attempt.rubric == rubric_id)
        branch = session.on_branch(leaf)
        attempt = self._judged(branch, rubric, written, before)

        def store() -> None:
            self._writings.add(attempt)
            self._scorecards.add_written(actor, branch, rubric_id, _first_values((*before, attempt)))

        self._unit_of_work.run(actor, "save a written exercise", store)
        return attempt

    def _judged(
        self, session: Session, rubric: Rubric, written: Mapping[str, str], before: Sequence[Attempt]
    ) -> Attempt:
        writing = self._writing(session, written)
        fields = written_criteria(rubric)
        card = score_transcript(session.id, self._turns(session), rubric, self._coder.coder_id, writing=writing)
        scores = {each.id: each for each in card.criteria}
        # Once the case's side of a field was shown, a later attempt at it is no longer made unaided.
        shown = {result.score.id for attempt in before for result in attempt.results if result.held}
        return Attempt(
            session_id=session.id,
            rubric=rubric.id,
            rubric_version=rubric.version,
            number=len(before) + 1,
            at=self._clock.now(),
            texts=dict(written),
            results=tuple(_result(field, writing, scores[field.id], field.id in shown) for field in fields),
            # Where a rubric rates the talk as well, its summaries would mix both: those stay with the scorecard.
            summaries=card.summaries if len(fields) == len(rubric.criteria) else (),
        )

    def _turns(self, session: Session) -> tuple[CodedTurn, ...]:
        return coded_turns(session.path(), self._coder)

    def _writing(self, session: Session, written: Mapping[str, str]) -> Writing:
        persona = played_persona(self._library, session)
        return Writing(written, persona, by_meaning(self._encoder))


def _written(rubric: Rubric, texts: Mapping[str, str]) -> dict[str, str]:
    """Return what was written, cleaned, in the order of the rubric's fields.

    Raises:
        UserFacingError: The rubric takes no writing, there is none, or an answer is too long.
    """
    fields = written_criteria(rubric)
    if not fields:
        raise UserFacingError(f"Nothing is written for {rubric.title}.", "Choose an exercise that has fields.")
    found = {field.written: clean_text(texts.get(field.written, "")) for field in fields}
    for field in fields:
        if len(found[field.written]) > LONGEST_ANSWER:
            raise UserFacingError(
                f'"{field.label}" has {len(found[field.written]):,} characters; an answer can have {LONGEST_ANSWER:,}.',
                "Shorten it and save again; nothing was lost.",
            )
    if not any(found.values()):
        raise UserFacingError("Nothing has been written yet.", "Write at least one field, then save.")
    return {name: text for name, text in found.items() if text}


def _first_values(attempts: Sequence[Attempt]) -> tuple[Score, ...]:
    """Return the first value each field got: those of later attempts were written knowing the case's side."""
    first: dict[str, Score] = {}
    for result in (result for attempt in attempts for result in attempt.results):
        if result.score.value is not None:
            first.setdefault(result.score.id, result.score)
    return tuple(first.values())


def _result(field: Criterion, writing: Writing, given: Score, was_shown: bool) -> FieldResult:
    judged = judge(field, writing)
    if isinstance(judged, str):
        return FieldResult(score=given)
    return FieldResult(score=given, held=judged.held, unread=judged.unread, after_reveal=was_shown)
