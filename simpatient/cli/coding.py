"""``simpatient code`` and ``simpatient score``: transcripts in, codes and scorecards out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simpatient.cli.output import as_json, show, tracked
from simpatient.domain.codes import Speaker
from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.domain.ports import Coder
from simpatient.domain.session import CodedTurn, TranscriptTurn

if TYPE_CHECKING:
    from simpatient.assessment.writing import Writing
    from simpatient.domain.persona import Persona


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
    written: Annotated[Path | None, typer.Option("--written", help="Written answers, YAML, id: text.")] = None,
    case: Annotated[str, typer.Option("--case", help="The case the writing is compared with.")] = "",
) -> None:
    """Score a transcript by a rubric: a scorecard as JSON (a list of them for several sessions).

    Example: simpatient score transcript.jsonl --rubric miti-informed
    """
    from simpatient.assessment.scoring import score as score_session
    from simpatient.content.library import open_library
    from simpatient.content.locations import app_home
    from simpatient.services.session_export import export_scorecard

    library = open_library(app_home())
    chosen = library.rubric(rubric)
    writing = None
    if written is not None:
        writing = _writing(written, library.persona(library.case(case).persona))
    turns, coded = _coded(transcript)
    by_session: dict[str, list[CodedTurn]] = {}
    for turn, found in zip(turns, coded, strict=True):
        by_session.setdefault(turn.session_id, []).append(found)
    cards: list[Any] = [
        export_scorecard(score_session(session, said, chosen, _coder_id(), writing))
        for session, said in by_session.items()
    ]
    show(as_json(cards[0] if len(cards) == 1 else cards))


def _writing(path: Path, persona: "Persona") -> "Writing":
    """Return what a trainee wrote, with the case it is compared with; raises ContentError for any other file."""
    from simpatient.assessment.writing import Writing, by_meaning
    from simpatient.bootstrap import in_process_encoder
    from simpatient.content.locations import app_home
    from simpatient.content.yaml_source import read_yaml

    source = read_yaml(path)
    if not isinstance(source.data, dict):
        raise source.error("There are no answers in it.", action="Write one answer a line: id: text.")
    texts = {str(name): str(text) for name, text in source.data.items() if text is not None}
    return Writing(texts, persona, by_meaning(in_process_encoder(app_home())))


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
