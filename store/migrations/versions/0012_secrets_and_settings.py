"""Feeds' secrets, encrypted, and the settings that were in force"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in names]


def _time(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    op.create_table('secret',
    *_texts('name', 'body'), _time('updated_at'), *_texts('updated_by'),
    sa.PrimaryKeyConstraint('name'),
    )
    op.create_table('settings_history',
    _time('at'), *_texts('who', 'body'),
    sa.PrimaryKeyConstraint('at'),
    )


def downgrade() -> None:
    op.drop_table('settings_history')
    op.drop_table('secret')
