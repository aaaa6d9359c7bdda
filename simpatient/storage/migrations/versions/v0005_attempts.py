"""One row per attempt with its measures, so that no page has to read every turn of every session."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("leaf", sa.Integer),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("trainee_turns", sa.Integer, nullable=False),
        sa.Column("is_result", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], "fk_attempts_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "attempt", name="pk_attempts"),
    )
    op.create_table(
        "measure_layouts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("measures", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_measure_layouts"),
        sa.UniqueConstraint("measures", name="uq_measure_layouts_measures"),
    )
    op.create_table(
        "attempt_measures",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("leaf", sa.Integer, nullable=False),
        sa.Column("layout", sa.Integer, nullable=False),
        sa.Column("measured", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "leaf"],
            ["turns.session_id", "turns.seq"],
            "fk_attempt_measures_session_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["layout"], ["measure_layouts.id"], "fk_attempt_measures_layout"),
        sa.PrimaryKeyConstraint("session_id", "leaf", name="pk_attempt_measures"),
    )


def downgrade() -> None:
    for name in ("attempt_measures", "measure_layouts", "attempts"):
        op.drop_table(name)
