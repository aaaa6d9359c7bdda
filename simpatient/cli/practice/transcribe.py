"""``simpatient transcribe``: a recorded role-play in, a transcript out, and its scorecard."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simpatient.cli.output import as_json, counted, read_lines, show, stoppable, write_text
from simpatient.cli.practice.coding import open_library_here, scorecard_of
from simpatient.domain.assessment.codes import Speaker
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.session.session import TranscriptTurn

if TYPE_CHECKING:
    from simpatient.services.transcripts.importing import HeardRecording, ImportService

_PLACES = {"left": 0, "right": 1, **{str(number): number - 1 for number in range(1, 9)}}
_CHANNELS_LIKE = "Write it as in --channels trainee=left,patient=right."


def transcribe(
    file: Annotated[Path, typer.Argument(help="Recording: wav, flac or mp3.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the transcript, JSON Lines.")] = None,
    channels: Annotated[
        str, typer.Option("--channels", help="Who is on which channel: trainee=left,patient=right.")
    ] = "",
    speakers: Annotated[
        Path | None,
        typer.Option(
            "--speakers", help="File that names who spoke each segment; created for you to fill in if missing."
        ),
    ] = None,
    rubric: Annotated[str, typer.Option("--rubric", help="Score it; see 'simpatient list rubrics'.")] = "",
    recogniser: Annotated[str, typer.Option("--recogniser", help="See 'simpatient recogniser list'.")] = "",
    language: Annotated[str, typer.Option("--language", help="Code of the spoken language, such as en.")] = "en",
    json: Annotated[bool, typer.Option("--json", help="Print transcript and scorecard as one JSON object.")] = False,
) -> None:
    """Write down a recorded role-play, on this computer, and score it like a session.

    With one channel for each speaker, give --channels. Otherwise you are asked who spoke, or say so in a file.

    Example: simpatient transcribe talk.wav --channels trainee=left,patient=right --out talk.jsonl
    """
    by_channel = _channels(channels)
    if rubric:
        open_library_here().rubric(rubric)  # report a wrong name before an hour of transcription, not after it
    heard = _heard(_open(recogniser, language), file, by_channel)
    named = _by_channel(heard, by_channel, file) if by_channel else _by_hand(heard, speakers)
    from simpatient.services.transcripts.importing import turns_of

    turns = turns_of(heard.segments, named, _session_name(file))
    if not turns:
        raise UserFacingError(
            "Neither the trainee nor the patient says anything.", "Name the speaker of at least one segment."
        )
    card = scorecard_of(turns, rubric) if rubric else None
    _show_result(heard, turns, card, out, json)


def _show_result(
    heard: "HeardRecording",
    turns: tuple[TranscriptTurn, ...],
    card: dict[str, Any] | None,
    out: Path | None,
    json: bool,
) -> None:
    from simpatient.content.reading.transcripts import transcript_lines

    lines = list(transcript_lines(turns))
    if out is not None:
        write_text(out, "".join(f"{line}\n" for line in lines))
    if json:
        transcript = [turn.model_dump(mode="json", exclude_none=True) for turn in turns]
        about = {"recogniser": heard.model_id, "duration_s": round(heard.duration_s, 2), "unheard": heard.unheard}
        show(as_json({**about, "transcript": transcript, "scorecard": card}))
    elif card is not None:
        show(as_json(card))
    elif out is None:
        show("\n".join(lines))
    if heard.unheard:
        print(f"{heard.unheard} sounds held no words that could be recognised reliably.", file=sys.stderr)


def _heard(service: "ImportService", file: Path, by_channel: Mapping[int, Speaker]) -> "HeardRecording":
    with stoppable("Nothing was written."), _listening() as on_listened:
        try:
            return service.listen(file, by_channel=bool(by_channel), on_listened=on_listened)
        finally:
            service.close()


@contextmanager
def _listening() -> Iterator[Any]:
    """Show how much was listened to, in a hundred parts, when a person watches."""
    with counted("Listening", 100) as on_done:
        yield lambda at_s, total_s: on_done(round(100 * at_s / total_s) if total_s else 0)


def _channels(text: str) -> dict[int, Speaker]:
    """Return who is on which channel, from ``trainee=left,patient=right``."""
    found: dict[int, Speaker] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, place = (word.strip().lower() for word in part.partition("="))
        if name not in ("trainee", "patient") or place not in _PLACES or _PLACES[place] in found:
            raise NotFound(f"'{part}' names no speaker's own channel.", _CHANNELS_LIKE)
        found[_PLACES[place]] = "trainee" if name == "trainee" else "patient"
    return found


def _by_channel(heard: "HeardRecording", named: Mapping[int, Speaker], file: Path) -> dict[int, Speaker]:
    beyond = [channel for channel in named if channel >= heard.channels]
    if beyond:
        how_many = "one channel" if heard.channels == 1 else f"{heard.channels} channels"
        raise UserFacingError(f"{file} has only {how_many}.", "Leave out --channels and name the speakers by hand.")
    return {segment.number: named[segment.channel] for segment in heard.segments if segment.channel in named}


def _by_hand(heard: "HeardRecording", labels: Path | None) -> dict[int, Speaker]:
    """Return who spoke, from a file, or from the person at the keyboard."""
    from simpatient.services.transcripts.speaker_labels import HOW, label_lines, read_labels

    if labels is not None and labels.exists():
        return read_labels(read_lines(labels), heard.segments, str(labels))
    if labels is not None:
        write_text(labels, "".join(f"{line}\n" for line in label_lines(heard.segments)))
        raise UserFacingError(
            f"The recognised words are in {labels}.", "Fill in who spoke each segment, then run the command again."
        )
    if not sys.stdin.isatty():
        show("\n".join(label_lines(heard.segments)))
        raise UserFacingError("It is not known who spoke.", f"Give --channels, or --speakers FILE. {HOW}")
    return dict(_asked(heard))


def _asked(heard: "HeardRecording") -> Iterator[tuple[int, Speaker]]:
    from simpatient.services.transcripts.speaker_labels import described, speaker_named

    print("Who spoke? t for the trainee, p for the patient, s to skip the segment.", file=sys.stderr)
    for segment in heard.segments:
        while True:
            answer = typer.prompt(f"{segment.number}  {described(segment)}\n  t/p/s", err=True)
            try:
                speaker = speaker_named(answer)
            except KeyError:
                continue
            if speaker is not None:
                yield segment.number, speaker
            break


def _session_name(file: Path) -> str:
    return re.sub(r"[^\w-]+", "-", file.stem).strip("-") or "recording"


def _open(recogniser: str, language: str) -> "ImportService":
    from simpatient.bootstrap.voice import open_import
    from simpatient.content.reading.locations import app_home

    return open_import(app_home(), recogniser, language)
