"""The names things are looked up by, also of what is stored already"""

import json

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT
from store.moments import FOREVER

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

NOW = sa.text(f'valid_to = {FOREVER}')
ROWS = 10_000
TEXTS = ('kind', 'name', 'subject', 'tail')


def upgrade() -> None:
    op.create_table('search_name',
    *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in TEXTS),
    sa.Column('seen_at', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('kind', 'name', 'subject'),
    sqlite_with_rowid=False
    )
    connection = op.get_bind()
    _take(connection, 'SELECT declaration_no, bill_of_lading, containers, valid_from FROM inspection_task')
    op.create_index('search_name_tail', 'search_name', ['kind', 'tail'])
    op.create_index('search_name_subject', 'search_name', ['subject', 'kind'])
    op.create_index('alert_subject', 'alert', ['subject'], sqlite_where=NOW, postgresql_where=NOW)


def _of_task(number: str, bill: str, containers: str, at: int) -> list:
    boxes = [('container', box, number, at) for box in json.loads(containers or '[]')]
    return [('declaration', number, number, at), ('bill', bill, number, at), *boxes]


def _take(connection: sa.Connection, query: str) -> None:
    sign = '%s' if connection.dialect.name == 'postgresql' else '?'
    sql = f"INSERT INTO search_name (kind, name, subject, tail, seen_at) VALUES ({', '.join([sign] * 5)})"
    rows = connection.exec_driver_sql(query)
    while part := rows.fetchmany(ROWS):
        names = []
        for kind, text, subject, at in [name for row in part for name in _of_task(*row)]:
            plain = ''.join(letter for letter in text.upper() if letter.isalnum())
            if plain:
                names.append((kind, plain, subject, plain[::-1], at))
        if names:
            connection.exec_driver_sql(sql + ' ON CONFLICT DO NOTHING', names)


def downgrade() -> None:
    op.drop_index('alert_subject', 'alert')
    op.drop_table('search_name')
