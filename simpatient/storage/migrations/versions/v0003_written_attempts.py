"""Written exercises: every attempt with its result."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "written_attempts",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("rubric", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("attempt", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_written_attempts_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "rubric", "number", name="pk_written_attempts"),
    )


def downgrade() -> None:
    op.drop_table("written_attempts")
