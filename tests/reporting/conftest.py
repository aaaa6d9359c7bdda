"""Builders of report inputs: real domain values, the shipped rubrics, a small made-up patient."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from simpatient.domain.assessment.codes import CodingScheme, Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.assessment.debrief import (
    CueGroup,
    CueHeard,
    Debrief,
    DisclosureItem,
    DisclosureMap,
    Moment,
    StatePoint,
)
from simpatient.domain.assessment.score import Evidence, Overall, Provenance, Score, Scorecard, SummaryValue
from simpatient.domain.content.case import Case
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.progress import (
    ObjectiveProgress,
    Progress,
    SessionSummary,
    SkillCurve,
    SkillPoint,
    UnitProgress,
)
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.session.session import Manifest, SelfRating, Session, Turn
from simpatient.reporting.writer import FileReportWriter

ASSETS = Path(__file__).parents[2] / "assets"
SCHEME = CodingScheme.model_validate(
    yaml.safe_load((ASSETS / "schemes" / "simpatient.yaml").read_text(encoding="utf-8"))
)
T0 = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)
TRAINEE_LINES = (
    ("What would you like to talk about today?", "open_question"),
    (
        "So the evenings are the one part of the day that belongs to you, "
        "and giving that up feels like losing more than a drink.",
        "complex_reflection",
    ),
    ("You've thought about this a lot already.", "affirm"),
    ("How many do you have on a Friday? And at weekends?", "closed_question"),
    ("You really should cut down before it gets worse.", "advise_without_permission"),
    ("Would it be all right if I told you what others in your place have tried?", "advise_with_permission"),
)
PATIENT_LINES = (
    "It's the only hour that's mine, you know. Everyone's asleep.",
    "Yeah. … Yeah, that's about it.",
    "She doesn't ask me to things any more. She just doesn't ask. Last month there was the school thing "
    "and I found out from the calendar on the fridge.",
    "I did it before. Five months. Nobody remembers that.",
)


def rubric(name: str) -> Rubric:
    return Rubric.model_validate(yaml.safe_load((ASSETS / "rubrics" / f"{name}.yaml").read_text(encoding="utf-8")))


def persona(name: str = "Tomas Hale") -> Persona:
    """Return a patient with just what reports read; the rest of a persona never reaches them."""
    identity = {
        "name": name,
        "age": 46,
        "gender": "man",
        "pronouns": "he",
        "culture": "Polish-English",
        "languages": ["English"],
        "work": "joiner",
        "relationships": "married",
        "living_situation": "with family",
    }
    review = [{"role": "clinical", "status": "pending"}, {"role": "lived_experience", "status": "reviewed"}]
    whole = Persona.__pydantic_fields__
    parts = {key: whole[key].annotation for key in ("identity",)}
    return Persona.model_construct(
        id="tomas-hale",
        version="1.0.0",
        identity=parts["identity"].model_validate(identity),
        reviewed_by=tuple(whole["reviewed_by"].annotation.__args__[0].model_validate(each) for each in review),
    )


def case(title: str = "Sent by his wife") -> Case:
    return Case(
        id="tomas-first",
        version="1.0.0",
        title=title,
        persona="tomas-hale",
        setting="Primary care, first contact",
        presenting_problem="Drinking",
        vignette="Referred after a row at home.",
        modality="motivational interviewing",
        difficulty=2,
        objectives=("Reflect more than you ask",),
        rubrics=("miti-informed", "dialogue-metrics"),
    )


def turn(number: int, text: str, code: str = "") -> Turn:
    speaker = "patient" if number % 2 == 0 else "trainee"
    label = UtteranceLabel(scheme="simpatient", code=code, confidence=0.8)
    codes = TurnCodes(utterances=(Utterance(start=0, end=len(text), text=text, codes=(label,)),)) if code else None
    if speaker == "patient":
        codes = TurnCodes(talk=Label(code="change" if number % 6 == 0 else "neutral", confidence=0.7))
    parent = number - 1 if number else None
    return Turn(
        turn=number,
        parent=parent,
        speaker=speaker,
        text=text,
        at=T0 + timedelta(seconds=20 * number),
        codes=codes,
        marked=number == 3,
    )


def session(texts: list[str] | None = None, *, turns: int = 24, trainee: str = "t-017") -> Session:
    built = []
    for number in range(len(texts) if texts is not None else turns):
        words, code = TRAINEE_LINES[number // 2 % len(TRAINEE_LINES)]
        if number % 2 == 0:
            words, code = PATIENT_LINES[number // 2 % len(PATIENT_LINES)], ""
        built.append(turn(number, texts[number] if texts is not None else words, code))
    manifest = Manifest(
        app="0.1.0",
        model="guided",
        encoder="all-MiniLM-L6-v2 53aa51172d14",
        coder="embedded-coder 1.0.0",
        seed=7,
        content={"persona:tomas-hale": "1.0.0 2f1c0a" + "0" * 58, "case:tomas-first": "1.0.0 99e1" + "0" * 60},
    )
    return Session(
        id="s-0001",
        trainee_id=trainee,
        case_id="tomas-first",
        manifest=manifest,
        started_at=T0,
        ended_at=T0 + timedelta(minutes=19),
        turns=tuple(built),
        leaf=len(built) - 1,
        self_rating=SelfRating(
            ratings={"understanding": 3, "hard_moment": 2},
            went_well="I waited for him.",
            would_change="Fewer questions in a row.",
        ),
    )


def evidence(of: Session, number: int, supports: bool = True) -> Evidence:
    text = of.turns[min(number, len(of.turns) - 1)].text[:300]
    return Evidence(turn=min(number, len(of.turns) - 1), start=0, end=len(text), quote=text, supports=supports)


def scorecard(of: Session, by: Rubric) -> Scorecard:
    proof = (evidence(of, 3), evidence(of, 9, supports=False))
    made = Provenance(judged_by="formulas", rubric_version=by.version, coder="embedded-coder 1.0.0")
    criteria = [
        Score(
            id=c.id,
            value=None if i == 1 else 3.5,
            scale=c.scale,
            confidence=0.0 if i == 1 else 0.66,
            status="estimate",
            unscored_reason="Too few trainee turns: 4 of 6." if i == 1 else None,
            evidence=() if i == 1 else proof,
            provenance=made,
        )
        for i, c in enumerate(by.criteria)
    ]
    values = {"share": 0.55, "ratio": 0.8, "score": 3.5, "count": 4.0, "words": 17.0, "turn": 2.0, "rate": 0.9,
              "seconds": 1.4, "pace": 152.0}  # fmt: skip
    summaries = []
    for index, each in enumerate(by.summaries):
        undefined, enough = index == 3, index != 1
        met = [t.label for t in each.thresholds if (values[each.unit] >= t.value) == (t.op in (">=", ">"))]
        summaries.append(
            SummaryValue(
                id=each.id,
                value=None if undefined else values[each.unit],
                n=0 if undefined else 12,
                undefined=undefined,
                enough=enough,
                band=met[-1] if met and enough and not undefined else None,
                thresholds=each.thresholds,
            )
        )
    counts = {count.id: index for index, count in enumerate(by.counts)}
    return Scorecard(
        session_id=of.id,
        rubric=by.id,
        rubric_version=by.version,
        criteria=tuple(criteria),
        counts=counts,
        summaries=tuple(summaries),
        overall=Overall(value=0.8317, confidence=0.5),
        provenance=made,
    )


def debrief(of: Session, rubrics: tuple[Rubric, ...]) -> Debrief:
    keep = Moment(
        kind="keep",
        title="You gave back the feeling",
        what="You named what the hour stands for.",
        why="People go further when they feel understood.",
        evidence=evidence(of, 3),
    )
    change = Moment(
        kind="change",
        title="Advice before asking",
        what="You told him what to do.",
        why="Advice unasked for tends to bring out the other side.",
        better_line="“What have you thought of yourself?”",
        evidence=evidence(of, 9),
    )
    rng = random.Random(3)
    curve, trust = [], 1.4
    for number in range(0, len(of.turns), 2):
        trust = min(4.0, max(1.0, trust + rng.uniform(-0.1, 0.25)))
        curve.append(StatePoint(turn=number, trust=trust, engagement=trust / 4, readiness=0.3, resistance=0.2))
    return Debrief(
        session_id=of.id,
        keep=(keep, keep.model_copy(update={"title": "You left the choice with him"})),
        change=(change,),
        scorecards=tuple(scorecard(of, each) for each in rubrics),
        next_step="Before you advise, ask what he has tried.",
        curve=tuple(curve),
        cues=(
            CueGroup(
                kind="risk",
                label="Hints at risk",
                why="Asking plainly does not put the thought there.",
                serious=True,
                cues=(
                    CueHeard(evidence=evidence(of, 2)),
                    CueHeard(evidence=evidence(of, 4), answered_at=9, trainee_turns=3, seconds=41.6),
                    CueHeard(evidence=evidence(of, 6), answered_at=7, trainee_turns=1),
                ),
            ),
        ),
    )


def session_report(
    texts: list[str] | None = None,
    *,
    turns: int = 24,
    disclosure: bool = False,
    title: str = "Sent by his wife",
    name: str = "Tomas Hale",
    trainee: str = "t-017",
) -> SessionReport:
    rubrics = (rubric("miti-informed"), rubric("dialogue-metrics"))
    of = session(texts, turns=turns, trainee=trainee)
    items = (
        DisclosureItem(
            fact_id="f1",
            text="He once stopped for five months.",
            told_at=6,
            opens_with="A reflection that goes deeper",
            trust_needed=2.0,
            trust_reached=2.4,
        ),
        DisclosureItem(
            fact_id="f2",
            text="He hid it from his brother.",
            told_at=None,
            approached_at=(3, 9),
            opens_with="Asking about family without hurry",
            trust_needed=3.0,
            trust_reached=2.4,
        ),
    )
    return SessionReport(
        session=of,
        case=case(title),
        persona=persona(name),
        rubrics=rubrics,
        debrief=debrief(of, rubrics),
        disclosure=DisclosureMap(session_id=of.id, items=items) if disclosure else None,
        generated_at=T0 + timedelta(hours=1),
        self_rating_questions={"understanding": "How well did you understand what this was like for the patient?"},
        schemes=(SCHEME,),
    )


def progress(sessions: int = 5, *, trainee: str = "t-017", title: str = "Sent by his wife") -> Progress:
    rows = tuple(
        SessionSummary(
            session_id=f"s-{i:04}",
            case_id="tomas-first",
            case_title=title,
            patient_name="Tomas Hale",
            started_at=T0 + timedelta(days=3 * i),
            ended_at=T0 + timedelta(days=3 * i, minutes=18),
            trainee_turns=12 + i,
            unit_id="reflecting",
            has_self_rating=i % 2 == 0,
        )
        for i in range(sessions)
    )

    def curve(measure: str, label: str, unit: str, start: float, step: float) -> SkillCurve:
        points = tuple(
            SkillPoint(
                session_id=row.session_id,
                at=row.started_at,
                case_id=row.case_id,
                difficulty=2,
                value=None if i == 1 and unit == "ratio" else start + step * (i % 4),
                n=10 + i,
            )
            for i, row in enumerate(rows)
        )
        known = [p.value for p in points if p.value is not None]
        mean = sum(known) / len(known) if len(known) >= 3 else None
        return SkillCurve(
            rubric="miti-informed",
            measure=measure,
            label=label,
            unit=unit,
            points=points,
            defined=len(known),
            mean=mean,
            low=mean and mean * 0.9,
            high=mean and mean * 1.1,
        )

    objectives = (
        ObjectiveProgress(
            unit_id="reflecting",
            objective_id="o1",
            text="Offers at least one reflection for each question",
            met_in=("s-0002", "s-0003")[: max(0, sessions - 2)],
            needed=2,
            within=3,
            status="mastered" if sessions > 3 else "practising",
        ),
        ObjectiveProgress(
            unit_id="reflecting",
            objective_id="o2",
            text="Asks open questions",
            met_in=(),
            needed=2,
            within=3,
            status="not_started",
        ),
    )
    units = (
        UnitProgress(
            unit_id="reflecting", title="Reflecting", is_open=True, missing=(), objectives=objectives, sessions=sessions
        ),
        UnitProgress(
            unit_id="evoking", title="Evoking", is_open=False, missing=("reflecting",), objectives=(), sessions=0
        ),
    )
    return Progress(
        trainee_id=trainee,
        generated_at=T0 + timedelta(days=40),
        sessions=tuple(reversed(rows)),
        units=units,
        curves=(
            curve("percent_complex", "Complex reflections", "share", 0.3, 0.1),
            curve("reflection_to_question", "Reflections per question", "ratio", 0.6, 0.3),
            curve("empathy", "Empathy", "score", 2.5, 0.5),
        )
        if rows
        else (),
    )


@pytest.fixture
def writer() -> FileReportWriter:
    return FileReportWriter()


@pytest.fixture
def make_report() -> Callable[..., SessionReport]:
    return session_report


@pytest.fixture
def make_progress() -> Callable[..., Progress]:
    return progress
