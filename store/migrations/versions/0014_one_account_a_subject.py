"""A subject of the OpenID provider belongs to one account, whoever else links it at the same moment"""

import json
import logging

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

LINKED = sa.text("subject <> ''")
_log = logging.getLogger(__name__)


def upgrade() -> None:
    _part()
    op.drop_index('account_subject', 'account')
    op.create_index('account_subject', 'account', ['subject'], unique=True, sqlite_where=LINKED,
                    postgresql_where=LINKED)


def downgrade() -> None:
    op.drop_index('account_subject', 'account')
    op.create_index('account_subject', 'account', ['subject'])


def _part() -> None:
    """Of accounts that share a subject one keeps it: an open one before a closed one, then whose login is newest.

    The others have to be linked anew by an administrator, who knows whose it is. The log names them: the audit's
    seal is not at hand here.
    """
    account = sa.table('account', *(sa.column(name) for name in ('account_id', 'name', 'subject', 'body', 'version')))
    connection = op.get_bind()
    shared = sa.select(account.c.subject).where(LINKED).group_by(account.c.subject).having(sa.func.count() > 1)
    for subject in connection.execute(shared).scalars().all():
        found = connection.execute(sa.select(account).where(account.c.subject == subject)).all()
        kept, *others = sorted(found, key=_claim, reverse=True)
        for row in others:
            body = {key: value for key, value in json.loads(row.body).items() if key != 'subject'}
            body['version'] = row.version + 1
            connection.execute(
                sa.update(account).where(account.c.account_id == row.account_id).values(
                    subject='', version=row.version + 1, body=json.dumps(body, ensure_ascii=False)
                )
            )
            _log.warning('account %s is no longer linked to %s, which %s keeps', row.name, subject, kept.name)


def _claim(row: sa.Row) -> tuple[bool, str, str]:
    body = json.loads(row.body)
    return body.get('active', True), max(body.get('logins', ()), default=''), row.account_id
