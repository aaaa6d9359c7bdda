"""Half-written things of a session, kept as they are typed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_drafts",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("part", sa.String(64), nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], "fk_session_drafts_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "kind", "part", name="pk_session_drafts"),
    )


def downgrade() -> None:
    op.drop_table("session_drafts")
