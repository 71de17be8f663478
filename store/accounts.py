"""Accounts, sessions, keys and links as they are kept. Who may change them is judged by ``access``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.accounts import Account, AccountError, ApiKey, Link, Session
from domain.audit import Entry, Sealer
from store.database import Database
from store.moments import micros, moment
from store.schema import account, api_key, change, link, session
from store.writes import audit, changes

Clock = Callable[[], datetime]
NEWS = "access"  # the name under which changes here are counted
_Struct = TypeVar("_Struct", Account, Session, ApiKey, Link)


class Accounts:
    """Who may log in and who is in. Thread-safe; errors as for every write of the store.

    Every change is on record in the audit with it, and counted, so that each process notices it.
    """

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        """Made by the store, on its own database."""
        self._database, self._clock, self._sealer = database, clock, sealer

    def news(self) -> int:
        """Grows with each change of an account, session, key or link."""
        with self._database.reading() as connection:
            return connection.execute(select(change.c.seq).where(change.c.dataset == NEWS)).scalar() or 0

    def accounts(self) -> list[Account]:
        """All, by name."""
        return self._all(select(account.c.body).order_by(account.c.name), Account)

    def account(self, account_id: str) -> Account | None:
        """The one with this id."""
        return self._one(select(account.c.body).where(account.c.account_id == account_id), Account)

    def named(self, name: str) -> Account | None:
        """The one with this login name, in its one spelling."""
        return self._one(select(account.c.body).where(account.c.name == name), Account)

    def of_subject(self, subject: str) -> Account | None:
        """The one an OpenID provider calls so (``issuer|sub``)."""
        if not subject:
            return None
        where = (account.c.subject == subject) & (account.c.subject != "")  # the second part names the index
        return self._one(select(account.c.body).where(where), Account)

    def add(self, new: Account, entry: Entry) -> None:
        """Add an account.

        Raises:
            AccountError: ``name_taken``, ``subject_taken``.
        """
        with self._once(new), self._changing(entry) as connection:
            connection.execute(insert(account).values(account_id=new.account_id, **self._row(new)))

    def change(
        self,
        account_id: str,
        changed: Callable[[Account], Account],
        said: Callable[[Account, Account], Entry | None] = lambda before, after: None,
        ends_sessions: bool = False,
    ) -> Account:
        """Change an account, whoever else does so meanwhile: one after the other.

        Args:
            account_id: which.
            changed: from the account as it stands to the account as it shall stand.
            said: what the audit says of it; None for what is not worth an entry.
            ends_sessions: log it out everywhere.

        Raises:
            AccountError: ``unknown``, ``name_taken``, ``subject_taken``; or whatever ``changed`` raises: nothing is
                changed then.
        """
        with self._database.writing(durable=True) as connection:
            query = select(account.c.body).where(account.c.account_id == account_id)
            body = connection.execute(query.with_for_update()).scalar()
            if body is None:
                raise AccountError("unknown", f"no account {account_id}")
            before = msgspec.json.decode(body, type=Account)
            after = msgspec.structs.replace(changed(before), version=before.version + 1)
            where = account.c.account_id == account_id
            with self._once(after):
                connection.execute(update(account).where(where).values(**self._row(after)))
            if ends_sessions:
                connection.execute(delete(session).where(session.c.account_id == account_id))
            self._said(connection, said(before, after))
            return after

    def session(self, digest: str) -> Session | None:
        """The session with this token's digest, with its last activity."""
        query = select(session.c.body, session.c.seen_at).where(session.c.digest == digest)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _seen(*row)

    def sessions(self, account_id: str | None = None) -> list[Session]:
        """Sessions of an account, or all, newest activity first."""
        query = select(session.c.body, session.c.seen_at).order_by(session.c.seen_at.desc())
        if account_id is not None:
            query = query.where(session.c.account_id == account_id)
        with self._database.reading() as connection:
            return [_seen(*row) for row in connection.execute(query)]

    def put_session(self, digest: str, new: Session, instead: str = "", entry: Entry | None = None) -> None:
        """Keep a session; the one whose digest is ``instead`` ends with it: tokens change with what they open."""
        with self._changing(entry) as connection:
            connection.execute(delete(session).where(session.c.digest.in_({digest, instead})))
            connection.execute(
                insert(session).values(
                    digest=digest, session_id=new.session_id, account_id=new.account_id,
                    body=_text(new), seen_at=micros(new.seen_at), ends_at=micros(new.ends_at),
                )
            )  # fmt: skip

    def touch(self, digest: str, at: datetime) -> None:
        """Note activity; changes nothing of what the session opens, so nobody else need know."""
        where = (session.c.digest == digest) & (session.c.seen_at < micros(at))
        with self._database.touching() as connection:
            connection.execute(update(session).where(where).values(seen_at=micros(at)))

    def end_session(self, digest: str, entry: Entry | None = None) -> None:
        """End the session with this token."""
        self._end(session.c.digest == digest, entry)

    def end_named(self, session_id: str, entry: Entry) -> None:
        """End the session with this id."""
        self._end(session.c.session_id == session_id, entry)

    def end_all(self, account_id: str, entry: Entry, but: str = "") -> None:
        """End all sessions of an account, but the one with this token's digest."""
        self._end((session.c.account_id == account_id) & (session.c.digest != but), entry)

    def sweep(self, now: datetime) -> None:
        """Forget sessions and links that are over."""
        with self._database.writing() as connection:
            for table in (session, link):
                connection.execute(delete(table).where(table.c.ends_at < micros(now)))

    def key(self, digest: str) -> ApiKey | None:
        """The API key with this digest."""
        return self._one(select(api_key.c.body).where(api_key.c.digest == digest), ApiKey)

    def keys(self) -> list[tuple[ApiKey, datetime | None]]:
        """All keys by name, and when each was used last."""
        with self._database.reading() as connection:
            rows = [(msgspec.json.decode(body, type=ApiKey), moment(used) if used else None)
                    for body, used in connection.execute(select(api_key.c.body, api_key.c.used_at))]  # fmt: skip
        return sorted(rows, key=lambda row: (row[0].name, row[0].made_at))

    def put_key(self, digest: str, new: ApiKey, entry: Entry) -> None:
        """Keep a key."""
        with self._changing(entry) as connection:
            values = {"digest": digest, "key_id": new.key_id, "body": _text(new), "used_at": 0}
            connection.execute(insert(api_key).values(**values))

    def used(self, digest: str, at: datetime, times: int = 1) -> None:
        """Note that a key was used so many times, last at a moment; nobody else need know."""
        where = api_key.c.digest == digest
        with self._database.writing() as connection:
            body = connection.execute(select(api_key.c.body).where(where).with_for_update()).scalar()
            if body is not None:
                known = msgspec.json.decode(body, type=ApiKey)
                counted = msgspec.structs.replace(known, uses=known.uses + times)
                values = {"body": _text(counted), "used_at": micros(at)}
                connection.execute(update(api_key).where(where).values(**values))

    def revoke_key(self, key_id: str, at: datetime, entry: Entry) -> ApiKey:
        """Take a key back for good.

        Raises:
            AccountError: ``unknown``.
        """
        with self._changing(entry) as connection:
            query = select(api_key.c.body).where(api_key.c.key_id == key_id)
            body = connection.execute(query.with_for_update()).scalar()
            if body is None:
                raise AccountError("unknown", f"no key {key_id}")
            revoked = msgspec.structs.replace(msgspec.json.decode(body, type=ApiKey), revoked_at=at)
            connection.execute(update(api_key).where(api_key.c.key_id == key_id).values(body=_text(revoked)))
            return revoked

    def put_link(self, digest: str, new: Link, entry: Entry | None) -> None:
        """Keep a link in the place of all there are for the same purpose and subject."""
        with self._changing(entry) as connection:
            known = connection.execute(select(link.c.digest, link.c.body)).all()
            old = [one for one, body in known if _same_end(msgspec.json.decode(body, type=Link), new)]
            connection.execute(delete(link).where(link.c.digest.in_(old)))
            connection.execute(insert(link).values(digest=digest, body=_text(new), ends_at=micros(new.ends_at)))

    def link(self, digest: str) -> Link | None:
        """The link with this digest, not used up by looking."""
        return self._one(select(link.c.body).where(link.c.digest == digest), Link)

    def take_link(self, digest: str) -> Link | None:
        """The link with this digest; of all who take it one gets it."""
        with self._database.writing(durable=True) as connection:
            body = connection.execute(select(link.c.body).where(link.c.digest == digest)).scalar()
            taken = connection.execute(delete(link).where(link.c.digest == digest)).rowcount
        return msgspec.json.decode(body, type=Link) if taken and body else None

    def note(self, entry: Entry) -> None:
        """Put on record what changes nothing here, an attempt that failed for one; when this returns it is kept."""
        with self._database.writing(durable=True) as connection:
            audit.append(connection, self._sealer, entry, self._clock())

    def _end(self, where: ColumnElement[bool], entry: Entry | None) -> None:
        with self._changing(entry) as connection:
            connection.execute(delete(session).where(where))

    @contextmanager
    def _changing(self, entry: Entry | None) -> Iterator[Connection]:
        with self._database.writing(durable=True) as connection:
            yield connection
            self._said(connection, entry)

    @contextmanager
    def _once(self, one: Account) -> Iterator[None]:
        """A name and a subject belong to one account each; the database judges, whoever else writes meanwhile."""
        try:
            yield
        except IntegrityError as error:
            broken = getattr(getattr(error.orig, "diag", None), "constraint_name", None)  # SQLite names the column
            if (broken or str(error.orig)).endswith("subject"):
                raise AccountError("subject_taken", f"the provider's {one.subject} is another account") from error
            raise AccountError("name_taken", f"there is an account {one.name}") from error

    def _said(self, connection: Connection, entry: Entry | None) -> None:
        changes.bump(connection, [NEWS], self._clock())
        if entry is not None:
            audit.append(connection, self._sealer, entry, self._clock())

    def _row(self, one: Account) -> dict[str, object]:
        return {
            "name": one.name, "subject": one.subject, "body": _text(one), "version": one.version,
            "updated_at": micros(self._clock()),
        }  # fmt: skip

    def _one(self, query: Select[Any], kind: type[_Struct]) -> _Struct | None:
        with self._database.reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else msgspec.json.decode(body, type=kind)

    def _all(self, query: Select[Any], kind: type[_Struct]) -> list[_Struct]:
        with self._database.reading() as connection:
            return [msgspec.json.decode(body, type=kind) for body in connection.execute(query).scalars()]


def _text(one: msgspec.Struct) -> str:
    return msgspec.json.encode(one).decode()


def _seen(body: str, seen_at: int) -> Session:
    return msgspec.structs.replace(msgspec.json.decode(body, type=Session), seen_at=moment(seen_at))


def _same_end(one: Link, other: Link) -> bool:
    return (one.purpose, one.subject) == (other.purpose, other.subject)
