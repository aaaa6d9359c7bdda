"""The tables. Nested values are JSON; everything that is searched, ordered or joined is a column.

Must not know how rows become domain values (``rows``) or who asks (``repositories``).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

from simpatient.storage.cells import read_moment

# Named constraints, so that later migrations can change them in SQLite's batch mode.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, stored as ISO text in UTC with microseconds, so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        """Return the text of a moment; a moment without time zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment must have a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    # Typed as what is read from a sound cell; a damaged one gives the mark that no domain value accepts.
    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """Return the moment a text stands for."""
        return None if value is None else read_moment(value)


sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("trainee_id", String(64), nullable=False),
    Column("case_id", String(64), nullable=False),
    Column("curriculum_id", String(64)),
    Column("unit_id", String(64)),
    Column("manifest", JSON, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    # The turn in use; not a foreign key, because turns already point to sessions. `check` looks at it.
    Column("leaf", Integer),
    Column("map_opened_at", UtcTime),
    Index("ix_sessions_trainee_id_started_at", "trainee_id", "started_at"),
)

# The primary key is the index (session, seq) by which a session is opened.
turns = Table(
    "turns",
    metadata,
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("parent", Integer),
    Column("speaker", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state_before", JSON(none_as_null=True)),
    Column("state_after", JSON(none_as_null=True)),
    Column("plan", JSON(none_as_null=True)),
    Column("facts_revealed", JSON, nullable=False),
    Column("guard", JSON, nullable=False),
    Column("timings_s", JSON, nullable=False),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(["session_id", "parent"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

turn_codes = Table(
    "turn_codes",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("codes", JSON, nullable=False),
    ForeignKeyConstraint(["session_id", "seq"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

# When and how a turn was spoken; typed turns have no row.
turn_speech = Table(
    "turn_speech",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("speech", JSON, nullable=False),
    ForeignKeyConstraint(["session_id", "seq"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

marks = Table(
    "marks",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("marked", Boolean(create_constraint=False), nullable=False),
    ForeignKeyConstraint(["session_id", "seq"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

# Revisions: a row is never changed, the newest of a rubric is the current one.
scorecards = Table(
    "scorecards",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("leaf", Integer, primary_key=True),
    Column("rubric", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", UtcTime),
    Column("text_digest", String(64), nullable=False),
    Column("coder", String(128), nullable=False),
    Column("model", Text, nullable=False),
    Column("card", JSON, nullable=False),
    ForeignKeyConstraint(["session_id", "leaf"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

# Earlier versions of turns that were amended: what an earlier score was made from.
turn_versions = Table(
    "turn_versions",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("replaced_at", UtcTime),
    Column("turn", JSON, nullable=False),
    ForeignKeyConstraint(["session_id", "seq"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

self_ratings = Table(
    "self_ratings",
    metadata,
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("rating", JSON, nullable=False),
)

# What start page, progress and reports of progress need, one row per attempt, so that they read no turns.
# Written in the transaction of whatever changes it (``attempt_rows``), never by anybody else.
attempts = Table(
    "attempts",
    metadata,
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("leaf", Integer),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("trainee_turns", Integer, nullable=False),
    # Whether this attempt's scores stand for the session.
    Column("is_result", Boolean(create_constraint=False), nullable=False),
)

# Every measure of an ended branch: values as doubles, then what each rests on as 32-bit integers, in the order
# of its layout. As JSON, reading a year of them would take longer than everything else on the page.
attempt_measures = Table(
    "attempt_measures",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("leaf", Integer, primary_key=True),
    Column("layout", Integer, ForeignKey("measure_layouts.id"), nullable=False),
    Column("measured", LargeBinary, nullable=False),
    ForeignKeyConstraint(["session_id", "leaf"], ["turns.session_id", "turns.seq"], ondelete="CASCADE"),
)

# Which measures stand in what order; one row per set of rubrics, since all sessions on a case share it.
measure_layouts = Table(
    "measure_layouts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("measures", Text, nullable=False, unique=True),
)

# What was deleted and can still be restored: an attempt, or with no leaf a whole session. Its rows stay where they
# are; readers of sessions leave them out.
bin_entries = Table(
    "bin_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("leaf", Integer),
    Column("binned_at", UtcTime, nullable=False),
    # Whether the attempt was the one in use, and when it had been ended.
    Column("was_in_use", Boolean(create_constraint=False), nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_bin_entries_session_id_leaf", "session_id", "leaf"),
)

# Choices that the services and the command line need as well as the window.
settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

# Given and taken back; never overwritten, so that it can be shown when the microphone was allowed.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trainee_id", String(64), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("wording", Text, nullable=False),
    Column("given_at", UtcTime, nullable=False),
    Column("withdrawn_at", UtcTime),
    Index("ix_consents_trainee_id_purpose", "trainee_id", "purpose"),
)

# What was written after a session; append-only, the first attempt is the one made without knowing the case.
written_attempts = Table(
    "written_attempts",
    metadata,
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("rubric", String(64), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("attempt", JSON, nullable=False),
)

# Half-written things, replaced as they are typed.
session_drafts = Table(
    "session_drafts",
    metadata,
    Column("session_id", String(64), ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("part", String(64), primary_key=True),
    Column("texts", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
)

# Tries belong to no session: a drill is practised by itself.
drill_tries = Table(
    "drill_tries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trainee_id", String(64), nullable=False),
    Column("drill_id", String(64), nullable=False),
    Column("drill_version", String(32), nullable=False),
    Column("stimulus_id", String(64), nullable=False),
    Column("level", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("hint_seen", Boolean(create_constraint=False), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("coder", String(128), nullable=False),
    Column("feedback", JSON, nullable=False),
    Index("ix_drill_tries_trainee_id_drill_id_round", "trainee_id", "drill_id", "round"),
)

drill_states = Table(
    "drill_states",
    metadata,
    Column("trainee_id", String(64), primary_key=True),
    Column("drill_id", String(64), primary_key=True),
    Column("due_at", UtcTime),
    Column("state", JSON, nullable=False),
)

# How many changes were ever stored; see ``changes``. One row.
change_count = Table(
    "change_count",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
)
