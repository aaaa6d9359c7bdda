"""Talking aloud: when and how turns were spoken, and what a trainee has consented to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turn_speech",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("speech", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "seq"], ["turns.session_id", "turns.seq"], "fk_turn_speech_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_turn_speech"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("trainee_id", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("wording", sa.Text, nullable=False),
        sa.Column("given_at", sa.String(32), nullable=False),
        sa.Column("withdrawn_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_trainee_id_purpose", "consents", ["trainee_id", "purpose"])


def downgrade() -> None:
    op.drop_index("ix_consents_trainee_id_purpose", "consents")
    op.drop_table("consents")
    op.drop_table("turn_speech")
