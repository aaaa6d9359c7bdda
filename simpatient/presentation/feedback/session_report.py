"""The feedback report of a session: everything it shows, in reading order, built once for PDF and HTML.

Every text still has to be escaped by whoever prints it. Must not know how it is printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.learning.report import SessionReport
from simpatient.domain.session.session import Turn
from simpatient.presentation.feedback.cues import Cues, cues
from simpatient.presentation.feedback.debrief import OwnRating, PointGroup, keep_and_change, own_rating, too_short_words
from simpatient.presentation.feedback.disclosure import DisclosureSection, disclosure_section
from simpatient.presentation.feedback.scorecard import Rating, ScorecardView, critical_ratings, scorecard_views
from simpatient.presentation.feedback.speaking import SpeakingSection, speaking_section
from simpatient.presentation.feedback.transcript import TranscriptRow, transcript_row
from simpatient.presentation.feedback.writing import WrittenExercise, newest_attempts
from simpatient.presentation.shapes.curves import Chart, state_chart
from simpatient.presentation.shapes.tables import Pairs, Table
from simpatient.presentation.words.code_tags import code_key
from simpatient.presentation.words.dates import date_and_time, duration
from simpatient.presentation.words.numbers import listed, plural
from simpatient.presentation.words.perspective import ABOUT_TRAINEE
from simpatient.presentation.words.wording import ESTIMATE, MODEL_WORDS, from_id


@dataclass(frozen=True, slots=True)
class SessionView:
    """The feedback report of a session.

    Attributes:
        critical: What outweighs everything else.
        too_short: What is said of a session too short for feedback; '' of any other.
        disclosure: What the patient held back; None unless the trainee opened it.
    """

    title: str
    subtitle: str
    facts: Pairs
    critical: tuple[Rating, ...]
    too_short: str
    keep: PointGroup
    change: PointGroup
    next_time: str
    cues: tuple[Cues, ...]
    own_rating: OwnRating | None
    scorecards: tuple[ScorecardView, ...]
    exercises: tuple[WrittenExercise, ...]
    curve: Chart | None
    turns: tuple[TranscriptRow, ...]
    code_key: Pairs
    disclosure: DisclosureSection | None
    simulation: Pairs
    versions: Table
    trainee: str
    made_at: datetime
    patient: str
    speaking: SpeakingSection | None


def session_view(report: SessionReport) -> SessionView:
    """Return everything the feedback report shows."""
    session, debrief, patient = report.session, report.debrief, report.persona.identity.name
    turns, names = session.path(), CodeNames(report.schemes)
    rubrics = {rubric.id: rubric for rubric in report.rubrics}
    keep, change = keep_and_change(debrief)
    times = debrief.speaking
    return SessionView(
        title=report.case.title,
        subtitle="Feedback on a practice session",
        facts=_facts(report, turns),
        critical=critical_ratings(debrief.scorecards, rubrics),
        too_short=too_short_words(debrief),
        keep=keep,
        change=change,
        next_time=debrief.next_step,
        cues=cues(debrief.cues, ABOUT_TRAINEE),
        own_rating=own_rating(session.self_rating, report.self_rating_questions, ABOUT_TRAINEE),
        scorecards=scorecard_views(debrief.scorecards, rubrics),
        exercises=newest_attempts(report.exercises),
        curve=state_chart(debrief.curve, ABOUT_TRAINEE),
        turns=tuple(transcript_row(turn, patient, names, times, ABOUT_TRAINEE) for turn in turns),
        code_key=code_key((turn.codes for turn in turns), names),
        disclosure=None if report.disclosure is None else disclosure_section(report.disclosure),
        simulation=_simulation(report),
        versions=_versions(report),
        trainee=report.trainee_name or session.trainee_id,
        made_at=report.generated_at,
        patient=patient,
        speaking=None if times is None else speaking_section(times, patient, ABOUT_TRAINEE),
    )


def _facts(report: SessionReport, turns: Sequence[Turn]) -> Pairs:
    session, who = report.session, report.persona.identity
    by_trainee = sum(turn.speaker == "trainee" for turn in turns)
    span = session.ended_at - session.started_at if session.ended_at else None
    others = len(session.turns) - len(turns)
    retried = f"; {plural(others, 'turn')} of other attempts not shown" if others else ""
    return (
        ("Trainee", report.trainee_name or session.trainee_id),
        ("Simulated patient", f"{who.name}, {who.age}"),
        ("Setting", f"{report.case.setting.rstrip('.')}; {report.case.modality}"),
        ("Date", date_and_time(session.started_at)),
        ("Duration", duration(span)),
        ("Turns", f"{len(turns)}, of which {by_trainee} by the trainee{retried}"),
        ("Session", session.id),
    )


def _simulation(report: SessionReport) -> Pairs:
    manifest = report.session.manifest
    model = MODEL_WORDS.get(manifest.model, manifest.model)
    return (
        ("The patient", f"{report.persona.identity.name} does not exist. The words came from {model}."),
        (
            "Repeatability",
            f"With seed {manifest.seed} and the same trainee lines, the patient gives the same answers.",
        ),
        ("The patient's inner state", "Trust and engagement are numbers the simulation keeps; they are not measured."),
        ("Sign-off of this patient", _sign_off(report)),
        ("Who coded the turns", _coder(report)),
        ("How well people agree", _agreement(report)),
        ("What an estimate is", ESTIMATE),
        ("What was not observed", _not_observed(report)),
    )


def _not_observed(report: SessionReport) -> str:
    if report.debrief.speaking is None:
        return "Tone, pace, silence and faces: only the text was read."
    return "Tone and faces: only the words were read, and the times at which they were spoken."


def _sign_off(report: SessionReport) -> str:
    words = [
        f"{from_id(review.role)} review {'done' if review.status == 'reviewed' else 'still pending'}"
        for review in report.persona.reviewed_by
    ]
    return f"{listed(words).capitalize()}." if words else "Nobody has reviewed this patient yet."


def _coder(report: SessionReport) -> str:
    return (
        f"A program ({report.session.manifest.coder or 'unnamed coder'}), which mistakes some turns for others. "
        "Check its letters in the transcript before relying on a number."
    )


def _agreement(report: SessionReport) -> str:
    found = dict.fromkeys(
        " ".join(criterion.human_reliability.split())
        for rubric in report.rubrics
        for criterion in rubric.criteria
        if criterion.human_reliability
    )
    return " ".join(found) or "Not stated for the measures used here."


def _versions(report: SessionReport) -> Table:
    manifest = report.session.manifest
    rows = [("simpatient", manifest.app), ("Patient model", manifest.model), ("Seed", str(manifest.seed))]
    rows += [("Sentence encoder", manifest.encoder), ("Coder", manifest.coder)]
    rows += [(f"Rubric {card.rubric}", card.rubric_version) for card in report.debrief.scorecards]
    rows += [(name.replace(":", " "), version) for name, version in sorted(manifest.content.items())]
    rows += [(f"Prompt {name}", version) for name, version in sorted(manifest.prompts.items())]
    rows += [(f"Decoding {name}", f"{value:g}") for name, value in sorted(manifest.decoding.items())]
    rows.append(("Report made", date_and_time(report.generated_at)))
    return Table("Everything needed to repeat the session", ("What", "Version"), tuple(rows))
