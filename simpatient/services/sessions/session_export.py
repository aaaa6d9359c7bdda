"""A session as the JSON object of ``practise --out`` (ARCHITECTURE.md, "File formats")."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from simpatient.domain.assessment.score import Scorecard
from simpatient.domain.session.session import Session, Turn


def export_session(session: Session) -> dict[str, Any]:
    """Return manifest, turns of all branches and scorecards of the branch in use.

    Ids come from the content (``fingerprint``), not from the database, so that the same manifest and the
    same lines give the same object byte for byte, ``timings_s`` apart.
    """
    name = fingerprint(session)
    return {
        "manifest": session.manifest.model_dump(mode="json"),
        "turns": [_turn(turn) for turn in session.turns],
        "scorecards": export_scorecards(session.scorecards, name),
    }


def export_scorecards(cards: Sequence[Scorecard], session_id: str) -> list[dict[str, Any]]:
    """Return scorecards as JSON under the given session id."""
    return [{**export_scorecard(card), "session_id": session_id} for card in cards]


def export_scorecard(card: Scorecard) -> dict[str, Any]:
    """Return one scorecard as in ARCHITECTURE.md, "File formats"."""
    return card.model_dump(mode="json", by_alias=True)


def fingerprint(session: Session) -> str:
    """Return an id made of what was said to whom: the manifest and the trainee's lines."""
    said = [[t.parent, t.text] for t in session.turns if t.speaker == "trainee"]
    data = json.dumps([session.manifest.model_dump(mode="json"), said], sort_keys=True, ensure_ascii=False)
    return "s-" + hashlib.sha256(data.encode()).hexdigest()[:12]


def _turn(turn: Turn) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "turn": turn.turn,
        "parent": turn.parent,
        "speaker": turn.speaker,
        "text": turn.text,
        "codes": export_codes(turn),
    }
    if turn.marked:
        kept["marked"] = True
    if turn.speech is not None:
        # Stored sound stays where it is; its id would mean nothing elsewhere.
        kept["speech"] = turn.speech.model_dump(mode="json", exclude={"clip"})
    if turn.speaker == "patient":
        fields = {"state_before", "state_after", "plan", "facts_revealed", "guard", "timings_s"}
        kept.update(turn.model_dump(mode="json", include=fields))
        if turn.note:
            kept["note"] = turn.note
    return kept


def export_codes(turn: Turn) -> dict[str, Any] | None:
    """Return a turn's codes without the heads that do not apply to its speaker."""
    return turn.codes.model_dump(mode="json", exclude_none=True) if turn.codes else None
