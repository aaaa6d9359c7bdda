"""The first tables: sessions with their turns, codes, marks, scorecards and self-ratings."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _sessions()
    _turns()
    _hanging_on_turns()
    op.create_table(
        "self_ratings",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("rating", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], "fk_self_ratings_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", name="pk_self_ratings"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("trainee_id", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("curriculum_id", sa.String(64)),
        sa.Column("unit_id", sa.String(64)),
        sa.Column("manifest", sa.JSON, nullable=False),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("leaf", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_trainee_id_started_at", "sessions", ["trainee_id", "started_at"])


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("parent", sa.Integer),
        sa.Column("speaker", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("state_before", sa.JSON),
        sa.Column("state_after", sa.JSON),
        sa.Column("plan", sa.JSON),
        sa.Column("facts_revealed", sa.JSON, nullable=False),
        sa.Column("guard", sa.JSON, nullable=False),
        sa.Column("timings_s", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], "fk_turns_session_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["session_id", "parent"],
            ["turns.session_id", "turns.seq"],
            "fk_turns_session_id_parent",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_turns"),
    )


def _hanging_on_turns() -> None:
    _hangs_on_turn("turn_codes", "seq", [sa.Column("codes", sa.JSON, nullable=False)])
    _hangs_on_turn("marks", "seq", [sa.Column("marked", sa.Boolean, nullable=False)])
    card: list[sa.Column[Any]] = [
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rubric", sa.String(64), nullable=False),
        sa.Column("card", sa.JSON, nullable=False),
    ]
    _hangs_on_turn("scorecards", "leaf", card, "position")


def _hangs_on_turn(name: str, turn: str, columns: list[sa.Column[Any]], *key: str) -> None:
    op.create_table(
        name,
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column(turn, sa.Integer, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["session_id", turn], ["turns.session_id", "turns.seq"], f"fk_{name}_session_id_{turn}", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", turn, *key, name=f"pk_{name}"),
    )


def downgrade() -> None:
    for name in ("self_ratings", "scorecards", "marks", "turn_codes", "turns", "sessions"):
        op.drop_table(name)
