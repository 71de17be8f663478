"""Since when a vessel says what it says of itself"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

FIRST = {'first_time': 'event_time', 'first_received': 'received_at'}


def upgrade() -> None:
    for name in FIRST:
        op.add_column(
            'vessel_static', sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False, server_default='0')
        )
    # Of rows of before only the newest time is known.
    op.execute('UPDATE vessel_static SET ' + ', '.join(f'{new} = {old}' for new, old in FIRST.items()))


def downgrade() -> None:
    for name in FIRST:
        op.drop_column('vessel_static', name)
