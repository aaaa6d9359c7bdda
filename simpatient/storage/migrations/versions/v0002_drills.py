"""Drills: every try with its feedback, and where each trainee is in each drill."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drill_tries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("trainee_id", sa.String(64), nullable=False),
        sa.Column("drill_id", sa.String(64), nullable=False),
        sa.Column("drill_version", sa.String(32), nullable=False),
        sa.Column("stimulus_id", sa.String(64), nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("hint_seen", sa.Boolean, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("coder", sa.String(128), nullable=False),
        sa.Column("feedback", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drill_tries"),
    )
    op.create_index("ix_drill_tries_trainee_id_drill_id_round", "drill_tries", ["trainee_id", "drill_id", "round"])
    op.create_table(
        "drill_states",
        sa.Column("trainee_id", sa.String(64), nullable=False),
        sa.Column("drill_id", sa.String(64), nullable=False),
        sa.Column("due_at", sa.String(32)),
        sa.Column("state", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("trainee_id", "drill_id", name="pk_drill_states"),
    )


def downgrade() -> None:
    op.drop_table("drill_states")
    op.drop_index("ix_drill_tries_trainee_id_drill_id_round", "drill_tries")
    op.drop_table("drill_tries")
