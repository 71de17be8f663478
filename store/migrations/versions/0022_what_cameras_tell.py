"""What cameras tell of lines and vehicles; the verified mass of boxes, their dangerous goods and set temperature"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

STAYS = ('container_stay', 'superseded_container_stay')
FIGURES = ('vgm_tonnes', 'max_gross_tonnes', 'set_celsius')
TABLES = {
    'area_event': ('area', 'kind', 'what', 'direction'),
    'recognition': ('place', 'camera', 'plate_read', 'plate_expected', 'container_read', 'container_expected',
                    'appointment_no', 'position_read', 'position_expected'),
}
# As in migration 0011.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"


def upgrade() -> None:
    for table in STAYS:
        for name in FIGURES:
            op.add_column(table, sa.Column(name, sa.Float(), nullable=True))
        op.add_column(table, sa.Column('imdg_class', TEXT, nullable=False, server_default=''))
        op.add_column(table, sa.Column('declared_at', sa.BigInteger(), nullable=True))
    for table, words in TABLES.items():
        count = [sa.Column('count', sa.Integer(), nullable=False)] if table == 'area_event' else []
        op.create_table(
            table,
            *(sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in ('feed', 'event_id')),
            sa.Column('event_time', sa.BigInteger(), autoincrement=False, nullable=False),
            *(sa.Column(name, TEXT, nullable=False) for name in words), *count,
            *(sa.Column(name, sa.Float(), nullable=True) for name in ('lon', 'lat')),
            sa.Column('photo', TEXT, nullable=False),
            sa.Column('origin', TEXT, nullable=False), sa.Column('recorded_time', sa.BigInteger(), nullable=True),
            sa.Column('received_at', sa.BigInteger(), nullable=False), sa.Column('ref', TEXT, nullable=False),
            sa.Column('flags', TEXT, nullable=False), sa.Column('scope', TEXT, nullable=True),
            sa.PrimaryKeyConstraint('feed', 'event_id'), sqlite_with_rowid=False,
        )
        op.create_index(f'{table}_time', table, ['event_time'])
        op.create_index(f'{table}_received', table, ['received_at'])
        if op.get_bind().dialect.name == 'postgresql':
            op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY')
            op.execute(
                f'CREATE POLICY cockpit_scope ON {table} '
                f'USING (CASE WHEN {OTHERS} THEN true ELSE scope = ANY({OWN}) END)'
            )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for table in STAYS:
        for name in (*FIGURES, 'imdg_class', 'declared_at'):
            op.drop_column(table, name)
