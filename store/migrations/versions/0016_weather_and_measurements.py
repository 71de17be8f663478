"""Weather observations and measurements of anything"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

# As 0011 has it: the weather is everybody's, as what is on the air is; a figure of the port is its owner's.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"
SEEN = {'weather_observation': f'scope IS NULL OR scope = ANY({OWN})', 'measurement': f'scope = ANY({OWN})'}


def upgrade() -> None:
    floats = (
        'lon', 'lat', 'wind_metres_per_second', 'gust_metres_per_second', 'wind_from_degrees', 'visibility_metres',
        'temperature_celsius', 'pressure_hpa', 'precipitation_millimetres',
    )
    op.create_table(
        'weather_observation', _key('station'), _key('feed'), _time('event_time'),
        *(sa.Column(name, sa.Float(), nullable=True) for name in floats),
        sa.Column('wind_beaufort', sa.Integer(), autoincrement=False, nullable=True),
        sa.Column('weather', TEXT, nullable=False),
        *_provenance(), sa.PrimaryKeyConstraint('station', 'feed', 'event_time'), sqlite_with_rowid=False,
    )
    op.create_index('weather_observation_time', 'weather_observation', ['event_time'])
    op.create_table(
        'measurement', _key('measure'), _key('subject'), _key('feed'), _time('event_time'),
        sa.Column('value', sa.Float(), nullable=False), sa.Column('unit', TEXT, nullable=False),
        *_provenance(), sa.PrimaryKeyConstraint('measure', 'subject', 'feed', 'event_time'), sqlite_with_rowid=False,
    )
    op.create_index('measurement_time', 'measurement', ['event_time'])
    if op.get_bind().dialect.name == 'postgresql':
        for table, condition in SEEN.items():
            op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY')
            op.execute(
                f'CREATE POLICY cockpit_scope ON {table} USING (CASE WHEN {OTHERS} THEN true ELSE {condition} END)'
            )


def downgrade() -> None:
    for table in SEEN:
        op.drop_table(table)


def _key(name: str) -> sa.Column:
    return sa.Column(name, TEXT, autoincrement=False, nullable=False)


def _time(name: str, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _provenance() -> list[sa.Column]:
    return [
        sa.Column('origin', TEXT, nullable=False), _time('recorded_time', null=True), _time('received_at'),
        sa.Column('ref', TEXT, nullable=False), sa.Column('flags', TEXT, nullable=False),
        sa.Column('scope', TEXT, nullable=True),
    ]
