"""``simpatient practise``: a whole session without a window."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from simpatient.cli.output import as_json, read_lines, show, told_when_slow, tracked, write_text
from simpatient.cli.practice.rate import ask
from simpatient.domain.errors import UserFacingError
from simpatient.domain.text import LONGEST_TURN, clean_text

END = "/end"
EXAMPLE = "Example: simpatient practise --case ray-first-talk --trainee-lines lines.txt --seed 7 --out session.json"


def practise(
    case: Annotated[str, typer.Option("--case", help="Case id; see 'simpatient list cases'.")],
    model: Annotated[str, typer.Option("--model", help="guided, generative, remote, or the id of a model.")] = "guided",
    seed: Annotated[
        int | None, typer.Option("--seed", help="Seed that makes the patient's choices repeatable.")
    ] = None,
    trainee_lines: Annotated[Path | None, typer.Option("--trainee-lines", help="One trainee line per line.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the session as JSON.")] = None,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", help="Write the feedback report as PDF, and an HTML version beside it.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the session as JSON instead of the conversation.")
    ] = False,
) -> None:
    """Hold a whole session, from a file of lines or typed here, then score it.

    Type /end (or end the input) to finish. The session is stored as in the window. Before --pdf is written you are
    asked for your own rating of the session, except after one from a file of lines. JSON is the session as data, scores
    included.

    Example: simpatient practise --case ray-first-talk --trainee-lines lines.txt --seed 7 --out session.json
    """
    lines = _checked(read_lines(trainee_lines)) if trainee_lines else None
    from simpatient.bootstrap.app import open_app
    from simpatient.presentation.words.wording import preparing
    from simpatient.services.sessions.patient_models import leaves_note
    from simpatient.services.sessions.session_export import export_session

    app = open_app()
    try:
        app.practise.warm_up(case, on_prepared=told_when_slow(preparing))
        session = app.practise.start(app.actor, case, seed=seed, model=model)
        if note := leaves_note(session.manifest):
            print(note, file=sys.stderr)
        if not json and session.turns:
            show(f"Patient: {session.turns[-1].text}")
        for line in _spoken(lines):
            exchange = app.practise.reply(app.actor, session.id, line, lambda _: None)
            if not json:
                _show_exchange(line, exchange.patient.text, exchange.note, typed=lines is None)
        session = app.practise.end(app.actor, session.id)
        exported = as_json(export_session(session))
        if json:
            show(exported)
        if out is not None:
            write_text(out, exported + "\n")
        if pdf is not None:
            if lines is None:  # with a file of lines there is no one to ask
                app.review.rate_self(app.actor, session.id, ask(app, session.id))
            app.reports.session(app.actor, session.id, pdf=pdf, needs_own_rating=lines is None)
        is_rated = pdf is not None and lines is None
        following = f"report session {session.id} --pdf report.pdf" if is_rated else f"rate {session.id}"
        print(f"Stored as {session.id}. Next: simpatient {following}", file=sys.stderr)
    finally:
        app.close()


def _checked(lines: list[str]) -> list[str]:
    """Return the lines with words in them, all fit to be said: a session never stops half-way because of its file.

    Raises:
        UserFacingError: There are none, or one is too long.
    """
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_TURN:
            message = f"Line {number} has {len(line):,} characters; a turn can have {LONGEST_TURN:,}."
            raise UserFacingError(message, "Shorten it, or split it into several lines.")
    said = [line for line in lines if clean_text(line)]
    if not said:
        raise UserFacingError("The file of trainee lines is empty.", "Write one trainee line per line.")
    return said


def _spoken(lines: list[str] | None) -> Iterator[str]:
    """Yield the trainee's lines, from the file or from the keyboard until the end."""
    if lines is not None:
        yield from tracked(lines, "Practising", len(lines))
        return
    while True:
        try:
            line = input("You: ")
        except EOFError:
            return
        if line.strip() == END:
            return
        yield line


def _show_exchange(line: str, answer: str, note: str, *, typed: bool) -> None:
    if not typed:
        show(f"You: {line}")
    if note:
        show(f"[{note}]")
    show(f"Patient: {answer}")
