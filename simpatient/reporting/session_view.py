"""From a session's report to what is shown: words decided once, for PDF and HTML alike.

The overall number of a scorecard exists to order sessions in tests and is never shown. Must not know how the
view is printed.
"""

from collections.abc import Sequence

from simpatient.domain.codes import CodeNames
from simpatient.domain.debrief import CueGroup, CueHeard, DisclosureItem, Moment
from simpatient.domain.report import SessionReport
from simpatient.domain.session import SelfRating, Turn
from simpatient.presentation import code_tags, dates, numbers, wording
from simpatient.reporting import view
from simpatient.reporting.curve_view import state_chart
from simpatient.reporting.instrument_view import critical_ratings, instruments, quote
from simpatient.reporting.speaking_view import speaking, spoken_turn
from simpatient.reporting.text import has_rtl
from simpatient.reporting.writing_view import written_exercises

MOST_CUES = 4  # of one kind; a list of everything missed teaches nothing


def session_view(report: SessionReport) -> view.SessionView:
    """Return everything the feedback report shows, in reading order."""
    session, debrief, persona = report.session, report.debrief, report.persona
    turns = session.path()
    names = CodeNames(report.schemes)
    opened, patient = report.disclosure, persona.identity.name
    spoken = tuple(
        spoken_turn(_spoken(turn, patient, names), turn, debrief.speaking, with_unheard=opened is not None)
        for turn in turns
    )
    return view.SessionView(
        title=report.case.title,
        subtitle="Feedback on a practice session",
        facts=_facts(report, turns),
        first=critical_ratings(debrief.scorecards, report.rubrics),
        too_short=debrief.too_short,
        strengths=tuple(_point(moment) for moment in debrief.keep),
        next_steps=tuple(_point(moment) for moment in debrief.change),
        next_time=debrief.next_step,
        cues=tuple(_cues(group) for group in debrief.cues),
        own_rating=_own_rating(session.self_rating, report.self_rating_questions),
        own_words=_own_words(session.self_rating),
        instruments=instruments(debrief.scorecards, report.rubrics),
        exercises=written_exercises(report.exercises),
        curve=state_chart(debrief.curve),
        turns=spoken,
        code_key=code_tags.code_key((turn.codes for turn in turns), names),
        has_rtl=any(has_rtl(turn.text) for turn in turns),
        disclosures=None if opened is None else tuple(_disclosure(item) for item in opened.items),
        disclosures_told=_told(report),
        simulation=_simulation(report),
        versions=_versions(report),
        trainee=session.trainee_id,
        speaking=speaking(debrief.speaking, patient),
    )


def _facts(report: SessionReport, turns: Sequence[Turn]) -> view.Pairs:
    session, who = report.session, report.persona.identity
    yours = sum(turn.speaker == "trainee" for turn in turns)
    span = session.ended_at - session.started_at if session.ended_at else None
    others = len(session.turns) - len(turns)
    retried = f"; {numbers.plural(others, 'turn')} of other attempts not shown" if others else ""
    return (
        ("Trainee", session.trainee_id),
        ("Simulated patient", f"{who.name}, {who.age}"),
        ("Setting", f"{report.case.setting.rstrip('.')}; {report.case.modality}"),
        ("Date", dates.date_and_time(session.started_at)),
        ("Duration", dates.duration(span)),
        ("Turns", f"{len(turns)}, of which {yours} by the trainee{retried}"),
        ("Session", session.id),
    )


def _point(moment: Moment) -> view.Point:
    return view.Point(moment.title, quote(moment.evidence), moment.what, moment.why, moment.better_line)


def _own_rating(rating: SelfRating | None, questions: dict[str, str]) -> view.Pairs:
    if rating is None:
        return ()
    return tuple(
        (questions.get(key, wording.from_id(key).capitalize()), f"{value} of 5")
        for key, value in rating.ratings.items()
    )


def _own_words(rating: SelfRating | None) -> view.Pairs:
    if rating is None:
        return ()
    words = (("What went well", rating.went_well), ("What I would change", rating.would_change))
    return tuple((label, text) for label, text in words if text.strip())


def _spoken(turn: Turn, patient: str, names: CodeNames) -> view.SpokenTurn:
    return view.SpokenTurn(
        number=turn.turn + 1,
        speaker="Trainee" if turn.speaker == "trainee" else patient,
        is_trainee=turn.speaker == "trainee",
        text=turn.text,
        tags=" ".join(tag for tag, _ in code_tags.code_tags(turn.codes, names)),
        is_marked=turn.marked,
        note=turn.note,
    )


def _cues(group: CueGroup) -> view.Cues:
    total = len(group.cues)
    return view.Cues(
        label=group.label,
        summary=f"{group.at_once} of {total} taken up at once, {len(group.passed_over)} not at all.",
        why=group.why,
        missed=tuple(view.Cue(quote(cue.evidence), _outcome(cue)) for cue in group.waited[:MOST_CUES]),
    )


def _outcome(cue: CueHeard) -> str:
    if cue.answered_at is None or cue.trainee_turns is None:
        return "not taken up"
    after = "" if cue.seconds is None else f", after {cue.seconds:.0f} seconds"
    return f"taken up in turn {cue.answered_at + 1}, {cue.trainee_turns} turns of the trainee's later{after}"


def _disclosure(item: DisclosureItem) -> view.Disclosure:
    near = numbers.listed([str(turn + 1) for turn in item.approached_at[:5]])
    outcome = "held back" if item.told_at is None else f"told in turn {item.told_at + 1}"
    if item.told_at is None and near:
        outcome += f"; approached in turn {near}"
    trust = f"needed {item.trust_needed:.1f}, reached {item.trust_reached:.1f}"
    return view.Disclosure(item.text, outcome, item.opens_with, trust)


def _told(report: SessionReport) -> str:
    if report.disclosure is None:
        return ""
    return f"{report.disclosure.told} of {numbers.plural(len(report.disclosure.items), 'thing')} came out."


def _simulation(report: SessionReport) -> view.Pairs:
    manifest = report.session.manifest
    model = wording.MODEL_WORDS.get(manifest.model, manifest.model)
    return (
        ("The patient", f"{report.persona.identity.name} does not exist. The words came from {model}."),
        ("The same again", f"With seed {manifest.seed} and the same trainee lines the patient says the same."),
        ("The patient's inner state", "Trust and engagement are numbers the simulation keeps; they are not measured."),
        ("Sign-off of this patient", _sign_off(report)),
        ("Who named the turns", _coder(report)),
        ("How well people agree", _agreement(report)),
        ("What an estimate is", wording.ESTIMATE),
        ("What was not heard", _not_heard(report)),
    )


def _not_heard(report: SessionReport) -> str:
    if report.debrief.speaking is None:
        return "Tone, pace, silence and faces: only the text was read."
    return "Tone and faces: only the words were read, and the times at which they were spoken."


def _sign_off(report: SessionReport) -> str:
    words = [
        f"{wording.from_id(review.role)} review {'done' if review.status == 'reviewed' else 'still pending'}"
        for review in report.persona.reviewed_by
    ]
    return f"{numbers.listed(words).capitalize()}." if words else "Nobody has reviewed this patient yet."


def _coder(report: SessionReport) -> str:
    return (
        f"A program ({report.session.manifest.coder or 'unnamed coder'}), which mistakes some turns for others. "
        "Check its letters in the transcript before leaning on a number."
    )


def _agreement(report: SessionReport) -> str:
    found = dict.fromkeys(
        " ".join(criterion.human_reliability.split())
        for rubric in report.rubrics
        for criterion in rubric.criteria
        if criterion.human_reliability
    )
    return " ".join(found) or "Not stated for the measures used here."


def _versions(report: SessionReport) -> view.Grid:
    manifest = report.session.manifest
    rows = [("simpatient", manifest.app), ("Patient model", manifest.model), ("Seed", str(manifest.seed))]
    rows += [("Sentence encoder", manifest.encoder), ("Coder", manifest.coder)]
    rows += [(f"Rubric {card.rubric}", card.rubric_version) for card in report.debrief.scorecards]
    rows += [(name.replace(":", " "), version) for name, version in sorted(manifest.content.items())]
    rows += [(f"Prompt {name}", version) for name, version in sorted(manifest.prompts.items())]
    rows += [(f"Decoding {name}", f"{value:g}") for name, value in sorted(manifest.decoding.items())]
    rows.append(("Report made", dates.date_and_time(report.generated_at)))
    return view.Grid("Everything needed to make the session again", ("What", "Version"), tuple(rows))
