"""A whole program in memory for the window's tests: real domain values, no adapters, instant answers."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from simpatient.assessment.scoring.speaking_times import speaking_times
from simpatient.domain.assessment.codes import Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.assessment.debrief import (
    CueGroup,
    CueHeard,
    Debrief,
    DisclosureItem,
    DisclosureMap,
    Moment,
    StatePoint,
)
from simpatient.domain.assessment.score import (
    Evidence,
    Overall,
    Provenance,
    Score,
    Scorecard,
    ScorecardOrigin,
    ScorecardRevision,
    SummaryValue,
)
from simpatient.domain.errors import Cancelled, ContentError, NotFound, UserFacingError
from simpatient.domain.learning.progress import (
    ObjectiveProgress,
    Progress,
    SessionSummary,
    SkillCurve,
    SkillPoint,
    UnitCase,
    UnitProgress,
)
from simpatient.domain.session.bin import BinEntry, DeletionExtent
from simpatient.domain.session.session import Manifest, Session, Turn
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.services.authoring.authoring import Preview, PreviewReply
from simpatient.services.learning.drill import DrillService
from simpatient.services.learning.progress import CaseCard, CurriculumProgress, Home
from simpatient.services.privacy.bin import BinItem
from simpatient.services.review.second_rating import SecondRatingService
from simpatient.services.review.written_exercises import WrittenExerciseService
from simpatient.services.sessions.practise import Exchange
from simpatient.services.sessions.scorecards import ScorecardService, coded_turns
from simpatient.services.sessions.session_drafts import SessionDraftService
from tests.builders import ME
from tests.draft_fakes import InMemorySessionDrafts
from tests.fakes import FakeEncoder, FixedClock, InMemoryDrills, InMemoryUnitOfWork
from tests.gui.fake_content import CASES, COURSE, DRILLS, GUIDE, PERSONAS, RUBRICS, SCHEME, WRITING
from tests.gui.fake_talk import FakeConsents, FakeListeningBack, FakeRecognisers, FakeSoundCheck, FakeTalkService
from tests.model_fakes import ModelWorld
from tests.review_fakes import FakeJudges, InMemoryWritings

T0 = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
ANSWERS = (
    "It's the only hour that's mine, you know. Everyone's asleep.",
    "Yeah. … Yeah, that's about it.",
    "She doesn't ask me to things any more. She just doesn't ask.",
    "I did it before. Five months. Nobody remembers that.",
)


def codes_for(text: str) -> TurnCodes:
    """Return one code by the look of the words."""
    code = "open_question" if text.rstrip().endswith("?") else "complex_reflection"
    label = UtteranceLabel(scheme="talk", code=code, confidence=0.83)
    return TurnCodes(
        main=Label(code="question" if text.endswith("?") else "reflection", confidence=0.83),
        utterances=(Utterance(start=0, end=len(text), text=text, codes=(label,)),),
    )


class FakeLibrary:
    def __init__(self) -> None:
        self.all_cases = list(CASES)
        self.all_curricula = [COURSE]
        self.all_drills = list(DRILLS)

    def case(self, case_id):
        return _find(self.all_cases, case_id)

    def case_as_played(self, case_id, digest):
        return self.case(case_id)

    def persona_as_played(self, persona_id, digest):
        return self.persona(persona_id)

    def cases(self):
        return tuple(self.all_cases)

    def keep_played(self, kind, item_id):
        """Fake content never changes."""

    def persona(self, persona_id):
        return _find(PERSONAS, persona_id)

    def rubric(self, rubric_id):
        return _find(self.rubrics(), rubric_id)

    def rubrics(self):
        return (*RUBRICS, *WRITING)

    def curricula(self):
        return tuple(self.all_curricula)

    def schemes(self):
        return (SCHEME,)

    def drills(self):
        return tuple(self.all_drills)

    def drill(self, drill_id):
        return _find(self.all_drills, drill_id)

    def coaching(self):
        return GUIDE


def _find(items, item_id):
    for item in items:
        if item.id == item_id:
            return item
    raise NotFound(f"There is no '{item_id}'.", "Choose another one.")


class LookCoder:
    """Codes by the look of the words; not sure of any that say 'perhaps'."""

    coder_id = "look@1"

    def prepare_for(self, previous):
        """There is nothing to make ready."""

    def code_turn(self, speaker, text, previous=""):
        if speaker == "patient":
            return TurnCodes()
        is_question = text.rstrip().endswith("?")
        is_open = text.startswith(("What", "How", "Tell"))
        code = "open_question" if is_question and is_open else "closed_question" if is_question else "confront"
        label = UtteranceLabel(scheme="talk", code=code, confidence=0.31 if "perhaps" in text else 0.91)
        return TurnCodes(utterances=(Utterance(start=0, end=len(text), text=text, codes=(label,)),))


class FakePractise:
    """Keeps sessions in a dictionary; ``gate`` holds an answer back until it is set."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.fails: Exception | None = None
        self.stores_before_failing = True
        self.note = ""
        self.warmed: list[str] = []
        self.preparing: tuple[tuple[int, int], ...] = ()
        self.answers = list(ANSWERS)
        self.model = "guided"
        self.misses_risk = False

    def warm_up(self, case_id, model="guided", on_prepared=None):
        self.warmed.append(case_id)
        for done, total in self.preparing:
            on_prepared(done, total)
        if self.preparing:
            self.gate.wait()

    def start(self, actor, case_id, *, seed=None, curriculum_id=None, unit_id=None, model="guided"):
        if self.fails:
            raise self.fails
        opening = Turn(turn=0, parent=None, speaker="patient", text="Right. So. My wife's idea, this.", at=T0)
        session = Session(
            id=f"s{len(self.sessions) + 1}",
            trainee_id=actor.person_id,
            case_id=case_id,
            curriculum_id=curriculum_id,
            unit_id=unit_id,
            manifest=Manifest(app="0", model=self.model, content={}, encoder="e", coder="c", seed=1),
            started_at=T0,
            turns=(opening,),
            leaf=0,
        )
        self.sessions[session.id] = session
        return session

    def _append(self, session_id, speaker, text, **more):
        session = self.sessions[session_id]
        turn = Turn(turn=len(session.turns), parent=session.leaf, speaker=speaker, text=text, at=T0, **more)
        self.sessions[session_id] = session.model_copy(update={"turns": (*session.turns, turn), "leaf": turn.turn})
        return turn

    def reply(self, actor, session_id, text, on_chunk, cancel, speech=None):
        if self.fails and not self.stores_before_failing:
            raise self.fails
        trainee = self._append(session_id, "trainee", text, codes=codes_for(text), speech=speech)
        if self.fails:
            raise self.fails
        answer = self.answers[len(self.sessions[session_id].turns) // 2 % len(self.answers)]
        words = answer.split(" ")
        for i, word in enumerate(words):
            if i == len(words) // 2:
                while not self.gate.wait(0.02):
                    if cancel.is_cancelled:
                        raise Cancelled
            on_chunk(word + " ")
        patient = self._append(session_id, "patient", answer, note=self.note)
        return Exchange(trainee=trainee, patient=patient, note=self.note)

    def correct(self, actor, session_id, turn, text):
        if self.fails:
            raise self.fails
        session = self.sessions[session_id]
        old = next(each for each in session.turns if each.turn == turn)
        first = TextVersion(text=old.text, source="trainee", at=T0)
        versions = (*(old.speech.versions or (first,)), TextVersion(text=text, source="trainee", at=T0))
        speech = old.speech.model_copy(update={"versions": versions})
        new = old.model_copy(update={"text": text, "codes": codes_for(text), "speech": speech})
        turns = tuple(new if each.turn == turn else each for each in session.turns)
        self.sessions[session_id] = session.model_copy(update={"turns": turns})
        return new

    def resume(self, actor, session_id):
        if self.fails:
            raise self.fails
        session = _session(self.sessions, session_id)
        if session.path()[-1].speaker == "trainee":
            self._append(session_id, "patient", "Sorry. Where was I.")
        return self.sessions[session_id]

    def mark(self, actor, session_id, turn, marked):
        session = self.sessions[session_id]
        turns = tuple(t.model_copy(update={"marked": marked}) if t.turn == turn else t for t in session.turns)
        self.sessions[session_id] = session.model_copy(update={"turns": turns})

    def branch(self, actor, session_id, from_turn):
        session = self.sessions[session_id]
        others = dict(session.other_scorecards)
        if session.scorecards:
            others[session.leaf] = session.scorecards
        self.sessions[session_id] = session.model_copy(
            update={
                "leaf": from_turn,
                "ended_at": None,
                "scorecards": others.pop(from_turn, ()),
                "other_scorecards": others,
            }
        )
        return self.sessions[session_id]

    def end(self, actor, session_id):
        session = self.sessions[session_id]
        cards = (scorecard(session, missed=self.misses_risk),)
        ended = session.model_copy(update={"ended_at": T0 + timedelta(minutes=20), "scorecards": cards})
        self.sessions[session_id] = ended
        return ended


class StoredSessions:
    """What writing needs of stored sessions."""

    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise
        self.on_delete = []

    def get(self, session_id):
        return _session(self._practise.sessions, session_id)

    def add_scorecards(self, session_id, leaf, cards, origin):
        session = self._practise.sessions[session_id]
        by_rubric = {card.rubric: card for card in (*session.scorecards, *cards)}
        self._practise.sessions[session_id] = session.model_copy(update={"scorecards": tuple(by_rubric.values())})

    def scorecard_history(self, session_id, leaf):
        cards = self.get(session_id).on_branch(leaf).scorecards
        return tuple(ScorecardRevision(number=1, origin=ScorecardOrigin(), card=card) for card in cards)


def _session(sessions, session_id):
    if session_id not in sessions:
        raise NotFound(f"There is no session '{session_id}'.", "Choose one from the list.")
    return sessions[session_id]


def _evidence(session: Session, supports: bool = True) -> Evidence:
    turn = next((t for t in session.turns if t.speaker == "trainee"), session.turns[0])
    return Evidence(turn=turn.turn, start=0, end=len(turn.text), quote=turn.text, supports=supports)


def _missed(session: Session) -> Score:
    """Return a critical value, which rests on what the patient said."""
    said = next(turn for turn in session.turns if turn.speaker == "patient")
    quote = Evidence(turn=said.turn, start=0, end=len(said.text), quote=said.text, supports=False)
    return Score(
        id="asked_plainly", value=0, scale=(0, 2), confidence=0.58, status="needs_review", evidence=(quote,),
        critical=True,
    )  # fmt: skip


def scorecard(session: Session, *, missed: bool = False) -> Scorecard:
    """Return a scorecard with every kind of value: in a band, without, undefined, too few, abstained.

    With ``missed`` it has a critical one too.
    """
    rubric = RUBRICS[0]
    limits = {each.id: each.thresholds for each in rubric.summaries}
    evidence = (_evidence(session),)
    return Scorecard(
        session_id=session.id,
        rubric=rubric.id,
        rubric_version=rubric.version,
        criteria=(
            *((_missed(session),) if missed else ()),
            Score(id="empathy", value=4, scale=(1, 5), confidence=0.62, status="estimate", evidence=evidence),
            Score(
                id="partnership",
                value=None,
                scale=(1, 5),
                confidence=0.0,
                status="needs_review",
                unscored_reason="Fewer than six turns of yours: too little to judge.",
            ),
        ),
        counts={"open_question": 7, "closed_question": 3, "complex_reflection": 4},
        summaries=(
            SummaryValue(
                id="talk_share", value=0.44, n=26, undefined=False, band="basic", thresholds=limits["talk_share"]
            ),
            SummaryValue(
                id="reflection_to_question",
                value=1.25,
                n=18,
                undefined=False,
                band="basic",
                thresholds=limits["reflection_to_question"],
                evidence=evidence,
            ),
            SummaryValue(id="percent_complex", value=None, n=0, undefined=True),
            SummaryValue(id="open_share", value=0.5, n=2, undefined=False, enough=False),
        ),
        overall=Overall(value=0.6, confidence=0.7),
        provenance=Provenance(judged_by="formulas over behaviour codes", rubric_version=rubric.version),
    )


class FakeReview:
    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise

    def session(self, actor, session_id, leaf=None):
        return _session(self._practise.sessions, session_id).on_branch(leaf)

    def questions(self):
        return dict(GUIDE.self_rating_questions)

    def rate_self(self, actor, session_id, rating):
        session = self._practise.sessions[session_id]
        self._practise.sessions[session_id] = session.model_copy(update={"self_rating": rating})

    def debrief_of(self, actor, session):
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

    def disclosure_map(self, actor, session_id, leaf=None):
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


def _cues(session):
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


class FakeProgress:
    def __init__(self, practise: FakePractise, library: FakeLibrary) -> None:
        self._practise = practise
        self._library = library
        self.past: list[SessionSummary] = []
        self.sessions_per_curve = 0
        self.fails: Exception | None = None
        self.statuses = ("mastered", "practising", "not_started")

    def summaries(self):
        found = []
        for session in self._practise.sessions.values():
            case = self._library.case(session.case_id)
            found.extend(
                SessionSummary(
                    session_id=session.id,
                    case_id=case.id,
                    case_title=case.title,
                    patient_name=self._library.persona(case.persona).identity.name,
                    started_at=session.started_at,
                    ended_at=branch.ended_at,
                    trainee_turns=sum(t.speaker == "trainee" for t in branch.path()),
                    has_self_rating=session.self_rating is not None,
                    leaf=branch.leaf,
                    attempt=number,
                )
                for number, branch in enumerate(session.attempts(), start=1)
            )
        return (*reversed(found), *self.past)

    def units(self):
        made = []
        for i, unit in enumerate(COURSE.units):
            status = self.statuses[i]
            objectives = tuple(
                ObjectiveProgress(
                    unit_id=unit.id,
                    objective_id=o.id,
                    text=o.text,
                    met_in=("a",) * {"mastered": 2, "practising": 1}.get(status, 0),
                    needed=2,
                    within=3,
                    status=status,
                )
                for o in unit.objectives
            )
            is_open = i == 0 or self.statuses[i - 1] == "mastered"
            made.append(
                UnitProgress(
                    unit_id=unit.id,
                    title=unit.title,
                    is_open=is_open,
                    missing=() if is_open else (COURSE.units[i - 1].id,),
                    objectives=objectives,
                    sessions=0 if status == "not_started" else 2,
                    cases=tuple(UnitCase(case_id=each, sessions=i == 0) for i, each in enumerate(unit.cases)),
                    next_case=unit.cases[-1],
                )
            )
        return tuple(made)

    def open_with(self, actor, case_id):
        return tuple(s for s in self.summaries() if s.ended_at is None and case_id in (None, s.case_id))

    def home(self, actor):
        if self.fails:
            raise self.fails
        cards = tuple(
            CaseCard(
                case_id=c.id,
                title=c.title,
                patient_name=self._library.persona(c.persona).identity.name,
                patient_age=self._library.persona(c.persona).identity.age,
                setting=c.setting,
                modality=c.modality,
                difficulty=c.difficulty,
                minutes=c.minutes,
                content_notes=self._library.persona(c.persona).content_notes,
                sessions=sum(s.case_id == c.id for s in self._practise.sessions.values()),
            )
            for c in self._library.cases()
        )
        courses = tuple(
            CurriculumProgress(curriculum_id=c.id, title=c.title, summary=c.summary, units=self.units())
            for c in self._library.curricula()
        )
        still_open = self.open_with(actor, None)
        return Home(open_sessions=still_open, curricula=courses, cases=cards)

    def progress(self, actor):
        if self.fails:
            raise self.fails
        return Progress(
            trainee_id=actor.person_id,
            generated_at=T0,
            sessions=self.summaries(),
            curves=self._curves(),
            units=self.units(),
        )

    def _curves(self):
        shapes = (
            ("open_share", "Open questions", "share", 0.4, 0.06),
            ("reflection_to_question", "Reflections for every question", "ratio", 0.6, 0.14),
        )
        made = []
        for measure, label, unit, start, step in shapes:
            points = tuple(
                SkillPoint(
                    session_id=f"p{i}",
                    at=T0 + timedelta(days=i),
                    case_id="joe-first",
                    difficulty=2,
                    value=start + step * i - (0.08 if i % 2 else 0),
                    n=12,
                )
                for i in range(self.sessions_per_curve)
            )
            values = [p.value for p in points]
            mean = sum(values) / len(values) if len(values) >= 3 else None
            band = (mean - step, mean + step) if mean is not None else (None, None)
            made.append(
                SkillCurve(
                    rubric="r",
                    measure=measure,
                    label=label,
                    unit=unit,
                    points=points,
                    defined=len(values),
                    mean=mean,
                    low=band[0],
                    high=band[1],
                )
            )
        return tuple(made)


class FakeTalk:
    def __init__(self) -> None:
        state = PatientState(trust=1.75)
        self.opening = PreviewReply(text="Right. So.", state=state, plan=ReplyPlan(act="opening"))

    def say(self, text):
        plan = ReplyPlan(act="affective", reaction="understood", topic="sleep", facts_to_tell=("recital",))
        return PreviewReply(
            text="Yeah. That's about it.", state=PatientState(trust=2.0), plan=plan, codes=codes_for(text)
        )


class FakeAuthor:
    """Finds a problem in every line that says 'wrong'."""

    kind = "persona"

    def check(self, paths=()):
        return ()

    def preview(self, path):
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        problems = tuple(
            ContentError(
                "This is not one of the allowed words.",
                file=str(path),
                line=i,
                field="lines[2].say",
                action="Use another word.",
                given=line,
            )
            for i, line in enumerate(lines, start=1)
            if "wrong" in line
        )
        good = not problems
        counts = {"lines": 254, "facts": 27, "topics": 19} if good else {}
        is_persona = self.kind == "persona"
        persona = PERSONAS[0] if good and is_persona else None
        return Preview(persona=persona, counts=counts if is_persona else {}, kind=self.kind), problems

    def preview_start(self, path, seed=1):
        return FakeTalk()


class FakeReports:
    def session(self, actor, session_id, *, pdf=None, html=None, with_disclosure=False, leaf=None):
        Path(pdf).write_bytes(b"%PDF-1.4")

    def progress(self, actor, *, pdf=None, csv=None):
        if csv is not None and csv.name == "refuse.csv":
            raise UserFacingError("That folder is read-only.", "Choose another one.")
        Path(pdf or csv).write_text("x", encoding="utf-8")


# Wait before, length, words and more of each turn, the patient's first; a length of 0 is a typed turn.
SPOKEN = (
    (2.0, 6.0, "Right. So. My wife's idea, this. I said I'd come, so here I am.", {}),
    (1.4, 3.2, "Thank you for coming, even so. What would make the time worth it for you?", {}),
    (4.6, 11.0, "I don't know. Sleep, maybe. I get home at six, the house is quiet, and that hour is mine, you know. "
                "Nobody wants anything.", {}),
    (1.1, 4.4, "So it's the one place where nobody wants anything from you.", {
        "confidence": 0.71, "clip": "c1",
        "versions": (TextVersion(text="So it's the one place where nobody once anything from you.", source="recogniser",
                                 at=T0),)}),
    (2.0, 7.5, "Yeah. … Yeah, that's about it. And then Ellie's recital came, and I was asleep in the chair, and she",
     {"was_interrupted": True, "unheard": " never said a word about it. Not one word."}),
    (-0.4, 3.0, "How many is it, on a normal night?", {"confidence": 0.9}),
    (1.8, 2.4, "Four. Five, some nights.", {}),
    (5.2, 6.8, "You were going to say something about Ellie, and I cut across you. I'd like to hear it.", {}),
    (3.8, 14.0, "She didn't say anything. That's the thing. She just stopped asking me to things. I've not told anyone "
                "that. I found out about the next one from the calendar on the fridge.", {}),
    (6.1, 4.0, "She stopped asking. And that stays with you.", {}),
    (2.2, 5.0, "Every night, yeah.", {}),
    (0.0, 0.0, "(typed) What do you do with it, at night?", {}),
    (1.0, 9.0, "I have a can. Then it's quieter. I know how that sounds, I do know. I'm not daft.", {}),
    (0.8, 21.0, "You're not. And if I may, it sounds like the can does a job for you: it makes a hard thought a bit "
                "quieter, for a bit. I'm not going to tell you what to do about it. I'd like to understand what the "
                "thought says, before the can, when it's loudest, if you can bear to go there with me for a minute.", {}),
    (7.0, 6.0, "It says she's better off. The lot of them.", {}),
    (4.0, 5.0, "That they'd be better off without you. Have you had thoughts of ending your life?", {}),
    (5.5, 8.0, "Not … not like that. No. I'd not do that to them. But it's good somebody asks.", {}),
)  # fmt: skip


class FakeForgetting:
    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise

    def delete_session(self, actor, session_id):
        del self._practise.sessions[session_id]


class FakeBin:
    """A bin of whole sessions and of attempts that are not in use."""

    def __init__(self, practise: FakePractise) -> None:
        self._practise = practise
        self.binned: dict[int, tuple[BinEntry, Session]] = {}
        self.kept_for = 30

    def extent(self, actor, session_id, leaf=None):
        session = _session(self._practise.sessions, session_id)
        attempts = len(session.attempts())
        turns = session.own_turns(leaf) if leaf is not None and attempts > 1 else session.turns
        return DeletionExtent(
            session_id=session_id, leaf=leaf if attempts > 1 else None, case_title="Sent by his wife",
            patient_name="Joe", started_at=session.started_at,
            attempts=1 if leaf is not None else attempts, attempts_left=attempts - 1 if leaf is not None else 0,
            turns=len(turns), scorecards=1, has_self_rating=leaf is None,
        )  # fmt: skip

    def delete_session(self, actor, session_id):
        self._put(self._practise.sessions.pop(session_id), None)

    def delete_attempt(self, actor, session_id, leaf):
        session = self._practise.sessions[session_id]
        others = {end: cards for end, cards in session.other_scorecards.items() if end != leaf}
        self._practise.sessions[session_id] = session.model_copy(update={"other_scorecards": others})
        self._put(session, leaf)

    def _put(self, session, leaf):
        entry = BinEntry(
            id=len(self.binned) + 1, session_id=session.id, trainee_id="me", case_id=session.case_id,
            started_at=session.started_at, leaf=leaf, binned_at=T0, attempts=1, trainee_turns=3,
        )  # fmt: skip
        self.binned[entry.id] = (entry, session)

    def items(self, actor):
        until = T0 + timedelta(days=self.kept_for)
        return tuple(
            BinItem(entry=entry, case_title="Sent by his wife", patient_name="Joe", erased_at=until)
            for entry, _ in self.binned.values()
        )

    def restore(self, actor, entry_id):
        entry, session = self.binned.pop(entry_id)
        self._practise.sessions[session.id] = session
        return entry

    def empty(self, actor):
        erased = len(self.binned)
        self.binned.clear()
        return erased

    def days(self):
        return self.kept_for

    def keep_for(self, days):
        self.kept_for = days


class FakeApp:
    """The program as the window sees it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.library = FakeLibrary()
        self.practise = FakePractise()
        self.review = FakeReview(self.practise)
        self.progress = FakeProgress(self.practise, self.library)
        self.author = FakeAuthor()
        self.reports = FakeReports()
        self.tries = InMemoryDrills()
        self.drill = DrillService(library=self.library, drills=self.tries, coder=LookCoder(), clock=FixedClock(T0))
        self.writings = InMemoryWritings(StoredSessions(self.practise))
        unit_of_work = InMemoryUnitOfWork([self.writings])
        self.scorecards = ScorecardService(
            library=self.library, sessions=self.writings.sessions, coder=LookCoder(), clock=FixedClock(T0),
            unit_of_work=unit_of_work,
        )  # fmt: skip
        self.write = WrittenExerciseService(
            library=self.library, sessions=self.writings.sessions, writings=self.writings, coder=LookCoder(),
            encoder=FakeEncoder(), clock=FixedClock(T0), scorecards=self.scorecards, unit_of_work=unit_of_work,
        )  # fmt: skip
        self.drafts = InMemorySessionDrafts(self.writings.sessions)
        self.session_drafts = SessionDraftService(
            sessions=self.writings.sessions, drafts=self.drafts, clock=FixedClock(T0)
        )
        self.judges = FakeJudges()
        self.judge = SecondRatingService(
            library=self.library,
            sessions=self.writings.sessions,
            scorecards=self.scorecards,
            judges=self.judges,
            coder=LookCoder(),
        )
        self.model_world = ModelWorld(home / "models", clock=FixedClock(T0))
        self.models = self.model_world.service
        self.consents = FakeConsents()
        self.talking = FakeTalkService(self.practise)
        self.sound_check = FakeSoundCheck()
        self.recognisers = FakeRecognisers()
        self.recording_playback = FakeListeningBack()
        self.deletion = FakeForgetting(self.practise)
        self.bin = FakeBin(self.practise)
        self.actor = ME
        self.is_closed = False

    def close(self):
        self.is_closed = True

    def talk(self, case_id="joe-first", lines=4, ended=True):
        """Put a session in the store, as if it had been held."""
        session = self.practise.start(ME, case_id)
        said = (
            "What does that hour give you?",
            "So it's the one place where nobody wants anything from you.",
            "How many is it, on a normal night?",
            "You did it before, and it mattered to you that nobody noticed.",
        )
        token = type("Never", (), {"is_cancelled": False})()
        for i in range(lines):
            self.practise.reply(ME, session.id, said[i % 4], lambda _: None, token)
        return self.practise.end(ME, session.id) if ended else self.practise.sessions[session.id]

    def talk_aloud(self, case_id="joe-first"):
        """Put a spoken session in the store: with silences, an interruption, a typed turn and a corrected one."""
        session = self.talk(case_id, lines=1, ended=False)
        turns, now = list(session.turns[:1]), 0.0
        for number, (wait, length, text, more) in enumerate(SPOKEN):
            began = now + wait
            now = began + length
            speech = TurnSpeech(began_s=began, ended_s=now, **more) if length else None
            turn = Turn(turn=number, parent=number - 1 if number else None, at=T0, text=text, speech=speech,
                        speaker="trainee" if number % 2 else "patient", codes=codes_for(text) if number % 2 else None)  # fmt: skip
            turns[number:] = [turn]
            now = now if length else now + 30.0
        whole = session.model_copy(update={"turns": tuple(turns), "leaf": len(turns) - 1})
        self.practise.sessions[session.id] = whole
        return self.practise.end(ME, session.id)
