"""The course last kept in history, beside the place: a turn is worth keeping too"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

LATEST = ['vehicle_latest', 'vessel_latest', 'gate_latest']


def upgrade() -> None:
    for table in LATEST:
        op.add_column(table, sa.Column('kept_course', sa.Float(), nullable=True))


def downgrade() -> None:
    for table in LATEST:
        op.drop_column(table, 'kept_course')
