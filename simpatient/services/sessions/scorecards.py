"""Scorecards: the one place that makes and stores them. A scorecard is never replaced, only followed by a revision.

What stays when a scorecard is made again:

- What was judged from the trainee's writing stays until it is judged again.
- What a model rated stays until a model rates it again or the trainee asks for the program's own ratings. Where words
  of the conversation were corrected since, it is marked as made from earlier words.
- Everything else (counts, ratings by formulas, summaries) is worked out from the words as they are now.

Which revision is current is the rule of ``domain.assessment.score.current_revisions``.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from simpatient.assessment.scoring.regrading import with_ratings
from simpatient.assessment.scoring.scoring import FORMULAS, score
from simpatient.assessment.scoring.writing import Writing
from simpatient.domain.assessment.score import (
    Cause,
    Score,
    Scorecard,
    ScorecardOrigin,
    ScorecardRevision,
    current_revisions,
)
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder, Grader, OnDone
from simpatient.domain.session.session import CodedTurn, Session, Turn
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.sessions.access import rated, session_of
from simpatient.services.sessions.played_content import played_case
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.unit_of_work import UnitOfWork

Revise = Callable[[Scorecard, Rubric, tuple[CodedTurn, ...]], Scorecard]


class ScorecardService:
    """Makes, revises and looks up the scorecards of sessions."""

    def __init__(
        self,
        *,
        library: ContentLibrary,
        sessions: SessionRepository,
        coder: Coder,
        clock: Clock,
        unit_of_work: UnitOfWork,
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._coder = coder
        self._clock = clock
        self._unit_of_work = unit_of_work

    def score_ended(self, actor: Actor, session: Session) -> None:
        """Score the branch in use by every rubric of its case, main rubric first."""
        self._score_again(actor, session, "end")

    def score_corrected(self, actor: Actor, session: Session, turn: int) -> None:
        """Score every ended branch again that holds a turn whose words were corrected."""
        for leaf in session.debriefed:
            if any(each.turn == turn for each in session.path(leaf)):
                self._score_again(actor, session.on_branch(leaf), "correction")

    def add_model_ratings(
        self, actor: Actor, read: Session, ratings: Mapping[str, Sequence[Score]], model: str
    ) -> None:
        """Store what a model rated on a branch.

        Args:
            actor: Who asked for it.
            read: The session as the model read it; words may have been corrected since.
            ratings: The ratings by rubric.
            model: Which model.
        """
        digest = text_digest(read.path())

        def store() -> None:
            # The model may have taken minutes; words may have been corrected meanwhile.
            session = session_of(self._sessions, actor, read.id).on_branch(read.leaf)
            is_earlier = text_digest(session.path()) != digest

            def rated(card: Scorecard, rubric: Rubric, turns: tuple[CodedTurn, ...]) -> Scorecard:
                found = [_from_earlier(each) if is_earlier else each for each in ratings[card.rubric]]
                return with_ratings(card, turns, rubric, found)

            self._revise(actor, session, set(ratings), rated, "model", model, digest)

        self._unit_of_work.run(actor, "store a model's ratings", store)

    def add_written(self, actor: Actor, session: Session, rubric_id: str, scores: Sequence[Score]) -> None:
        """Store what was judged from writing in the branch's scorecard of a rubric, where it has one."""

        def rated(card: Scorecard, rubric: Rubric, turns: tuple[CodedTurn, ...]) -> Scorecard:
            return with_ratings(card, turns, rubric, scores)

        self._revise(actor, session, {rubric_id}, rated, "writing")

    def rate_by_formulas(self, actor: Actor, session: Session) -> None:
        """Put the program's own ratings in force again; what was judged from writing stays."""

        def own(card: Scorecard, rubric: Rubric, turns: tuple[CodedTurn, ...]) -> Scorecard:
            fresh = score(session.id, turns, rubric, self._coder.coder_id)
            return with_ratings(fresh, turns, rubric, _written_scores(card, rubric))

        rubrics = {card.rubric for card in session.scorecards}
        self._unit_of_work.run(
            actor, "rate by formulas", lambda: self._revise(actor, session, rubrics, own, "formulas")
        )

    def history(self, actor: Actor, session_id: str, leaf: int | None, rubric: str) -> tuple[ScorecardRevision, ...]:
        """Return all revisions of a scorecard, oldest first; the last one is in force.

        Args:
            actor: Who asks.
            session_id: The session.
            leaf: The ended branch; the one in use when None.
            rubric: Which scorecard.

        Raises:
            NotFound: There is no such session or branch.
            OwnRatingNeeded: The trainee has not rated the session.
        """
        session = rated(session_of(self._sessions, actor, session_id).on_branch(leaf))
        found = () if session.leaf is None else self._sessions.scorecard_history(session_id, session.leaf)
        return tuple(revision for revision in found if revision.card.rubric == rubric)

    def _score_again(self, actor: Actor, session: Session, cause: Cause) -> None:
        if session.leaf is None:
            return
        path = session.path()
        turns, digest = coded_turns(path, self._coder), text_digest(path)
        known = {each.card.rubric: each for each in self._current(session.id, session.leaf)}
        cards = []
        for rubric in self._rubrics(session, known):
            fresh = score(session.id, turns, rubric, self._coder.coder_id)
            if rubric.id in known:
                before = known[rubric.id].origin.text_digest
                # Of a scorecard from before digests were kept, only a correction shows that words have changed.
                words_changed = before != digest and (bool(before) or cause == "correction")
                kept = _stays(known[rubric.id], rubric, words_changed=words_changed)
                fresh = with_ratings(fresh, turns, rubric, kept)
            cards.append(fresh)
        self._add(actor, session, cards, cause, digest)

    def _revise(
        self,
        actor: Actor,
        session: Session,
        rubrics: set[str],
        revise: Revise,
        cause: Cause,
        model: str = "",
        digest: str = "",
    ) -> None:
        if session.leaf is None:
            return
        path = session.path()
        turns = coded_turns(path, self._coder)
        cards = [
            revise(each.card, self._library.rubric(each.card.rubric), turns)
            for each in self._current(session.id, session.leaf)
            if each.card.rubric in rubrics
        ]
        self._add(actor, session, cards, cause, digest or text_digest(path), model)

    def _current(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        return current_revisions(self._sessions.scorecard_history(session_id, leaf))

    def _rubrics(self, session: Session, known: Mapping[str, ScorecardRevision]) -> list[Rubric]:
        """Return the rubrics to score by: those of the case, and others of the branch that are still there."""
        wanted = [self._library.rubric(rubric) for rubric in played_case(self._library, session).rubrics]
        for rubric_id in known.keys() - {rubric.id for rubric in wanted}:
            try:
                wanted.append(self._library.rubric(rubric_id))
            except NotFound:
                continue  # its scorecard stays as it was: nothing is left to make it anew from
        return wanted

    def _add(
        self, actor: Actor, session: Session, cards: Sequence[Scorecard], cause: Cause, digest: str, model: str = ""
    ) -> None:
        if session.leaf is None or not cards:
            return
        origin = ScorecardOrigin(
            cause=cause,
            actor=actor.person_id,
            at=self._clock.now(),
            text_digest=digest,
            coder=self._coder.coder_id,
            model=model,
        )
        self._sessions.add_scorecards(session.id, session.leaf, cards, origin)


def score_transcript(
    session_id: str,
    turns: Sequence[CodedTurn],
    rubric: Rubric,
    coder_id: str,
    *,
    writing: Writing | None = None,
    grader: Grader | None = None,
    on_done: OnDone | None = None,
) -> Scorecard:
    """Return the scorecard of a transcript that is not stored here.

    Args:
        session_id: Goes into the scorecard.
        turns: The conversation, coded.
        rubric: The instrument.
        coder_id: What coded the turns.
        writing: What was written about it, with what the case holds.
        grader: Rates the criteria; the rubric's formulas when None.
        on_done: Gets how many criteria the grader has rated so far.
    """
    card = score(session_id, turns, rubric, coder_id, writing)
    return card if grader is None else with_ratings(card, turns, rubric, grader.grade(turns, rubric, on_done=on_done))


def need_scorecards(session: Session) -> Session:
    """Return the session itself when its branch has been scored.

    Raises:
        UserFacingError: There are no scorecards.
    """
    if not session.scorecards:
        raise UserFacingError("There is nothing to rate yet.", "End the session first.")
    return session


def coded_turns(path: Sequence[Turn], coder: Coder) -> tuple[CodedTurn, ...]:
    """Return a branch as coded turns; turns without stored codes are coded now."""
    return tuple(
        CodedTurn(
            turn=turn.turn,
            speaker=turn.speaker,
            text=turn.text,
            codes=turn.codes or coder.code_turn(turn.speaker, turn.text, before.text if before else ""),
            start_s=turn.speech.began_s if turn.speech else None,
            end_s=turn.speech.ended_s if turn.speech else None,
            was_interrupted=turn.speech is not None and turn.speech.was_interrupted,
        )
        for before, turn in zip((None, *path), path, strict=False)
    )


def text_digest(path: Sequence[Turn]) -> str:
    """Return a digest of the words of a branch, and of who said them."""
    data = json.dumps([[turn.turn, turn.speaker, turn.text] for turn in path])
    return hashlib.sha256(data.encode()).hexdigest()


def _stays(revision: ScorecardRevision, rubric: Rubric, *, words_changed: bool) -> tuple[Score, ...]:
    """Return the scores that making a scorecard anew from words must not replace."""
    rated = [each for each in revision.card.criteria if each.provenance and each.provenance.judged_by != FORMULAS]
    marked = (_from_earlier(each) if words_changed else each for each in rated)
    return (*marked, *_written_scores(revision.card, rubric))


def _written_scores(card: Scorecard, rubric: Rubric) -> tuple[Score, ...]:
    written = {criterion.id for criterion in rubric.criteria if criterion.written}
    return tuple(each for each in card.criteria if each.id in written)


def _from_earlier(rating: Score) -> Score:
    if rating.provenance is None:
        return rating
    return rating.model_copy(update={"provenance": rating.provenance.model_copy(update={"from_earlier_words": True})})
