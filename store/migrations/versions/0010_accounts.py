"""Accounts, sessions, keys of programs, links that open once"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table('account', *_texts('account_id', 'name', 'subject', 'body'), *_numbers('version', 'updated_at'),
    sa.PrimaryKeyConstraint('account_id'),
    )
    op.create_index('account_name', 'account', ['name'], unique=True)
    op.create_index('account_subject', 'account', ['subject'])
    op.create_table('session', *_texts('digest', 'session_id', 'account_id', 'body'), *_numbers('seen_at', 'ends_at'),
    sa.PrimaryKeyConstraint('digest'),
    )
    op.create_index('session_id', 'session', ['session_id'], unique=True)
    op.create_index('session_account', 'session', ['account_id'])
    op.create_table('api_key', *_texts('digest', 'key_id', 'body'), *_numbers('used_at'),
    sa.PrimaryKeyConstraint('digest'),
    )
    op.create_index('api_key_id', 'api_key', ['key_id'], unique=True)
    op.create_table('link', *_texts('digest', 'body'), *_numbers('ends_at'),
    sa.PrimaryKeyConstraint('digest'),
    )


def downgrade() -> None:
    for name in ('link', 'api_key', 'session', 'account'):
        op.drop_table(name)
