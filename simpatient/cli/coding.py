"""``simpatient code`` and ``simpatient score``: transcripts in, codes and scorecards out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from simpatient.cli.output import as_json, show, tracked
from simpatient.domain.codes import Speaker
from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.domain.ports import Coder
from simpatient.domain.session import CodedTurn, TranscriptTurn


def code(
    transcript: Annotated[Path, typer.Argument(help="Transcript, JSON Lines, one turn a line.")],
    coder: Annotated[str, typer.Option("--coder", help="embedded or llm.")] = "embedded",
) -> None:
    """Give behaviour codes to every turn: one JSON line per input turn, in the same order.

    Example: simpatient code transcript.jsonl > codes.jsonl
    """
    _check_coder(coder)
    turns, coded = _coded(transcript)
    for turn, found in zip(turns, coded, strict=True):
        codes = found.codes.model_dump(mode="json", exclude_none=True)
        head = {"session_id": turn.session_id, "turn": turn.turn, "speaker": turn.speaker}
        show(as_json({**head, **codes}, indent=None))


def score(
    transcript: Annotated[Path, typer.Argument(help="Transcript, JSON Lines, one turn a line.")],
    rubric: Annotated[str, typer.Option("--rubric", help="Rubric id; see 'simpatient list rubrics'.")],
) -> None:
    """Score a transcript by a rubric: a scorecard as JSON (a list of them for several sessions).

    Example: simpatient score transcript.jsonl --rubric miti-informed
    """
    from simpatient.assessment.scoring import score as score_session
    from simpatient.content.library import open_library
    from simpatient.content.locations import app_home
    from simpatient.services.session_export import export_scorecard

    chosen = open_library(app_home()).rubric(rubric)
    turns, coded = _coded(transcript)
    by_session: dict[str, list[CodedTurn]] = {}
    for turn, found in zip(turns, coded, strict=True):
        by_session.setdefault(turn.session_id, []).append(found)
    cards: list[Any] = [
        export_scorecard(score_session(session, said, chosen, _coder_id())) for session, said in by_session.items()
    ]
    show(as_json(cards[0] if len(cards) == 1 else cards))


def _coder_id() -> str:
    return _open_coder().coder_id


_opened: list[Coder] = []


def _open_coder() -> Coder:
    if not _opened:
        from simpatient.bootstrap import in_process_encoder, open_coder
        from simpatient.content.locations import app_home

        _opened.append(open_coder(in_process_encoder(app_home())))
    return _opened[0]


def _check_coder(coder: str) -> None:
    if coder == "llm":
        raise ModelUnavailable("No language model is installed to code with.", "Use --coder embedded.")
    if coder != "embedded":
        raise NotFound(f"There is no coder '{coder}'.", "Use --coder embedded.")


def _coded(path: Path) -> tuple[Sequence[TranscriptTurn], list[CodedTurn]]:
    from simpatient.content.transcripts import read_transcript

    turns = read_transcript(path)
    coder = _open_coder()
    heard: dict[tuple[str, Speaker], str] = {}
    coded = []
    for turn in tracked(turns, "Coding", len(turns)):
        other: Speaker = "patient" if turn.speaker == "trainee" else "trainee"
        codes = coder.code_turn(turn.speaker, turn.text, heard.get((turn.session_id, other), ""))
        heard[turn.session_id, turn.speaker] = turn.text
        coded.append(CodedTurn(codes=codes, **turn.model_dump(exclude={"session_id"})))
    return turns, coded
