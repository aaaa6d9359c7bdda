"""Reports as HTML for screen readers and browsers: the same view as the PDF, with headings and table heads.

Everything is escaped by jinja's autoescape; the only markup let through is our own SVG. The page loads
nothing (a content security policy says so). Must not know sessions, rubrics or files.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simpatient.presentation.feedback import debrief, disclosure, speaking, transcript, writing
from simpatient.presentation.feedback.critical import HEADING, why
from simpatient.presentation.feedback.cues import HEADING as CUES
from simpatient.presentation.feedback.quotes import leading
from simpatient.presentation.feedback.scorecard import COUNTS
from simpatient.presentation.feedback.session_report import SessionView
from simpatient.presentation.learning.progress import ProgressView
from simpatient.presentation.shapes.palette import LIGHT
from simpatient.presentation.words.perspective import ABOUT_TRAINEE
from simpatient.presentation.words.wording import DISCLAIMER
from simpatient.reporting.pdf.drawing import svg
from simpatient.reporting.pdf.speaking_flow import TIMELINE_NOTE
from simpatient.reporting.pdf.text import printable
from simpatient.reporting.pdf.timeline_picture import timeline
from simpatient.reporting.pictures import Picture, bar_picture, chart_pictures, pen_sign, warning_sign


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("simpatient.reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    found.filters["said"] = printable
    found.filters["svg"] = _safe_svg
    found.filters.update(bar=bar_picture, pictures=chart_pictures, leading=leading, strips=_strips)
    found.globals.update(sign=warning_sign(), pen=pen_sign(), first=HEADING, first_why=why(ABOUT_TRAINEE))
    found.globals.update(colours=LIGHT, debrief=debrief, speaking=speaking, writing=writing, transcript=transcript)
    found.globals.update(cues=CUES, counts=COUNTS, disclosure_title=disclosure.title, timeline_note=TIMELINE_NOTE)
    return found


def _safe_svg(picture: Picture) -> Markup:
    # svg() escapes every text it is given; the rest of it is numbers and our own colours.
    return Markup(svg(picture))


def _strips(shown: speaking.SpeakingSection) -> tuple[Picture, ...]:
    return timeline(shown.times, shown.alt) if shown.times is not None else ()


def session_html(view: SessionView) -> bytes:
    """Return the feedback report as one HTML file."""
    return _templates().get_template("session.html.j2").render(view=view, disclaimer=DISCLAIMER).encode()


def progress_html(view: ProgressView) -> bytes:
    """Return the progress report as one HTML file."""
    return _templates().get_template("progress.html.j2").render(view=view, disclaimer=DISCLAIMER).encode()
