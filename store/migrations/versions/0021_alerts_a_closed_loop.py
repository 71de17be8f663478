"""Alerts as a closed loop: their steps, evidence, rules, fences, orders, shifts and what is to be sent"""

import hashlib

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

SAID = 'the log of alerts is append-only'
CURRENT = 'valid_to = 4611686018427387904'
NEW = ('alert_log', 'alert_evidence', 'rule_version', 'rule_state', 'fence', 'outbox', 'delivery', 'dispatch', 'shift')


def upgrade() -> None:
    for name in ('id', 'assignee', 'agency', 'group_key'):
        op.add_column('alert', sa.Column(name, TEXT, autoincrement=False, nullable=False, server_default=''))
    op.add_column('alert', sa.Column('shelved_until', sa.BigInteger(), autoincrement=False, nullable=True))
    _fill_ids()
    _index('alert_id', 'alert', ['id'], CURRENT)
    _table('alert_log', ('alert_id', 'seq'), alert_id=str, seq=int, at=int, opened_at=int, what=str, who=str,
           from_state=str, to_state=str, level=bool, version=bool, note=str, request_key=str, body=str)
    op.create_index('alert_log_at', 'alert_log', ['at'])
    _index('alert_log_request', 'alert_log', ['alert_id', 'request_key'], "request_key <> ''", unique=True)
    _table('alert_evidence', ('alert_id', 'opened_at', 'seq'), alert_id=str, opened_at=int, seq=int, body=str)
    _table('rule_version', ('name', 'version'), name=str, version=int, valid_from=int, state=str, who=str, note=str,
           body=str)
    _table('rule_state', ('name',), name=str, state=str, since=int, detail=str)
    _table('fence', ('fence_id', 'version'), fence_id=str, version=int, valid_from=int, kind=str, who=str, body=str)
    op.create_table('outbox', sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
                    *_columns(at=int, due_at=int, kind=str, dedup=str, target=str, state=str, attempts=bool,
                              claimed_by=str, claim_until=None, body=str), sa.PrimaryKeyConstraint('id'))
    op.create_index('outbox_once', 'outbox', ['dedup'], unique=True)
    op.create_index('outbox_due', 'outbox', ['state', 'due_at'])
    _table('delivery', ('outbox_id', 'attempt'), outbox_id=bool, attempt=bool, at=int, result=str, detail=str)
    op.create_index('delivery_at', 'delivery', ['at'])
    _table('dispatch', ('order_id',), order_id=str, alert_id=str, agency=str, state=str, version=int, body=str)
    op.create_index('dispatch_alert', 'dispatch', ['alert_id'])
    _table('shift', ('shift_id',), shift_id=str, begins=int, ends=None, out_by=str, in_by=str, version=int, body=str)
    op.create_index('shift_begins', 'shift', ['begins'])
    _only_grows()


def downgrade() -> None:
    for table in reversed(NEW):
        op.drop_table(table)
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION alert_log_only_grows()')
    op.drop_index('alert_id', table_name='alert')
    for name in ('shelved_until', 'group_key', 'agency', 'assignee', 'id'):
        op.drop_column('alert', name)


def _fill_ids() -> None:
    """Sixteen hexadecimal digits of what the key hashes to, as domain.alert_identity makes them."""
    bind = op.get_bind()
    for (key,) in bind.execute(sa.text('SELECT DISTINCT "key" FROM alert')).all():
        number = hashlib.sha256(key.encode()).hexdigest()[:16]
        bind.execute(sa.text('UPDATE alert SET id = :number WHERE "key" = :key'), {'number': number, 'key': key})


def _only_grows() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute(f"CREATE TRIGGER alert_log_no_update BEFORE UPDATE ON alert_log "
                   f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END")
        return
    op.execute(f"CREATE FUNCTION alert_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{SAID}'; END $$")
    op.execute("CREATE TRIGGER alert_log_only_grows BEFORE UPDATE ON alert_log "
               "FOR EACH STATEMENT EXECUTE FUNCTION alert_log_only_grows()")


def _table(table: str, keys: tuple[str, ...], /, **kinds: type | None) -> None:
    op.create_table(table, *_columns(**kinds), sa.PrimaryKeyConstraint(*keys), sqlite_with_rowid=False)


def _columns(**kinds: type | None) -> list[sa.Column]:
    """Columns by name: str a text, int a time or a long count, bool a small count, None a time that may be unknown."""
    made = {str: TEXT, int: sa.BigInteger(), bool: sa.Integer(), None: sa.BigInteger()}
    return [sa.Column(name, made[kind], autoincrement=False, nullable=kind is None) for name, kind in kinds.items()]


def _index(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
