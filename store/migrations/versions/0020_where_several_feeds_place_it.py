"""Where other feeds place vehicles and vessels than the feed that goes before them"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

TOLD = {'vehicle_position': 'vehicle_latest', 'vessel_position': 'vessel_latest'}  # history is long
# As in migration 0011.
OWN = "ARRAY(SELECT unnest(nullif(current_setting('cockpit.scope', true), '')::text[]))"
OTHERS = "(SELECT current_user <> 'cockpit_scoped')"


def upgrade() -> None:
    for name, table in TOLD.items():
        op.execute(f"INSERT INTO told_by SELECT DISTINCT '{name}', feed FROM {table} WHERE true"
                   " ON CONFLICT (dataset, feed) DO NOTHING")
    if sa.inspect(op.get_bind()).has_table('other_latest'):
        return  # made by migration 0018 as it was for some hours
    kept = [sa.Column('kept_time', sa.BigInteger(), autoincrement=False, nullable=False),
            *(sa.Column(name, sa.Float(), nullable=True) for name in ('kept_lon', 'kept_lat', 'kept_course'))]
    op.create_table('other_position', *_columns(), sa.PrimaryKeyConstraint('subject', 'event_time'),
                    sqlite_with_rowid=False)
    op.create_table('other_latest', *_columns(), *kept, sa.PrimaryKeyConstraint('subject'), sqlite_with_rowid=False)
    if op.get_bind().dialect.name == 'postgresql':
        for table in ('other_position', 'other_latest'):
            op.execute(f'ALTER TABLE {table} ENABLE ROW LEVEL SECURITY')
            op.execute(f'CREATE POLICY cockpit_scope ON {table} '
                       f'USING (CASE WHEN {OTHERS} THEN true ELSE scope = ANY({OWN}) END)')


def downgrade() -> None:
    op.drop_table('other_latest')
    op.drop_table('other_position')


def _columns() -> list[sa.Column]:
    return [
        sa.Column('subject', TEXT, autoincrement=False, nullable=False),
        sa.Column('event_time', sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ('lon', 'lat')),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ('course_degrees', 'speed')),
        *(sa.Column(name, TEXT, nullable=False) for name in ('feed', 'origin')),
        sa.Column('recorded_time', sa.BigInteger(), nullable=True),
        sa.Column('received_at', sa.BigInteger(), nullable=False),
        *(sa.Column(name, TEXT, nullable=False) for name in ('ref', 'flags')),
        sa.Column('scope', TEXT, nullable=True),
    ]
