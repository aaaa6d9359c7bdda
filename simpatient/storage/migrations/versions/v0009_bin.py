"""The bin, and settings that belong to the database."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bin_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("leaf", sa.Integer),
        sa.Column("binned_at", sa.String(32), nullable=False),
        sa.Column("was_in_use", sa.Boolean, nullable=False),
        sa.Column("ended_at", sa.String(32)),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], "fk_bin_entries_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_bin_entries"),
    )
    op.create_index("ix_bin_entries_session_id_leaf", "bin_entries", ["session_id", "leaf"])
    op.create_table(
        "settings",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )


def downgrade() -> None:
    op.drop_table("settings")
    op.drop_index("ix_bin_entries_session_id_leaf", "bin_entries")
    op.drop_table("bin_entries")
