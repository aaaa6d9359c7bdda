"""When the map of what the patient held back was opened, so that every report knows whether it may hold it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("map_opened_at", sa.String(32)))


def downgrade() -> None:
    op.drop_column("sessions", "map_opened_at")
