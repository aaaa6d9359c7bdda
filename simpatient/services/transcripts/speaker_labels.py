"""Who spoke which segment of a recording, as a person writes it down: a line for each, ``NUMBER SPEAKER``.

What follows the speaker, and what follows a ``#`` at the start of a line, is for the reader alone. Must not know
where the lines come from.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.errors import ContentError
from simpatient.services.transcripts.importing import HeardSegment

NOBODY = "skip"
_SPEAKERS: dict[str, Speaker | None] = {
    "trainee": "trainee",
    "t": "trainee",
    "patient": "patient",
    "p": "patient",
    NOBODY: None,
    "s": None,
}
_LINE = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?[\s.:)]+(\S+)")
HOW = "Write one line for each, such as '3 trainee', '4-6 patient' or '7 skip'."


def speaker_named(word: str) -> Speaker | None:
    """Return the speaker a word names, None for nobody who matters.

    Raises:
        KeyError: It names none.
    """
    return _SPEAKERS[word.strip().lower()]


def read_labels(lines: Sequence[str], segments: Sequence[HeardSegment], file: str) -> dict[int, Speaker]:
    """Return who spoke, by the segments' numbers; those that nobody spoke who matters are left out.

    Raises:
        ContentError: A line cannot be read, or a segment has no speaker; ``file`` is only used there.
    """
    known = {segment.number for segment in segments}
    found: dict[int, Speaker | None] = {}
    for at, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line.strip())
        speaker = match[3].lower() if match else ""
        if match is None or speaker not in _SPEAKERS:
            raise ContentError("This line does not name a segment and its speaker.", file=file, line=at, action=HOW)
        first, last = int(match[1]), int(match[2] or match[1])
        wrong = next((number for number in (first, last) if number not in known), None)
        if wrong is not None:
            raise ContentError(f"There is no segment {wrong}.", file=file, line=at, action=f"There are {len(known)}.")
        found.update(dict.fromkeys(range(first, last + 1), _SPEAKERS[speaker]))
    missing = sorted(known - found.keys())
    if missing:
        more = " and others" if len(missing) > 5 else ""
        listed = ", ".join(map(str, missing[:5]))
        raise ContentError(f"No speaker is named for segment {listed}{more}.", file=file, action=HOW)
    return {number: speaker for number, speaker in found.items() if speaker is not None}


def label_lines(segments: Iterable[HeardSegment]) -> Iterator[str]:
    """Yield a file to be filled in: a question mark for every speaker, then when and what was said."""
    yield "# Who spoke? Replace each question mark with trainee, patient or skip."
    for segment in segments:
        yield f"{segment.number} ?  {described(segment)}"


def described(segment: HeardSegment) -> str:
    """Return when a segment was, and its words, for a person."""
    return f"{_clock(segment.start_s)}-{_clock(segment.end_s)}  {segment.text}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02d}:{seconds % 60:04.1f}"
