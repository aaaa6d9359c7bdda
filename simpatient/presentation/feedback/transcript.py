"""A turn as a row of a transcript: who said it and when, its codes, and what is particular about how it was spoken."""

from dataclasses import dataclass

from simpatient.domain.assessment.codes import CodeNames
from simpatient.domain.assessment.speaking_times import SpeakingTimes
from simpatient.domain.session.session import Turn
from simpatient.domain.speech import TextVersion
from simpatient.presentation.words.code_tags import code_tags
from simpatient.presentation.words.numbers import clock, plural, turn_number, turn_title, whole_seconds
from simpatient.presentation.words.perspective import Perspective

# As a tag, and what it means.
CAME_IN_EARLY = ("Came in early", "Began while the patient was speaking.")
CUT_OFF = ("Cut off", "The other speaker broke in here.")
MARKED = "Marked"
PROGRAM_SPOKE = "Program's note"


@dataclass(frozen=True, slots=True)
class TranscriptRow:
    """One turn.

    Attributes:
        codes: Its codes as ``(tag, what it means and how sure the coder is)``.
        at: When a spoken turn began; '' for a typed one.
        silence: The silence before it; '' for none.
        unheard: The rest of it that nobody heard; it may hold what the patient has not shared yet.
        earlier: What it was first understood or written as.
        note: The program's own note.
    """

    turn: int
    speaker: str
    is_trainee: bool
    text: str
    codes: tuple[tuple[str, str], ...]
    is_marked: bool
    note: str
    at: str
    silence: str
    came_in_early: bool
    was_cut_off: bool
    unheard: str
    earlier: tuple[str, ...]

    @property
    def number(self) -> str:
        """The turn's number, as people count."""
        return turn_number(self.turn)

    @property
    def tags(self) -> str:
        """The code tags in one line."""
        return " ".join(tag for tag, _ in self.codes)

    @property
    def title(self) -> str:
        """The turn and when it began."""
        return turn_title(self.turn) + (f", {self.at}" if self.at else "")

    def notes(self, *, with_unheard: bool) -> tuple[str, ...]:
        """Return what else there is to say of how it was spoken.

        Args:
            with_unheard: Whether the words nobody heard are shown; otherwise only how many there were.
        """
        count = len(self.unheard.split())
        rest = f" {plural(count, 'word')} not heard." if count and not with_unheard else ""
        found = [CAME_IN_EARLY[1]] if self.came_in_early else []
        return (*found, *([f"Cut off here.{rest}"] if self.was_cut_off else []), *self.earlier)


def transcript_row(
    turn: Turn, patient: str, names: CodeNames, times: SpeakingTimes | None, perspective: Perspective
) -> TranscriptRow:
    """Return a turn as a row.

    Args:
        turn: As stored.
        patient: The patient's name.
        names: What codes are called.
        times: Of the whole talk; None for a typed one.
        perspective: To whom the text speaks.
    """
    stretch = times.row(turn.turn) if times is not None else None
    silence = times.silence_before(turn.turn) if times is not None else None
    return TranscriptRow(
        turn=turn.turn,
        speaker=perspective.speaker(turn.speaker, patient),
        is_trainee=turn.speaker == "trainee",
        text=turn.text,
        codes=tuple(code_tags(turn.codes, names)),
        is_marked=turn.marked,
        note=turn.note,
        at="" if stretch is None else clock(stretch.start_s),
        silence="" if silence is None else f"{whole_seconds(silence.seconds)} of silence",
        came_in_early=times is not None and times.interruption(turn.turn) is not None,
        was_cut_off=turn.speech is not None and turn.speech.was_interrupted,
        unheard="" if turn.speech is None else turn.speech.unheard.strip(),
        earlier=earlier_texts(turn),
    )


def earlier_texts(turn: Turn) -> tuple[str, ...]:
    """Return what a spoken turn was first understood or written as, where that differs from its text."""
    versions = turn.speech.versions if turn.speech is not None else ()
    return tuple(_version(each) for each in versions if each.text.strip() != turn.text.strip())


def _version(version: TextVersion) -> str:
    by = "First understood as" if version.source == "recogniser" else "Then written as"
    return f"{by}: “{version.text}”"
