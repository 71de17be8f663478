"""What inspection command needs of a declaration, and where the photographs of the co-inspection lie"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

TASKS = ('inspection_task', 'superseded_inspection_task')
LISTS = ('special', 'needs')
WORDS = ('hold', 'officer', 'order_reason', 'test_result', 'truck')
TIMES = ('held_since', 'accepted_at', 'released_at', 'cut_off', 'gathered_at')
TRUTHS = ('papers_irregular', 'fee_waived')
# As in migration 0011.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"


def upgrade() -> None:
    for table in TASKS:
        for name in LISTS:
            op.add_column(table, sa.Column(name, TEXT, nullable=False, server_default='[]'))
        for name in WORDS:
            op.add_column(table, sa.Column(name, TEXT, nullable=False, server_default=''))
        for name in TIMES:
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column('fee_cny', sa.Float(), nullable=True))
        for name in TRUTHS:
            op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index('check_result_declaration', 'check_result', ['declaration_no'])
    op.create_table(
        'inspection_photo',
        *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('feed', 'photo_id')),
        sa.Column('event_time', sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ('declaration_no', 'container_no', 'part', 'place')),
        sa.Column('origin', TEXT, nullable=False), sa.Column('recorded_time', sa.BigInteger(), nullable=True),
        sa.Column('received_at', sa.BigInteger(), nullable=False), sa.Column('ref', TEXT, nullable=False),
        sa.Column('flags', TEXT, nullable=False), sa.Column('scope', TEXT, nullable=True),
        sa.PrimaryKeyConstraint('feed', 'photo_id'), sqlite_with_rowid=False,
    )
    op.create_index('inspection_photo_declaration', 'inspection_photo', ['declaration_no', 'event_time'])
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE inspection_photo ENABLE ROW LEVEL SECURITY')
        op.execute(
            f'CREATE POLICY cockpit_scope ON inspection_photo '
            f'USING (CASE WHEN {OTHERS} THEN true ELSE scope = ANY({OWN}) END)'
        )


def downgrade() -> None:
    op.drop_table('inspection_photo')
    op.drop_index('check_result_declaration', 'check_result')
    for table in TASKS:
        for name in (*LISTS, *WORDS, *TIMES, 'fee_cny', *TRUTHS):
            op.drop_column(table, name)
