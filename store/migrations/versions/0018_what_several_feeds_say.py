"""Which feeds tell of which dataset, so that only what several tell of is held against each other"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

# Where a dataset's feeds are read from: of what moves from the newest row of each, its history is long.
TOLD = {
    'inspection_task': 'inspection_task', 'lab_sample': 'lab_sample', 'machine_scan': 'machine_scan',
    'vessel_call': 'vessel_call',
}


def upgrade() -> None:
    op.create_table(
        'told_by',
        *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('dataset', 'feed')),
        sa.PrimaryKeyConstraint('dataset', 'feed'), sqlite_with_rowid=False,
    )
    found = [f"SELECT DISTINCT '{name}', feed FROM {table}" for name, table in TOLD.items()]
    op.execute('INSERT INTO told_by ' + ' UNION '.join([*found, 'SELECT DISTINCT dataset, feed FROM other_word']))


def downgrade() -> None:
    op.drop_table('told_by')
