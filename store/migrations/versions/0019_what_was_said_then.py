"""Since when a vessel says what it says of itself; what corrections of weather and measurements replaced"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

FIRST = {'first_time': 'event_time', 'first_received': 'received_at'}
# As 0016 has it.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"
SEEN = {
    'superseded_weather_observation': f'scope IS NULL OR scope = ANY({OWN})',
    'superseded_measurement': f'scope = ANY({OWN})',
}


def upgrade() -> None:
    for name in FIRST:
        op.add_column(
            'vessel_static', sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False, server_default='0')
        )
    # Of rows of before only the newest time is known.
    op.execute('UPDATE vessel_static SET ' + ', '.join(f'{new} = {old}' for new, old in FIRST.items()))
    floats = (
        'lon', 'lat', 'wind_metres_per_second', 'gust_metres_per_second', 'wind_from_degrees', 'visibility_metres',
        'temperature_celsius', 'pressure_hpa', 'precipitation_millimetres',
    )
    _twin(
        'superseded_weather_observation', ('station', 'feed'),
        *(sa.Column(name, sa.Float(), nullable=True) for name in floats),
        sa.Column('wind_beaufort', sa.Integer(), autoincrement=False, nullable=True),
        sa.Column('weather', TEXT, nullable=False),
    )
    _twin(
        'superseded_measurement', ('measure', 'subject', 'feed'),
        sa.Column('value', sa.Float(), nullable=False), sa.Column('unit', TEXT, nullable=False),
    )
    if op.get_bind().dialect.name == 'postgresql':
        for table, condition in SEEN.items():
            op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY')
            op.execute(
                f'CREATE POLICY cockpit_scope ON {table} USING (CASE WHEN {OTHERS} THEN true ELSE {condition} END)'
            )


def downgrade() -> None:
    for table in SEEN:
        op.drop_table(table)
    for name in FIRST:
        op.drop_column('vessel_static', name)


def _twin(name: str, keys: tuple[str, ...], *said: sa.Column) -> None:
    op.create_table(
        name, *(sa.Column(key, TEXT, autoincrement=False, nullable=False) for key in keys),
        _time('event_time'), _time('known_to'), *said, sa.Column('origin', TEXT, nullable=False),
        _time('recorded_time', null=True), _time('received_at'), sa.Column('ref', TEXT, nullable=False),
        sa.Column('flags', TEXT, nullable=False), sa.Column('scope', TEXT, nullable=True),
        sa.PrimaryKeyConstraint(*keys, 'event_time', 'known_to'), sqlite_with_rowid=False,
    )


def _time(name: str, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)
