"""Transcripts as JSON Lines, one turn a line; several sessions may share a file. See ARCHITECTURE.md, "File formats".

Fields that are not part of the format are passed over: transcripts come from elsewhere, and output of
the coder can be read back. Must not know codes or scores.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simpatient.content.reading.problem_wording import explain
from simpatient.content.reading.yaml_source import YamlSource
from simpatient.domain.errors import ContentError
from simpatient.domain.session.session import TranscriptTurn
from simpatient.runtime.files import read_plain_file

# A hundred thousand turns are 20 MB; a file beyond this is no transcript.
MOST_BYTES = 256_000_000
FIELDS = frozenset(TranscriptTurn.model_fields)


def read_transcript(path: Path) -> tuple[TranscriptTurn, ...]:
    """Read all turns of a file in file order; blank lines are passed over.

    Raises:
        ContentError: The file cannot be read, or a line is no turn; names the line.
    """
    try:
        raw = read_plain_file(path, MOST_BYTES)
    except OSError as error:
        raise ContentError(f"The file cannot be read ({error.strerror}).", file=str(path)) from error
    return tuple(parse_transcript(raw, str(path)))


def parse_transcript(raw: bytes, file: str) -> Iterator[TranscriptTurn]:
    """Yield the turns of a transcript; ``file`` is only used in errors.

    Raises:
        ContentError: A line is not UTF-8, not JSON, no turn, or repeats a turn of its session.
    """
    first: dict[tuple[str, int], int] = {}
    # Only newlines end a line: a text may hold other line separators.
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        turn = _turn(line, file, number)
        other = first.setdefault((turn.session_id, turn.turn), number)
        if other != number:
            message = f'turn {turn.turn} of session "{turn.session_id}" is already on line {other}'
            raise ContentError(message, file=file, line=number, field="turn")
        yield turn


def _turn(line: bytes, file: str, number: int) -> TranscriptTurn:
    try:
        data = json.loads(line.decode("utf-8"))
        # Half a character, as "\\ud800" is, can be neither stored nor shown.
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise ContentError("The text is not UTF-8.", file=file, line=number, action="Save it as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        action = "Each line must be one JSON object with session_id, turn, speaker and text."
        raise ContentError("This line is not valid JSON.", file=file, line=number, action=action) from error
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if name in FIELDS}
    return _validated(data, file, number)


def _validated(data: Any, file: str, number: int) -> TranscriptTurn:
    try:
        return TranscriptTurn.model_validate(data)
    except ValidationError as error:
        lines = {(): number, **{(name,): number for name in (data if isinstance(data, dict) else ())}}
        raise explain(error, YamlSource(file, data, lines), TranscriptTurn)[0] from error


def transcript_lines(turns: Iterable[TranscriptTurn]) -> Iterator[str]:
    """Yield one JSON line per turn, without line ends; times only where there are any."""
    for turn in turns:
        yield json.dumps(turn.model_dump(exclude_none=True), ensure_ascii=False)
