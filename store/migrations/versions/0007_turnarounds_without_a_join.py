"""What a declaration's task says, beside its progress: a month of turnarounds without a join"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT
from store.moments import FOREVER

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

STANDS = ['last_at', 'settled_known', 'task_from', 'task_known']


def upgrade() -> None:
    table = 'inspection_progress'
    op.add_column(table, sa.Column('farm', sa.Boolean(), nullable=True))
    op.add_column(table, sa.Column('task_scope', TEXT, nullable=True))
    for name in ('task_from', 'task_known'):
        op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=False, server_default='0'))
    current = f'FROM inspection_task AS t WHERE t.declaration_no = {table}.declaration_no AND t.valid_to = {FOREVER}'
    op.execute(
        f'UPDATE {table} SET farm = (SELECT t.farm {current}), task_scope = (SELECT t.scope {current}),'
        f' task_from = coalesce((SELECT t.valid_from {current}), 0),'
        f' task_known = coalesce((SELECT t.received_at {current}), 0)'
    )
    _index('finished', ['finished_at', 'began_at', *STANDS, 'appointed', 'farm'])
    _index('finished_known', ['finished_known', 'began_known', *STANDS])


def _index(name: str, columns: list) -> None:
    op.drop_index(f'inspection_progress_{name}', table_name='inspection_progress')
    op.create_index(f'inspection_progress_{name}', 'inspection_progress', columns)


def downgrade() -> None:
    for name in ('finished', 'finished_known'):
        begin = 'began_known' if name == 'finished_known' else 'began_at'
        _index(name, [name if name == 'finished_known' else 'finished_at', begin])
    for name in ('farm', 'task_scope', 'task_from', 'task_known'):
        op.drop_column('inspection_progress', name)
