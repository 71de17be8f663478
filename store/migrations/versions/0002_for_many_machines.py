"""For many machines: leases, what changed, roll-ups per day, notices"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lease',
    sa.Column('name', TEXT, autoincrement=False, nullable=False),
    sa.Column('holder', TEXT, autoincrement=False, nullable=False),
    sa.Column('token', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('taken_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('expires_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('change',
    sa.Column('dataset', TEXT, autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('dataset')
    )
    op.create_table('rollup_day',
    sa.Column('metric', TEXT, autoincrement=False, nullable=False),
    sa.Column('subject', TEXT, autoincrement=False, nullable=False),
    sa.Column('day', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('value', sa.Float(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('metric', 'subject', 'day'),
    sqlite_with_rowid=False
    )
    op.create_table('notice',
    sa.Column('code', TEXT, autoincrement=False, nullable=False),
    sa.Column('body', TEXT, autoincrement=False, nullable=False),
    sa.Column('updated_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('code')
    )


def downgrade() -> None:
    op.drop_table('notice')
    op.drop_table('rollup_day')
    op.drop_table('change')
    op.drop_table('lease')
