"""``simpatient code`` and ``simpatient score``: transcripts in, codes and scorecards out."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simpatient.cli.output import as_json, counted, show
from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.errors import NotFound
from simpatient.domain.ports import ChatModel, Grader, OnDone, TranscriptCoder
from simpatient.domain.session.session import CodedTurn, TranscriptTurn

if TYPE_CHECKING:
    from simpatient.assessment.coding.llm_coder import JudgedTurn
    from simpatient.assessment.scoring.writing import Writing
    from simpatient.domain.content.persona import Persona
    from simpatient.services.ports import ContentLibrary

EMBEDDED, LLM, FORMULAS = "embedded", "llm", "formulas"
TranscriptFile = Annotated[Path, typer.Argument(help="Transcript, JSON Lines, one turn per line.")]
CoderName = Annotated[str, typer.Option("--coder", help="embedded or llm.")]
ModelFolder = Annotated[Path | None, typer.Option("--model", help="Folder of a chat model, for llm.")]
UseServer = Annotated[
    bool, typer.Option("--server", help="For llm: the server from 'simpatient server set'; the text is sent there.")
]


def code(
    transcript: TranscriptFile, coder: CoderName = EMBEDDED, model: ModelFolder = None, server: UseServer = False
) -> None:
    """Give behaviour codes to every turn: one JSON line per input turn, in the same order.

    Example: simpatient code transcript.jsonl > codes.jsonl
    """
    _check_choice(coder, "coder", (EMBEDDED, LLM))
    with _judge(model, server, is_wanted=coder == LLM) as chat:
        turns, coded, _ = _read_and_coded(transcript, chat)
    for turn, found in zip(turns, coded, strict=True):
        codes = found.codes.model_dump(mode="json", exclude_none=True)
        head = {"session_id": turn.session_id, "turn": turn.turn, "speaker": turn.speaker}
        show(as_json({**head, **codes}, indent=None))


def score(
    transcript: TranscriptFile,
    rubric: Annotated[str, typer.Option("--rubric", help="Rubric id; see 'simpatient list rubrics'.")],
    coder: CoderName = EMBEDDED,
    grader: Annotated[str, typer.Option("--grader", help="Who rates the criteria: formulas or llm.")] = FORMULAS,
    model: ModelFolder = None,
    server: UseServer = False,
    written: Annotated[Path | None, typer.Option("--written", help="Written answers, YAML, id: text.")] = None,
    case: Annotated[str, typer.Option("--case", help="The case the writing is compared with.")] = "",
) -> None:
    """Score a transcript by a rubric: a scorecard as JSON (a list of them for several sessions).

    Example: simpatient score transcript.jsonl --rubric miti-informed
    """
    from simpatient.services.sessions.scorecards import score_transcript
    from simpatient.services.sessions.session_export import export_scorecard

    _check_choice(coder, "coder", (EMBEDDED, LLM))
    _check_choice(grader, "grader", (FORMULAS, LLM))
    library = open_library_here()
    chosen = library.rubric(rubric)
    writing = _writing(written, library.persona(library.case(case).persona)) if written is not None else None
    cards: list[Any] = []
    with _judge(model, server, is_wanted=LLM in (coder, grader)) as chat:
        sessions, coder_id = _by_session(transcript, chat if coder == LLM else None)
        rater = _open_grader(chat) if chat is not None and grader == LLM else None
        for session, said in sessions.items():
            with counted("Rating", len(chosen.criteria)) if rater else nullcontext() as on_done:
                card = score_transcript(session, said, chosen, coder_id, writing=writing, grader=rater, on_done=on_done)
            cards.append(export_scorecard(card))
    show(as_json(cards[0] if len(cards) == 1 else cards))


def scorecard_of(turns: Sequence[TranscriptTurn], rubric: str) -> dict[str, Any]:
    """Return the scorecard of one session by the embedded coder and the rubric's formulas, as data.

    Raises:
        NotFound: There is no such rubric.
    """
    from simpatient.services.sessions.scorecards import score_transcript
    from simpatient.services.sessions.session_export import export_scorecard

    chosen = open_library_here().rubric(rubric)
    coded, coder_id = _coded(turns, None)
    return export_scorecard(score_transcript(turns[0].session_id, coded, chosen, coder_id))


def _writing(path: Path, persona: "Persona") -> "Writing":
    """Return what a trainee wrote, with the case it is compared with; raises ContentError for any other file."""
    from simpatient.assessment.scoring.writing import Writing, by_meaning
    from simpatient.bootstrap.coding import remembering_encoder
    from simpatient.content.reading.locations import app_home
    from simpatient.content.reading.yaml_source import read_yaml

    source = read_yaml(path)
    if not isinstance(source.data, dict):
        raise source.error("The file holds no answers.", action="Write one answer per line, as id: text.")
    texts = {str(name): str(text) for name, text in source.data.items() if text is not None}
    return Writing(texts, persona, by_meaning(remembering_encoder(app_home())))


_opened: list[TranscriptCoder] = []


def _open_coder() -> TranscriptCoder:
    if not _opened:
        from simpatient.bootstrap.coding import open_coder, remembering_encoder
        from simpatient.content.reading.locations import app_home

        _opened.append(open_coder(remembering_encoder(app_home())))
    return _opened[0]


def open_library_here() -> "ContentLibrary":
    """Return the content bundled with the program and the user's own."""
    from simpatient.content import library
    from simpatient.content.reading.locations import app_home

    return library.open_library(app_home())


@contextmanager
def _judge(folder: Path | None, server: bool, *, is_wanted: bool) -> Iterator[ChatModel | None]:
    """Give the chat model the user has chosen, and release it; None when none is wanted. There is no default."""
    from simpatient.services.sessions.patient_models import judge_note

    if (server or folder is not None) and not is_wanted:
        raise NotFound(
            "A language model was named but would not be used.", "Add --coder llm, or --grader llm to score."
        )
    if server and folder is not None:
        raise NotFound("Two language models were named.", "Use --model or --server, not both.")
    if not is_wanted:
        yield None
        return
    with _open_server() if server else nullcontext(_open_model(folder)) as model:
        if note := judge_note(model.model_id):
            print(note, file=sys.stderr)
        yield model


def _open_model(folder: Path | None) -> ChatModel:
    from simpatient.bootstrap.models import open_chat_model

    return open_chat_model(folder)


def _open_server() -> AbstractContextManager[ChatModel]:
    from simpatient.bootstrap.models import open_remote_model
    from simpatient.content.reading.locations import app_home

    return closing(open_remote_model(app_home()))


def _open_grader(model: ChatModel) -> Grader:
    from simpatient.bootstrap.raters import open_llm_grader

    return open_llm_grader(model, open_library_here())


def _check_choice(chosen: str, what: str, known: Sequence[str]) -> None:
    if chosen not in known:
        raise NotFound(f"There is no {what} '{chosen}'.", f"Use --{what} {' or '.join(known)}.")


def _read_and_coded(path: Path, model: ChatModel | None) -> tuple[Sequence[TranscriptTurn], list[CodedTurn], str]:
    """Return the turns of a file, the same coded (by the embedded coder without a model), and the coder's id."""
    from simpatient.content.reading.transcripts import read_transcript

    turns = read_transcript(path)
    return turns, *_coded(turns, model)


def _coded(turns: Sequence[TranscriptTurn], model: ChatModel | None) -> tuple[list[CodedTurn], str]:
    coder = _open_coder() if model is None else _TellingCoder(model)
    with counted("Coding", len(turns)) as on_done:
        codes = coder.code_transcript(turns, on_done=on_done)
    pairs = zip(turns, codes, strict=True)
    coded = [CodedTurn(codes=found, **turn.model_dump(exclude={"session_id"})) for turn, found in pairs]
    return coded, coder.coder_id


def _by_session(path: Path, model: ChatModel | None) -> tuple[dict[str, list[CodedTurn]], str]:
    """Return the coded turns of a file by session, in the order they come, and the coder's id."""
    turns, coded, coder_id = _read_and_coded(path, model)
    found: dict[str, list[CodedTurn]] = {}
    for turn, codes in zip(turns, coded, strict=True):
        found.setdefault(turn.session_id, []).append(codes)
    return found, coder_id


class _TellingCoder:
    """The language-model coder for whole transcripts; reports on stderr what was left uncoded."""

    def __init__(self, model: ChatModel) -> None:
        from simpatient.bootstrap.coding import open_llm_coder

        self._coder = open_llm_coder(model, open_library_here())

    @property
    def coder_id(self) -> str:
        return self._coder.coder_id

    def code_transcript(self, turns: Sequence[TranscriptTurn], *, on_done: OnDone) -> tuple[TurnCodes, ...]:
        judged = self._coder.judge(turns, on_done=on_done)
        _report_abstentions(judged)
        return tuple(turn.codes for turn in judged)


def _report_abstentions(judged: "Sequence[JudgedTurn]") -> None:
    reasons = Counter(abstention.reason for turn in judged for abstention in turn.abstentions)
    if reasons:
        listed = "; ".join(f"{reason}: {times}" for reason, times in sorted(reasons.items()))
        total = sum(len(turn.codes.utterances) for turn in judged)
        print(f"{reasons.total()} of {total} utterances were left uncoded ({listed}).", file=sys.stderr)
