"""How many changes were ever stored, so that a database that lost the newest of them is recognised."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "change_count",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_count"),
    )
    op.bulk_insert(made, [{"id": 1, "number": 0}])


def downgrade() -> None:
    op.drop_table("change_count")
