"""Scorecards become revisions with an origin; earlier versions of amended turns are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What was stored before becomes revision 1 with what is known about it. A damaged card is copied as it is: it must
# not keep all others from being brought up to date.
_COPY = """
INSERT INTO scorecards
SELECT old.session_id, old.leaf, old.rubric,
       row_number() OVER (PARTITION BY old.session_id, old.leaf, old.rubric ORDER BY old.position),
       old.position, 'unknown', coalesce(sessions.trainee_id, ''),
       CASE WHEN sessions.leaf = old.leaf THEN sessions.ended_at END, '',
       CASE WHEN json_valid(old.card) THEN coalesce(json_extract(old.card, '$.provenance.coder'), '') ELSE '' END,
       CASE WHEN json_valid(old.card) THEN coalesce((
           SELECT max(json_extract(each.value, '$.provenance.judged_by'))
           FROM json_each(old.card, '$.criteria') AS each
           WHERE json_extract(each.value, '$.provenance.judged_by')
                 <> json_extract(old.card, '$.provenance.judged_by')
       ), '') ELSE '' END,
       old.card
FROM scorecards_before AS old LEFT JOIN sessions ON sessions.id = old.session_id
"""


def upgrade() -> None:
    op.rename_table("scorecards", "scorecards_before")
    op.create_table(
        "scorecards",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("leaf", sa.Integer, nullable=False),
        sa.Column("rubric", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("cause", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32)),
        sa.Column("text_digest", sa.String(64), nullable=False),
        sa.Column("coder", sa.String(128), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("card", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "leaf"], ["turns.session_id", "turns.seq"], "fk_scorecards_session_id_leaf",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "leaf", "rubric", "number", name="pk_scorecards"),
    )  # fmt: skip
    op.execute(_COPY)
    op.drop_table("scorecards_before")
    op.create_table(
        "turn_versions",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("replaced_at", sa.String(32)),
        sa.Column("turn", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "seq"], ["turns.session_id", "turns.seq"], "fk_turn_versions_session_id_seq",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "seq", "number", name="pk_turn_versions"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("turn_versions")
    op.rename_table("scorecards", "scorecards_after")
    op.create_table(
        "scorecards",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("leaf", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rubric", sa.String(64), nullable=False),
        sa.Column("card", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id", "leaf"], ["turns.session_id", "turns.seq"], "fk_scorecards_session_id_leaf",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", "leaf", "position", name="pk_scorecards"),
    )  # fmt: skip
    op.execute(
        "INSERT INTO scorecards SELECT session_id, leaf, position, rubric, card FROM scorecards_after AS new "
        "WHERE number = (SELECT max(number) FROM scorecards_after AS each WHERE each.session_id = new.session_id "
        "AND each.leaf = new.leaf AND each.rubric = new.rubric)"
    )
    op.drop_table("scorecards_after")
