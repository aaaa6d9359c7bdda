"""What is said about a try at a drill, and when a drill is due. Must not know how a try is judged."""

from dataclasses import dataclass
from typing import Literal

from simpatient.domain.learning.drill import Feedback, Finding, Outcome, Verdict
from simpatient.presentation.words.dates import day_and_month
from simpatient.presentation.words.wording import confidence_words
from simpatient.services.learning.drill import Answer, DrillCard

# What a line of feedback is about: what was asked for, what to leave out, or the try as a whole.
About = Literal["expected", "avoided", "form"]
_HEADLINES: dict[Outcome, str] = {
    "done": "This is what the drill asks for",
    "not_yet": "Not there yet",
    "unsure": "This one cannot be judged here for sure",
    "copied": "That is the line that was shown",
}
_NEXT: dict[Outcome, str] = {
    "done": "Say it another way, or continue with the next line.",
    "not_yet": "Try again as often as you like.",
    "unsure": "It counts neither for nor against. Ask a supervisor about it, or try another way of saying it.",
    "copied": "Now say it in your own words.",
}
_MOVES = {"up": " That came easily: the next line is harder.", "down": " That was hard: the next line is easier."}
_TAGS: dict[tuple[About, Verdict], str] = {
    ("expected", "met"): "Heard",
    ("expected", "unmet"): "Not yet",
    ("expected", "unsure"): "Unsure",
    ("avoided", "unmet"): "Better left out",
    ("avoided", "unsure"): "Unsure",
    ("form", "unmet"): "In all",
}


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """One thing said about a try.

    Attributes:
        about: What it is about.
        verdict: Whether it was met.
        tag: Both in a word or two.
        words: What the trainee reads.
        based_on: The words it is based on, and what they were coded as; '' for none.
    """

    about: About
    verdict: Verdict
    tag: str
    words: str
    based_on: str = ""


@dataclass(frozen=True, slots=True)
class DrillFeedback:
    """Everything said about one try.

    Attributes:
        next_words: What to do next, and whether the next line is harder or easier.
    """

    outcome: Outcome
    headline: str
    lines: tuple[FeedbackLine, ...]
    better_title: str
    better: str
    next_words: str

    @property
    def spoken(self) -> str:
        """All of it, as a screen reader says it."""
        told = " ".join(line.words for line in self.lines if line.words)
        return f"{self.headline}. {told} {self.better_title}: {self.better}"


def drill_feedback(answer: Answer) -> DrillFeedback:
    """Return everything said about one try."""
    feedback = answer.feedback
    expected = [_line("expected", finding) for finding in feedback.expected]
    avoided = [_line("avoided", finding) for finding in feedback.avoided if finding.verdict != "met"]
    form = [FeedbackLine("form", "unmet", _TAGS["form", "unmet"], words) for words in _form(feedback)]
    return DrillFeedback(
        outcome=feedback.outcome,
        headline=_HEADLINES[feedback.outcome],
        lines=(*expected, *avoided, *form),
        better_title="Another way to say it" if feedback.outcome == "done" else "One possible better line",
        better=feedback.better,
        next_words=_NEXT[feedback.outcome] + (_MOVES[answer.moved] if answer.moved else ""),
    )


def due_words(drill: DrillCard) -> str:
    """Return when a drill is due, as a tag."""
    if drill.due_at is None:
        return "New"
    return "Due" if drill.due == "due" else f"Due {day_and_month(drill.due_at)}"


def _line(about: About, finding: Finding) -> FeedbackLine:
    return FeedbackLine(about, finding.verdict, _TAGS[about, finding.verdict], finding.words, _based_on(finding))


def _based_on(finding: Finding) -> str:
    if finding.evidence is None or finding.verdict == "unsure":
        return ""
    as_what = f" coded as {finding.heard.lower()}, {confidence_words(finding.confidence)}" if finding.heard else ""
    return f"“{finding.evidence.quote}”{as_what}"


def _form(feedback: Feedback) -> list[str]:
    found = []
    if feedback.is_too_long:
        found.append(f"{feedback.words} words. This skill needs no more than {feedback.max_words}.")
    if feedback.is_parroted:
        found.append("These are nearly all the patient's own words. Add what you make of them.")
    return found
