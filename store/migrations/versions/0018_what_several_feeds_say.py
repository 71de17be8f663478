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


DIFFERS = sa.text("differs <> ''")


def upgrade() -> None:
    op.create_table(
        'told_by',
        *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('dataset', 'feed')),
        sa.PrimaryKeyConstraint('dataset', 'feed'), sqlite_with_rowid=False,
    )
    found = [f"SELECT DISTINCT '{name}', feed FROM {table}" for name, table in TOLD.items()]
    op.execute('INSERT INTO told_by ' + ' UNION '.join([*found, 'SELECT DISTINCT dataset, feed FROM other_word']))
    # Of stays nobody is remembered: when the second feed is heard again, all are held against each other.
    op.create_table(
        'stay_span',
        *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('feed', 'stay_id')),
        sa.Column('container_no', TEXT, nullable=False),
        *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
          for name in ('valid_from', 'arrived_at', 'departed_at')),
        *(sa.Column(name, TEXT, nullable=False) for name in ('shown_feed', 'shown_id')),
        sa.PrimaryKeyConstraint('feed', 'stay_id'), sqlite_with_rowid=False,
    )
    op.create_index('stay_span_box', 'stay_span', ['container_no'])
    op.add_column('other_word', sa.Column('shown', TEXT, nullable=False, server_default=''))
    op.execute('UPDATE other_word SET shown = subject')
    op.drop_index('other_word_differs', 'other_word')
    _index('shown')


def _index(column: str) -> None:
    op.create_index('other_word_differs', 'other_word', ['dataset', column], sqlite_where=DIFFERS,
                    postgresql_where=DIFFERS)


def downgrade() -> None:
    op.drop_index('other_word_differs', 'other_word')
    op.drop_column('other_word', 'shown')
    _index('subject')
    op.drop_table('stay_span')
    op.drop_table('told_by')
