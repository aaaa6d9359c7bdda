"""``simpatient rate``: the trainee's own rating of a session, which comes before any feedback."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from simpatient.cli.practice.reports import LATEST
from simpatient.domain.errors import UserFacingError
from simpatient.domain.session.session import SelfRating
from simpatient.services.review.review import RATING_SCALE

if TYPE_CHECKING:
    from simpatient.services.application import App

LOWEST, HIGHEST = RATING_SCALE[0], RATING_SCALE[-1]


def rate(
    session_id: Annotated[str, typer.Argument(help="Session id, or 'latest'.")] = LATEST,
    rating: Annotated[list[str] | None, typer.Option("--rating", help="QUESTION=1..5, once per question.")] = None,
    went_well: Annotated[str, typer.Option("--went-well", help="What went well.")] = "",
    would_change: Annotated[str, typer.Option("--would-change", help="What you would do differently.")] = "",
) -> None:
    """Rate a session yourself; feedback and reports of it can be seen afterwards. The first rating is kept.

    Without --rating the questions are asked here.

    Example: simpatient rate latest
    """
    from simpatient.bootstrap.app import open_app

    app = open_app()
    try:
        chosen = app.review.latest_ended(app.actor) if session_id == LATEST else session_id
        app.review.need_unrated(app.actor, chosen)
        if rating:
            given = SelfRating(
                ratings=dict(map(_read, rating)), went_well=went_well.strip(), would_change=would_change.strip()
            )
            _need_all(app, given)
        else:
            given = ask(app, chosen)
        app.review.rate_self(app.actor, chosen, given)
        print(f"Rated. Next: simpatient report session {chosen} --pdf report.pdf", file=sys.stderr)
    finally:
        app.close()


def ask(app: "App", session_id: str) -> SelfRating:
    """Ask the trainee for their own rating of a session at the prompt.

    Raises:
        UserFacingError: The input ended first.
    """
    print("First your own rating, before any feedback.", file=sys.stderr)
    try:
        ratings = {question: _ask_one(words) for question, words in app.review.questions().items()}
        went_well = input("What went well? ").strip()
        would_change = input("What would you do differently? ").strip()
    except EOFError as error:
        print(file=sys.stderr)  # the question stands alone on its line
        message = "The session was not rated, so there is no feedback on it yet."
        raise UserFacingError(message, f"Run `simpatient rate {session_id}`.") from error
    return SelfRating(ratings=ratings, went_well=went_well, would_change=would_change)


def _ask_one(words: str) -> int:
    while True:
        given = input(f"{words} ({LOWEST} to {HIGHEST}) ").strip()
        if given.isdecimal() and LOWEST <= int(given) <= HIGHEST:
            return int(given)


def _read(given: str) -> tuple[str, int]:
    question, _, value = given.partition("=")
    try:
        return question.strip(), int(value)
    except ValueError as error:
        message = f'"{given}" is not a rating.'
        raise UserFacingError(message, f"Write QUESTION=NUMBER, with a number from {LOWEST} to {HIGHEST}.") from error


def _need_all(app: "App", given: SelfRating) -> None:
    app.review.check_rating(given)
    missing = [question for question in app.review.questions() if question not in given.ratings]
    if missing:
        named = " ".join(f"--rating {question}=3" for question in missing)
        raise UserFacingError(f"Not rated yet: {', '.join(missing)}.", f"Add, for instance, {named}.")
