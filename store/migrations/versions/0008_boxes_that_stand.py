"""The boxes that stand in the yard, by number"""

import sqlalchemy as sa
from alembic import op

from store.moments import FOREVER

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

STANDS = sa.text(f'valid_to = {FOREVER} AND departed_at = {FOREVER}')
COLUMNS = ['departed_at', 'container_no', 'block_id', 'arrived_at', 'scope', 'valid_to']


def upgrade() -> None:
    op.create_index('container_stay_box', 'container_stay', COLUMNS, sqlite_where=STANDS, postgresql_where=STANDS)


def downgrade() -> None:
    op.drop_index('container_stay_box', 'container_stay')
