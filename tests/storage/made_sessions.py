"""Sessions and turns for the storage tests, with everything in them that can be stored."""

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

from simpatient.domain.assessment.codes import Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.assessment.score import Evidence, Overall, Score, Scorecard, SummaryValue
from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.session.session import Manifest, SelfRating, Session, Turn
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.domain.state import GuardEvent, PatientState, ReplyPlan, Resistance
from simpatient.services.sessions.ports import SessionRepository
from simpatient.storage.sqlite.changes import beside
from simpatient.storage.sqlite.engine import WRITING, make_engine
from simpatient.storage.sqlite.schema import MIGRATIONS


def set_back(path: Path, version: int) -> None:
    """Make a closed database what it was at an earlier version of the schema."""
    beside(path).unlink(missing_ok=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = make_engine(path, is_migrating=True)
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, f"{version:04}")
        connection.exec_driver_sql(f"PRAGMA user_version={version}")
    engine.dispose()


def readable_sessions(sessions: SessionRepository, trainee_id: str = "t1") -> tuple[Session, ...]:
    """Return all sessions of a trainee that are there and sound."""
    found = []
    for session_id in sessions.session_ids(trainee_id):
        with suppress(StorageUnavailable):
            found.append(sessions.get(session_id))
    return tuple(found)


def multiply(path: Path, sessions: int) -> None:
    """Copy the only session of a database with all that belongs to it, an hour later each, until there are so many."""
    with closing(sqlite3.connect(path)) as connection:
        numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {sessions - 1})"
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            key = "id" if table == "sessions" else "session_id"
            if key in columns and (table == "sessions" or "trainee_id" not in columns):
                copied = [_copied(column, column == key) for column in columns]
                connection.execute(f"INSERT INTO {table} {numbers} SELECT {', '.join(copied)} FROM {table}, n")
        connection.commit()


def _copied(column: str, is_key: bool) -> str:
    if is_key:
        return f"{column} || '-' || i"
    # As ``UtcTime`` writes a moment: ISO text with microseconds.
    hour = f"strftime('%Y-%m-%dT%H:%M:%S', {column}, '+' || i || ' hours') || substr({column}, 20)"
    return f"CASE WHEN {column} IS NOT NULL THEN {hour} END" if column in ("at", "started_at", "ended_at") else column


T0 = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)

CODES = TurnCodes(
    main=Label(code="question", confidence=0.97),
    utterances=(
        Utterance(
            start=0, end=4, text="Hm? ", codes=(UtteranceLabel(scheme="s", code="open_question", confidence=0.9),)
        ),
    ),
)


SPEECH = TurnSpeech(
    began_s=12.5,
    ended_s=14.25,
    was_interrupted=True,
    unheard="And then",
    confidence=0.8,
    versions=(TextVersion(text=" I don't count hem. ", source="recogniser", at=T0),),
    clip="ab12",
)


def a_turn(number: int, parent: int | None = None, text: str = "Go on.", **more: Any) -> Turn:
    speaker = "trainee" if number % 2 else "patient"
    return Turn(turn=number, parent=parent, speaker=speaker, text=text, at=T0 + timedelta(seconds=number), **more)


def a_full_turn(number: int, parent: int | None = None) -> Turn:
    state = PatientState(trust=1.75, resistance=Resistance(form="minimal", intensity=0.6), asked={"sleep": 2})
    return a_turn(
        number,
        parent,
        text="  I don't count them. \u202e\U0001f937 \x00<b>&amp;\n",
        codes=CODES,
        state_before=state,
        state_after=state.model_copy(update={"trust": 1.9}),
        plan=ReplyPlan(act="tell_fact", facts_to_tell=("amount",), facts_allowed=("amount",)),
        facts_revealed=("amount",),
        guard=(GuardEvent(rule="length", detail="too long", blocked_text="…"),),
        timings_s={"reply": 0.12},
        note="A word from the program.",
        marked=True,
        speech=SPEECH,
    )


def a_manifest(**more: Any) -> Manifest:
    fields = {"app": "0.1.0", "model": "guided", "content": {"persona:x": "1.0.0 ab"}, "encoder": "e", "coder": "c"}
    return Manifest(**{**fields, "seed": 7, **more})


def a_session(session_id: str = "s1", **more: Any) -> Session:
    fields = {"trainee_id": "t1", "case_id": "first", "manifest": a_manifest(), "started_at": T0}
    return Session(id=session_id, **{**fields, **more})


def a_card(session_id: str = "s1", rubric: str = "plain") -> Scorecard:
    seen = Evidence(turn=0, start=0, end=3, quote=" I ", supports=False)
    return Scorecard(
        session_id=session_id,
        rubric=rubric,
        rubric_version="1.0.0",
        criteria=(
            Score(id="warmth", value=3, scale=(1, 5), confidence=0.5, status="estimate", evidence=(seen,)),
            Score(id="pace", value=None, scale=(1, 5), confidence=0, status="auto", unscored_reason="too short"),
        ),
        counts={"open": 2},
        count_evidence={"open": (seen,)},
        summaries=(SummaryValue(id="ratio", value=None, n=0, undefined=True),),
        overall=Overall(value=0.4, confidence=0.5),
    )


A_RATING = SelfRating(ratings={"listened": 4}, went_well="I waited.", would_change="Fewer questions.")
