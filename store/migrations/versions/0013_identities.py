"""Whose alias is whose, encrypted: number plates stand nowhere else where they are masked"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('identity',
    sa.Column('alias', TEXT, autoincrement=False, nullable=False), sa.Column('body', TEXT, nullable=False),
    sa.Column('seen_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('alias'),
    )


def downgrade() -> None:
    op.drop_table('identity')
