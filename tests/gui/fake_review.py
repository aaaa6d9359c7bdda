"""Looking back in memory: feedback that a test knows, and reports without content."""

from pathlib import Path

from simpatient.assessment.scoring.speaking_times import speaking_times
from simpatient.domain.assessment.debrief import (
    CueGroup,
    CueHeard,
    Debrief,
    DisclosureItem,
    DisclosureMap,
    Moment,
    StatePoint,
)
from simpatient.domain.assessment.score import Evidence
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import SelfRating, Session, Turn
from simpatient.services.review.review import RATING_SCALE
from simpatient.services.sessions.access import accessible, has_own_rating, rated, session_of
from simpatient.services.sessions.scorecards import coded_turns
from tests.fakes import FakeLibrary
from tests.gui.fake_content import GUIDE
from tests.gui.fake_sessions import T0, FakePractise, LookCoder


class FakeReview:
    """Looks back at what was practised, with feedback that a test knows."""

    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise

    def session(self, actor: Actor, session_id: str, leaf: int | None = None) -> Session:
        return session_of(self._practise.stored, actor, session_id).on_branch(leaf)

    def latest_ended(self, actor: Actor) -> str:
        for session in map(self._practise.stored.get, self._practise.stored.session_ids(actor.person_id)):
            if session.is_ended or session.debriefed:
                return session.id
        raise NotFound("There is no ended session yet.", "Practise first.")

    def questions(self) -> dict[str, str]:
        return dict(GUIDE.self_rating_questions)

    def rate_self(self, actor: Actor, session_id: str, rating: SelfRating) -> None:
        session = session_of(self._practise.stored, actor, session_id)
        self._practise.sessions[session_id] = session.model_copy(update={"self_rating": rating})

    def need_unrated(self, actor: Actor, session_id: str) -> None:
        session = session_of(self._practise.stored, actor, session_id)
        if not session.is_ended and not session.debriefed:
            raise UserFacingError("This session has not ended yet.", "End it first.")
        if has_own_rating(session):
            raise UserFacingError("You have rated this session already.", "The first rating is kept.")

    def check_rating(self, rating: SelfRating) -> None:
        for question, value in rating.ratings.items():
            if question not in self.questions() or value not in RATING_SCALE:
                raise UserFacingError(f"There is no rating {question} = {value}.", "Choose another one.")

    def debrief(self, actor: Actor, session_id: str, leaf: int | None = None) -> Debrief:
        return self.debrief_of(actor, self.session(actor, session_id, leaf))

    def debrief_of(self, actor: Actor, session: Session, *, needs_own_rating: bool = True) -> Debrief:
        accessible(actor, session)
        if needs_own_rating:
            rated(session)
        session_id = session.id
        turns = [t for t in session.path() if t.speaker == "trainee"]
        return Debrief(
            session_id=session_id,
            keep=tuple(_keep(t) for t in turns[:1]),
            change=tuple(_change(t) for t in turns[1:2]),
            scorecards=session.scorecards,
            next_step="Before each question, say back one thing you heard. One sentence is enough.",
            next_drill="open-questions",
            cues=_cues(session) if len(turns) > 1 else (),
            curve=tuple(
                StatePoint(
                    turn=t.turn,
                    trust=1.75 + 0.12 * i,
                    engagement=0.4 + 0.05 * i,
                    readiness=0.3,
                    resistance=0.5 - 0.04 * i,
                )
                for i, t in enumerate(t for t in session.path() if t.speaker == "patient")
            ),
            too_short=len(turns) < 2,
            speaking=speaking_times(coded_turns(session.path(), LookCoder())),
        )

    def disclosure_map(self, actor: Actor, session_id: str, leaf: int | None = None) -> DisclosureMap:
        rated(self.session(actor, session_id, leaf))
        session = self.session(actor, session_id)
        self._practise.sessions[session_id] = session.model_copy(update={"map_opened_at": T0})
        hint = "Staying with the shame for a turn instead of reassuring it away."
        return DisclosureMap(
            session_id=session_id,
            items=(
                DisclosureItem(
                    fact_id="five",
                    text="He once stopped for five months.",
                    told_at=4,
                    opens_with=hint,
                    trust_needed=1.75,
                    trust_reached=2.4,
                ),
                DisclosureItem(
                    fact_id="recital",
                    text="He slept through his daughter's recital.",
                    told_at=None,
                    approached_at=(3, 5),
                    opens_with=hint,
                    trust_needed=2.5,
                    trust_reached=2.4,
                ),
                DisclosureItem(
                    fact_id="father",
                    text="His father drank too, and he swore to be different.",
                    told_at=None,
                    opens_with=hint,
                    trust_needed=3.0,
                    trust_reached=2.4,
                ),
            ),
        )


def _cues(session: Session) -> tuple[CueGroup, ...]:
    patient = [t for t in session.path() if t.speaker == "patient"]
    cues = tuple(
        CueHeard(
            evidence=Evidence(turn=t.turn, start=0, end=len(t.text), quote=t.text),
            answered_at=t.turn + 3 if i == 1 else t.turn + 1 if i else None,
            trainee_turns=2 if i == 1 else 1 if i else None,
        )
        for i, t in enumerate(patient)
    )
    return (
        CueGroup(
            kind="risk", label="Hints at risk", why="Asking plainly does not put the thought there.", serious=True,
            drill="open-questions", cues=cues[:2],
        ),
        CueGroup(kind="change_talk", label="Words for change", why="People talk themselves into change.", cues=cues[2:]),
    )  # fmt: skip


def _keep(turn: Turn) -> Moment:
    return Moment(
        kind="keep",
        title="You said back what he meant",
        what="After he spoke of the quiet hour you named what it gives him, not only that he drinks.",
        why="People who feel understood go on by themselves.",
        evidence=Evidence(turn=turn.turn, start=0, end=len(turn.text), quote=turn.text),
        retry_from=turn.parent,
    )


def _change(turn: Turn) -> Moment:
    return Moment(
        kind="change",
        title="A question where he had just opened up",
        what="He spoke of his daughter, and the next words were a question about numbers.",
        why="A question moves the talk to your agenda; saying it back keeps it with him.",
        better_line="She's stopped asking, and that's the part that stays with you.",
        evidence=Evidence(turn=turn.turn, start=0, end=len(turn.text), quote=turn.text),
        retry_from=turn.parent,
    )


class FakeReports:
    """Writes files with nothing to read in them."""

    def __init__(self, library: FakeLibrary, review: FakeReview) -> None:
        self._library = library
        self._review = review

    def session(
        self,
        actor: Actor,
        session_id: str,
        *,
        pdf: Path | None = None,
        html: Path | None = None,
        with_disclosure: bool = False,
        leaf: int | None = None,
        needs_own_rating: bool = True,
    ) -> None:
        self.session_report(
            actor, session_id, with_disclosure=with_disclosure, leaf=leaf, needs_own_rating=needs_own_rating
        )
        for path in (pdf, html):
            if path is not None:
                path.write_bytes(b"%PDF-1.4")

    def session_report(
        self,
        actor: Actor,
        session_id: str,
        *,
        with_disclosure: bool = False,
        leaf: int | None = None,
        needs_own_rating: bool = True,
    ) -> SessionReport:
        session = self._review.session(actor, session_id, leaf).as_debriefed()
        case = self._library.case(session.case_id)
        return SessionReport(
            session=session,
            case=case,
            persona=self._library.persona(case.persona),
            rubrics=tuple(self._library.rubric(rubric) for rubric in case.rubrics),
            debrief=self._review.debrief_of(actor, session, needs_own_rating=needs_own_rating),
            disclosure=self._review.disclosure_map(actor, session_id, session.leaf) if with_disclosure else None,
            generated_at=T0,
            self_rating_questions=self._review.questions(),
            schemes=self._library.schemes(),
        )

    def progress(
        self, actor: Actor, *, pdf: Path | None = None, csv: Path | None = None, html: Path | None = None
    ) -> None:
        if csv is not None and csv.name == "refuse.csv":
            raise UserFacingError("That folder is read-only.", "Choose another one.")
        for path in (pdf, csv, html):
            if path is not None:
                path.write_text("x", encoding="utf-8")
