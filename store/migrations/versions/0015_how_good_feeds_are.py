"""How good feeds are, by the hour; what other feeds say of the same thing; the number of an inspection's application"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

TASKS = ('inspection_task', 'superseded_inspection_task')
COUNTS = ('judged', 'malformed', 'implausible', 'cells', 'blank', 'timed', 'late')
DIFFERS = sa.text("differs <> ''")
# As in migration 0011.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"


def upgrade() -> None:
    for table in TASKS:
        op.add_column(table, sa.Column('inspection_no', TEXT, nullable=False, server_default=''))
    op.create_table('quality_hour',
    *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('feed', 'dataset')),
    sa.Column('hour', sa.BigInteger(), autoincrement=False, nullable=False),
    *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in COUNTS),
    sa.PrimaryKeyConstraint('feed', 'dataset', 'hour'), sqlite_with_rowid=False,
    )
    op.create_index('quality_hour_hour', 'quality_hour', ['hour'])
    op.create_table('other_word',
    *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('dataset', 'subject', 'feed')),
    *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in ('valid_from', 'received_at')),
    *(sa.Column(name, TEXT, nullable=False) for name in ('body', 'differs')), sa.Column('scope', TEXT, nullable=True),
    sa.PrimaryKeyConstraint('dataset', 'subject', 'feed', 'valid_from'), sqlite_with_rowid=False,
    )
    op.create_index('other_word_differs', 'other_word', ['dataset', 'subject'], sqlite_where=DIFFERS,
                    postgresql_where=DIFFERS)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE other_word ENABLE ROW LEVEL SECURITY')
        op.execute(
            f'CREATE POLICY cockpit_scope ON other_word USING (CASE WHEN {OTHERS} THEN true ELSE scope = ANY({OWN}) END)'
        )


def downgrade() -> None:
    op.drop_table('other_word')
    op.drop_table('quality_hour')
    for table in TASKS:
        op.drop_column(table, 'inspection_no')
