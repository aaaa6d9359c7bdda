"""The feedback report of a session as PDF: one function a section, in reading order.

Works on the view alone; must not know sessions, rubrics or files.
"""

from collections.abc import Iterable

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable, KeepTogether, Spacer

from simpatient.presentation.feedback.cues import HEADING as CUES
from simpatient.presentation.feedback.debrief import BETTER_LINE, NEXT_TIME, TOO_SHORT, PointGroup
from simpatient.presentation.feedback.disclosure import title as disclosure_title
from simpatient.presentation.feedback.scorecard import COUNTS, Measure, ScorecardView
from simpatient.presentation.feedback.session_report import SessionView
from simpatient.presentation.words.numbers import NONE
from simpatient.presentation.words.wording import DISCLAIMER
from simpatient.reporting.pdf import layout
from simpatient.reporting.pdf.drawing import drawing
from simpatient.reporting.pdf.fonts import STRONG
from simpatient.reporting.pdf.layout import CELL, CELL_SOFT, CELL_STRONG, H3, HEAD, SMALL, TEXT, Heading
from simpatient.reporting.pdf.rating_flow import QUOTE_LIMIT, critical_parts, exercise_parts, quote_block, rating_block
from simpatient.reporting.pdf.speaking_flow import speaking_parts
from simpatient.reporting.pdf.text import TextRun, has_rtl, paragraph
from simpatient.reporting.pdf.transcript_flow import turn_parts
from simpatient.reporting.pictures import bar_picture

MEASURE_WIDTHS = (150.0, 62.0, 28.0, 116.0, layout.WIDTH - 356.0)
RTL_LIMIT = (
    "Some turns are in a script written from right to left. This PDF prints its letters unjoined; "
    "the HTML version of this report shows them properly."
)


def session_pdf(view: SessionView) -> bytes:
    """Return the report as PDF."""
    story = [
        *layout.title_block(view.subtitle, view.title, view.facts),
        *critical_parts(view.critical),
        *_summary(view),
        *_cues(view),
        *_own_rating(view),
        *speaking_parts(view.speaking),
        *_curve(view),
        *(part for scorecard in view.scorecards for part in _scorecard(scorecard)),
        *(part for exercise in view.exercises for part in exercise_parts(exercise)),
        *_disclosures(view),
        *_transcript(view),
        *_simulation(view),
    ]
    return layout.render(
        story,
        title=f"{view.subtitle}: {view.title}",
        subject=f"{DISCLAIMER} Contains simulated content.",
        author=f"simpatient, for trainee {view.trainee}",
        made_at=view.made_at,
        header=f"{view.title} · {view.trainee}",
    )


def _summary(view: SessionView) -> Iterable[Flowable]:
    yield layout.room()
    yield Heading("Summary")
    if view.too_short:
        yield paragraph(TEXT, f"{TOO_SHORT}. {view.too_short}", limit=QUOTE_LIMIT)
        return
    yield from _points(view.keep, layout.ACCENT)
    yield from _points(view.change, layout.WARM)
    if view.next_time:
        label = paragraph(H3, NEXT_TIME)
        yield KeepTogether([layout.tinted([label, paragraph(TEXT, view.next_time, limit=QUOTE_LIMIT)])])


def _points(group: PointGroup, color: Color) -> Iterable[Flowable]:
    yield layout.room()
    yield Heading(group.heading, 1)
    if group.nothing:
        yield paragraph(TEXT, group.nothing)
    for point in group.points:
        parts = [
            paragraph(layout.CARD_TITLE, point.title, limit=200),
            quote_block(point.quote),
            paragraph(TEXT, point.what, TextRun(f" {point.why}", "", layout.SOFT), limit=QUOTE_LIMIT),
        ]
        if point.better_line:
            parts.append(
                paragraph(TEXT, TextRun(f"{BETTER_LINE}: ", STRONG, color), point.better_line, limit=QUOTE_LIMIT)
            )
        yield layout.card(parts, color)


def _cues(view: SessionView) -> Iterable[Flowable]:
    if view.cues:
        yield Heading(CUES)
    for group in view.cues:
        parts: list[Flowable] = [
            paragraph(layout.CARD_TITLE, group.label, limit=200),
            paragraph(TEXT, group.summary, TextRun(f" {group.why}", "", layout.SOFT), limit=QUOTE_LIMIT),
        ]
        for cue in group.missed:
            parts += [quote_block(cue.quote), paragraph(CELL_SOFT, cue.outcome)]
        if group.more:
            parts.append(paragraph(CELL_SOFT, group.more))
        yield layout.card(parts, layout.WARM if group.missed else layout.ACCENT)


def _own_rating(view: SessionView) -> Iterable[Flowable]:
    yield Heading("The trainee's own rating")
    if view.own_rating is None:
        yield paragraph(TEXT, "No own rating was given for this session.")
        return
    yield paragraph(layout.LEAD_IN, "Given before any feedback was shown; 1 is lowest, 5 is highest.")
    if view.own_rating.ratings:
        yield layout.pairs(view.own_rating.ratings, label_width=330)
    for label, words in view.own_rating.words:
        yield paragraph(TEXT, TextRun(f"{label}: ", STRONG), words, limit=layout.CELL_LIMIT)


def _curve(view: SessionView) -> Iterable[Flowable]:
    if view.curve is not None:
        yield KeepTogether([Heading(view.curve.title), *layout.chart(view.curve)])


def _scorecard(scorecard: ScorecardView) -> Iterable[Flowable]:
    lead_in = paragraph(layout.LEAD_IN, TextRun(f"{scorecard.label}. ", STRONG), scorecard.disclaimer)
    yield from layout.before_table(scorecard.title, lead_in)
    if scorecard.measures:
        yield _measures(scorecard.measures)
    if scorecard.ratings:
        yield Heading("Ratings and what they rest on", 1)
        yield from (rating_block(rating) for rating in scorecard.ratings)
    if scorecard.counts:
        yield Heading(COUNTS, 1)
        words = "   ·   ".join(f"{label} {count}" for label, count in scorecard.counts)
        yield paragraph(TEXT, words)
    yield paragraph(SMALL, scorecard.citation)


def _measures(measures: tuple[Measure, ...]) -> Flowable:
    heads = ("Measure (estimate)", "Value", "n", "Band", "Where the borders come from")
    rows: list[list[Flowable | list[Flowable]]] = [[paragraph(HEAD, head) for head in heads]]
    for measure in measures:
        bar: list[Flowable] = [drawing(bar_picture(measure.bar))] if measure.bar is not None else []
        label = paragraph(CELL_STRONG, measure.label, limit=200)
        value = CELL_STRONG if measure.value != NONE else CELL
        rows.append(
            [
                [label, paragraph(CELL_SOFT, measure.reason or measure.explanation, limit=400)],
                paragraph(value, measure.value),
                paragraph(CELL, str(measure.n)),
                [*bar, paragraph(CELL_SOFT, measure.band_words)],
                paragraph(CELL_SOFT, measure.borders_words or NONE, limit=400),
            ]
        )
    return layout.ruled(rows, MEASURE_WIDTHS)


def _disclosures(view: SessionView) -> Iterable[Flowable]:
    if view.disclosure is None:
        return
    yield Heading(disclosure_title(view.patient))
    yield paragraph(TEXT, f"{view.disclosure.summary}.")
    rows: list[list[Flowable]] = [[paragraph(HEAD, head) for head in ("About", "Outcome", "What opens it", "Trust")]]
    for item in view.disclosure.all:
        rest = [paragraph(CELL, cell or NONE, limit=400) for cell in (item.outcome, item.opens_with, item.trust_words)]
        rows.append([paragraph(CELL_STRONG, item.text, limit=400), *rest])
    yield layout.ruled(rows, [150.0, 92.0, 120.0, layout.WIDTH - 362.0])


def _transcript(view: SessionView) -> Iterable[Flowable]:
    yield Heading("Transcript with codes")
    if view.code_key:
        key = ";  ".join(f"{letters} {meaning}" for letters, meaning in view.code_key)
        yield paragraph(SMALL, TextRun("Code letters, as estimated by the coder: ", STRONG), key)
    if any(has_rtl(turn.text) for turn in view.turns):
        yield paragraph(SMALL, RTL_LIMIT)
    yield Spacer(1, 5)
    with_unheard = view.disclosure is not None
    yield from (part for turn in view.turns for part in turn_parts(turn, with_unheard=with_unheard))


def _simulation(view: SessionView) -> Iterable[Flowable]:
    yield Heading("What was simulated and how sure we are")
    yield layout.pairs(view.simulation)
    yield Heading("Versions")
    yield paragraph(layout.LEAD_IN, f"{view.versions.caption}.")
    yield layout.grid(view.versions, (150, 330))
