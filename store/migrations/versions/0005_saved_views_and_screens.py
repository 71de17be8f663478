"""Saved views and bookmarks of each viewer; the screens of the wall"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in names]


def _integer(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def upgrade() -> None:
    op.create_table('saved_view',
    *_texts('owner', 'kind', 'name', 'path', 'body'),
    _integer('updated_at'),
    sa.PrimaryKeyConstraint('owner', 'kind', 'name'),
    sqlite_with_rowid=False
    )
    op.create_table('screen',
    *_texts('screen_id', 'name', 'scene', 'part', 'palette', 'body'),
    *(_integer(name) for name in ('version', 'seen_at')),
    *_texts('health'),
    _integer('updated_at'),
    sa.PrimaryKeyConstraint('screen_id'),
    sqlite_with_rowid=False
    )


def downgrade() -> None:
    op.drop_table('screen')
    op.drop_table('saved_view')
