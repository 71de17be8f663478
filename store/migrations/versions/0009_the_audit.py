"""The audit: rows that can be added and read, never changed or taken away"""

import sqlalchemy as sa
from alembic import op

from store.columns import TEXT

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

SAID = 'the audit is append-only'


def _texts(*names: str) -> list[sa.Column]:
    return [sa.Column(name, TEXT, autoincrement=False, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table('audit',
    *(sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in ('seq', 'at')),
    *_texts('who', 'what', 'object', 'body', 'seal'),
    sa.PrimaryKeyConstraint('seq'),
    )
    op.create_index('audit_at', 'audit', ['at'])
    if op.get_bind().dialect.name == 'sqlite':
        for act in ('UPDATE', 'DELETE'):
            op.execute(f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
                       f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END")
        return
    op.execute(f"CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
               f"$$ BEGIN RAISE EXCEPTION '{SAID}'; END $$")
    op.execute("CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
               "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()")


def downgrade() -> None:
    op.drop_table('audit')
    if op.get_bind().dialect.name != 'sqlite':
        op.execute('DROP FUNCTION audit_only_grows()')
