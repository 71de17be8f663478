"""As known then: what was the newest known when, what was replaced, and the yard's stock as sums"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

FOREVER = 2**62
STATES = {
    'yard_block': ('block_id',),
    'container_stay': ('feed', 'stay_id'),
    'inspection_task': ('declaration_no',),
    'lab_sample': ('declaration_no', 'sample_no'),
    'machine_scan': ('declaration_no', 'container_no'),
    'vessel_call': ('call_id',),
}
CURRENT = {name: sa.text(f'valid_to = {FOREVER}') for name in ('sqlite_where', 'postgresql_where')}
SPANS = [6 * 3_600_000_000 * 8**level for level in range(4)]  # as in store/stock.py


def upgrade() -> None:
    for table, keys in STATES.items():
        _twin(table, keys)
        op.add_column(table, sa.Column('known_to', sa.BigInteger(), nullable=False, server_default=str(FOREVER)))
        # The version after it took its place when that was received; one received later never stood.
        match = ' AND '.join(f'n.{key} = {table}.{key}' for key in keys)
        later = f'(SELECT n.received_at FROM {table} AS n WHERE {match} AND n.valid_from = {table}.valid_to)'
        op.execute(
            f'UPDATE {table} SET known_to = CASE WHEN {later} > received_at THEN {later} ELSE received_at END'
            f' WHERE valid_to < {FOREVER}'
        )
    _stock()
    _progress()
    _indexes()
    op.create_table('known_body',
    sa.Column('dataset', TEXT, autoincrement=False, nullable=False),
    sa.Column('key', TEXT, autoincrement=False, nullable=False),
    sa.Column('known_from', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('body', TEXT, autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('dataset', 'key', 'known_from'),
    sqlite_with_rowid=False
    )
    op.execute("INSERT INTO known_body (dataset, key, known_from, body)"
               " SELECT 'forecast', code, made_at, body FROM forecast")
    op.execute("INSERT INTO known_body (dataset, key, known_from, body)"
               " SELECT 'feed_health', feed, updated_at, body FROM feed_health")


def _twin(table: str, keys: tuple[str, ...]) -> None:
    """A table with the same columns, and one more time in its key."""
    like = sa.inspect(op.get_bind()).get_columns(table)
    columns = [
        sa.Column(column['name'], TEXT if isinstance(column['type'], sa.Text) else column['type'],
                  autoincrement=False, nullable=column['nullable'])
        for column in like
    ]
    op.create_table(
        f'superseded_{table}', *columns,
        sa.Column('known_to', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(*keys, 'valid_from', 'known_to'),
        sqlite_with_rowid=False
    )


def _stock() -> None:
    op.create_table('yard_stock',
    sa.Column('known', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('span', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('start', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('block_id', TEXT, autoincrement=False, nullable=False),
    sa.Column('feed', TEXT, autoincrement=False, nullable=False),
    sa.Column('origin', TEXT, autoincrement=False, nullable=False),
    sa.Column('scope', TEXT, autoincrement=False, nullable=False),
    sa.Column('teu', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('boxes', sa.Integer(), autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint('known', 'span', 'start', 'block_id', 'feed', 'origin', 'scope', 'teu'),
    sqlite_with_rowid=False
    )
    cell = "block_id, feed, origin, coalesce(scope, '') AS scope, CASE WHEN length_ft > 20 THEN 2 ELSE 1 END AS teu"
    corrected = (
        f'SELECT arrived_at AS at, departed_at AS left_at, {cell} FROM container_stay WHERE valid_to = {FOREVER}'
    )
    shown = (
        'SELECT CASE WHEN received_at > arrived_at THEN received_at ELSE arrived_at END AS at,'
        f' CASE WHEN known_to < departed_at THEN known_to ELSE departed_at END AS left_at, {cell} FROM container_stay'
    )
    for known, stays in ((0, corrected), (1, shown)):
        finer = (
            f'SELECT at AS start, block_id, feed, origin, scope, teu, 1 AS boxes FROM ({stays}) AS a WHERE at < left_at'
            f' UNION ALL SELECT left_at, block_id, feed, origin, scope, teu, -1 FROM ({stays}) AS b'
            f' WHERE at < left_at AND left_at < {FOREVER}'
        )
        for span in [*([0] if known else []), *SPANS]:
            start = 'start' if span == 0 else f'(start / {span}) * {span}'
            op.execute(
                'INSERT INTO yard_stock (known, span, start, block_id, feed, origin, scope, teu, boxes)'
                f' SELECT {known}, {span}, {start}, block_id, feed, origin, scope, teu, sum(boxes)'
                f' FROM ({finer}) AS e GROUP BY {start}, block_id, feed, origin, scope, teu'
            )
            finer = f'SELECT * FROM yard_stock WHERE known = {known} AND span = {span}'


def _progress() -> None:
    for name in ('began_at', 'began_known', 'left_known', 'finished_known', 'settled_known'):
        default = '0' if name == 'settled_known' else str(FOREVER)
        op.add_column('inspection_progress', sa.Column(name, sa.BigInteger(), nullable=False, server_default=default))
    seen = 'CASE WHEN s.received_at > s.event_time THEN s.received_at ELSE s.event_time END'
    steps = 'FROM inspection_step AS s WHERE s.declaration_no = inspection_progress.declaration_no'
    beyond = f"{steps} AND s.node <> 'appointed'"
    tasks = 'FROM inspection_task AS s WHERE s.declaration_no = inspection_progress.declaration_no'
    values = {
        'left_queue_at': f'(SELECT min(s.event_time) {beyond})',
        'left_known': f'(SELECT min({seen}) {beyond})',
        'finished_known': f"(SELECT max({seen}) {steps} AND s.node = 'departed')",
        'began_at': f'(SELECT min(t) FROM (SELECT min(s.event_time) AS t {steps} UNION ALL'
                    f' SELECT min(s.valid_from) {tasks}) AS b)',
        'began_known': f'(SELECT min(t) FROM (SELECT min({seen}) AS t {steps} UNION ALL'
                       f' SELECT min(s.received_at) {tasks}) AS b)',
    }
    changes = ', '.join(f'{name} = coalesce({value}, {FOREVER})' for name, value in values.items())
    op.execute(f'UPDATE inspection_progress SET {changes}, settled_known = coalesce((SELECT max({seen}) {steps}), 0)')


def _indexes() -> None:
    op.drop_index('container_stay_standing', table_name='container_stay')
    for name, first, second in (('left', 'departed_at', 'arrived_at'), ('came', 'arrived_at', 'departed_at')):
        rest = ['block_id', 'length_ft', 'feed', 'origin', 'scope', 'valid_to']
        op.create_index(f'container_stay_{name}', 'container_stay', [first, second, *rest], **CURRENT)
    op.drop_index('inspection_step_time', table_name='inspection_step')
    op.create_index('inspection_step_time', 'inspection_step', ['node', 'event_time', 'received_at', 'scope'])
    op.drop_index('gate_move_time', table_name='gate_move')
    op.create_index('gate_move_time', 'gate_move', ['event_time', 'received_at', 'direction', 'visit_id', 'scope'])
    for name in ('queue', 'finished'):
        op.drop_index(f'inspection_progress_{name}', table_name='inspection_progress')
    for name, end, begin in (
        ('queue', 'left_queue_at', 'began_at'), ('finished', 'finished_at', 'began_at'),
        ('queue_known', 'left_known', 'began_known'), ('finished_known', 'finished_known', 'began_known'),
    ):
        op.create_index(f'inspection_progress_{name}', 'inspection_progress', [end, begin])


def downgrade() -> None:
    op.drop_table('known_body')
    for name in ('queue', 'finished', 'queue_known', 'finished_known'):
        op.drop_index(f'inspection_progress_{name}', table_name='inspection_progress')
    op.create_index('inspection_progress_queue', 'inspection_progress', ['left_queue_at'])
    op.create_index('inspection_progress_finished', 'inspection_progress', ['finished_at'])
    op.drop_index('inspection_step_time', table_name='inspection_step')
    op.create_index('inspection_step_time', 'inspection_step', ['node', 'event_time'])
    op.drop_index('gate_move_time', table_name='gate_move')
    op.create_index('gate_move_time', 'gate_move', ['event_time'])
    for name in ('left', 'came'):
        op.drop_index(f'container_stay_{name}', table_name='container_stay')
    columns = ['departed_at', 'arrived_at', 'block_id', 'length_ft', 'feed', 'origin', 'scope', 'valid_to']
    op.create_index('container_stay_standing', 'container_stay', columns, **CURRENT)
    for name in ('began_at', 'began_known', 'left_known', 'finished_known', 'settled_known'):
        op.drop_column('inspection_progress', name)
    op.drop_table('yard_stock')
    for table in STATES:
        op.drop_column(table, 'known_to')
        op.drop_table(f'superseded_{table}')
