"""What goes when something is deleted, and what is in the bin, in words. One source for window and command line."""

from simpatient.domain.session.bin import DeletionExtent
from simpatient.presentation.words.dates import date
from simpatient.presentation.words.numbers import listed, plural
from simpatient.services.privacy.bin import BinItem


def what_goes(extent: DeletionExtent) -> tuple[str, ...]:
    """Return a line for everything that goes, and for what stays."""
    lines = [
        f"{plural(extent.turns, 'turn')} of the conversation",
        plural(extent.scorecards, "scorecard") + " with the feedback made from them" if extent.scorecards else "",
        plural(extent.recordings, "recording") + " of what you said" if extent.recordings else "",
        f"{plural(extent.exercises, 'text')} written up afterwards" if extent.exercises else "",
        "what you have begun to write and not sent or saved" if extent.drafts else "",
        "your own rating" if extent.has_self_rating else "",
    ]
    if extent.leaf is None and extent.attempts > 1:
        every = "both" if extent.attempts == 2 else f"all {extent.attempts}"
        lines.insert(0, f"{every} attempts at this session")
    return tuple(line[0].upper() + line[1:] for line in lines if line)


def what_stays(extent: DeletionExtent) -> str:
    """Return what is left of the session when one attempt goes; '' when nothing is."""
    if not extent.attempts_left:
        return ""
    others = "The other attempt" if extent.attempts_left == 1 else f"The other {extent.attempts_left} attempts"
    return f"{others} at this session, your own rating and what you wrote up stay."


def bin_title(item: BinItem) -> str:
    """Return what something in the bin is."""
    what = "One attempt" if item.entry.leaf is not None else "Session"
    return f"{what} with {item.patient_name}: {item.case_title}"


def bin_facts(item: BinItem) -> str:
    """Return when it was held, how much it is and when it goes for good."""
    facts = [f"held {date(item.entry.started_at)}", plural(item.entry.trainee_turns, "turn") + " of yours"]
    if item.entry.attempts > 1:
        facts.append(plural(item.entry.attempts, "attempt"))
    words = listed(facts)
    return f"{words[0].upper()}{words[1:]}. Deleted {date(item.entry.binned_at)}, erased after {date(item.erased_at)}."
