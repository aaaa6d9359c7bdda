"""A scorecard with every kind of value a page has to show."""

from simpatient.domain.assessment.score import Evidence, Overall, Provenance, Score, Scorecard, SummaryValue
from simpatient.domain.session.session import Session
from tests.gui.fake_content import RUBRICS


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
