"""Domain values to rows and back. Must not know SQL or connections."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin, ScorecardRevision
from simpatient.domain.assessment.writing import Attempt
from simpatient.domain.learning.drill import DrillState, DrillTry
from simpatient.domain.people.consent import Consent
from simpatient.domain.session.session import Session, Turn

SESSION_FIELDS = (
    "id",
    "trainee_id",
    "case_id",
    "curriculum_id",
    "unit_id",
    "started_at",
    "ended_at",
    "leaf",
    "map_opened_at",
)
TURN_FIELDS = ("parent", "speaker", "text", "at", "note")
ORIGIN_FIELDS = ("cause", "actor", "at", "text_digest", "coder", "model")
TURN_JSON = ("state_before", "state_after", "plan", "facts_revealed", "guard", "timings_s")
CONSENT_FIELDS = ("trainee_id", "purpose", "wording", "given_at", "withdrawn_at")
TRY_FIELDS = ("trainee_id", "drill_id", "drill_version", "stimulus_id", "level", "round", "hint_seen", "at", "coder")

Row = dict[str, Any]
# What making a value of a damaged row raises; pydantic's ``ValidationError`` is a ``ValueError``.
NOT_SOUND = (ValueError, TypeError, OverflowError)


def storable(text: str) -> str:
    """Return the text with surrogate pairs joined and halves of characters replaced; UTF-8 has no form for them."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_json(value: BaseModel) -> Any:
    """Return a value as plain JSON data."""
    return value.model_dump(mode="json", by_alias=True)


def session_row(session: Session) -> Row:
    """Return the row of a session without its turns."""
    return {**{name: getattr(session, name) for name in SESSION_FIELDS}, "manifest": as_json(session.manifest)}


def turn_row(session_id: str, turn: Turn) -> Row:
    """Return the row of a turn without its codes and mark."""
    nested = turn.model_dump(mode="json", by_alias=True, include=set(TURN_JSON))
    plain = {name: getattr(turn, name) for name in TURN_FIELDS}
    spoken = {"text": storable(turn.text), "note": storable(turn.note)}
    return {"session_id": session_id, "seq": turn.turn, **plain, **spoken, **nested}


def codes_rows(session_id: str, turns: Sequence[Turn]) -> list[Row]:
    """Return the rows of the codes the turns have."""
    return [{"session_id": session_id, "seq": t.turn, "codes": as_json(t.codes)} for t in turns if t.codes]


def speech_rows(session_id: str, turns: Sequence[Turn]) -> list[Row]:
    """Return the rows of how the spoken ones of the turns were spoken."""
    return [{"session_id": session_id, "seq": t.turn, "speech": as_json(t.speech)} for t in turns if t.speech]


def mark_rows(session_id: str, turns: Sequence[Turn]) -> list[Row]:
    """Return the rows of the marked turns."""
    return [{"session_id": session_id, "seq": t.turn, "marked": True} for t in turns if t.marked]


def card_row(session_id: str, leaf: int, number: int, position: int, card: Scorecard, origin: ScorecardOrigin) -> Row:
    """Return the row of a revision of a scorecard."""
    made = {name: getattr(origin, name) for name in ORIGIN_FIELDS}
    here = {"session_id": session_id, "leaf": leaf, "rubric": card.rubric, "number": number, "position": position}
    return {**here, **made, "card": as_json(card)}


def to_revision(row: Mapping[str, Any]) -> ScorecardRevision:
    """Return the revision of a row; raises ``NOT_SOUND`` when the row is damaged."""
    made = {name: row[name] for name in ORIGIN_FIELDS}
    return ScorecardRevision.model_validate({"number": row["number"], "origin": made, "card": row["card"]})


def to_turn(row: Mapping[str, Any], codes: Any, speech: Any, marked: bool) -> Turn:
    """Return the turn of a row; raises ``NOT_SOUND`` when the row is damaged."""
    fields = {name: row[name] for name in (*TURN_FIELDS, *TURN_JSON)}
    return Turn.model_validate({"turn": row["seq"], **fields, "codes": codes, "speech": speech, "marked": marked})


def to_session(
    row: Mapping[str, Any], turns: Sequence[Turn], cards: Mapping[int, Sequence[Any]], rating: Any
) -> Session:
    """Return the session of a row; raises ``NOT_SOUND`` when something is damaged."""
    fields = {name: row[name] for name in (*SESSION_FIELDS, "manifest")}
    others = {leaf: found for leaf, found in cards.items() if leaf != row["leaf"]}
    shown = {"scorecards": cards.get(row["leaf"], ()), "other_scorecards": others, "self_rating": rating}
    session = Session.model_validate({**fields, **shown, "turns": tuple(turns)})
    _need_whole_tree(session)
    return session


def _need_whole_tree(session: Session) -> None:
    """Refuse a tree with a branch that leads nowhere: following it would fail, or never end."""
    numbers = {turn.turn for turn in session.turns}
    for turn in session.turns:
        if turn.parent is not None and (turn.parent not in numbers or turn.parent >= turn.turn):
            raise ValueError(f"turn {turn.turn} answers turn {turn.parent}, which is not before it")
    leaves = {session.leaf, *session.other_scorecards} - {None}
    if not leaves <= numbers:
        raise ValueError("a branch ends in a turn that does not exist")


def to_try(row: Mapping[str, Any]) -> DrillTry:
    """Return the try of a row; raises ``NOT_SOUND`` when the row is damaged."""
    return DrillTry.model_validate({name: row[name] for name in (*TRY_FIELDS, "text", "feedback")})


def to_drill_state(row: Mapping[str, Any]) -> DrillState:
    """Return where a trainee is in a drill; raises ``NOT_SOUND`` when the row is damaged."""
    return DrillState.model_validate(row["state"])


def to_consent(row: Mapping[str, Any]) -> Consent:
    """Return the consent of a row; raises ``NOT_SOUND`` when the row is damaged."""
    return Consent.model_validate({name: row[name] for name in CONSENT_FIELDS})


def to_attempt(row: Mapping[str, Any]) -> Attempt:
    """Return the attempt of a row; raises ``NOT_SOUND`` when the row is damaged."""
    return Attempt.model_validate(row["attempt"])
