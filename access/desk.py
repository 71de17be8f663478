"""The one way for people to change accounts, sessions, keys and links: each act asks, and is on record with it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec

from access.book import Book
from domain.accounts import (
    Account,
    AccountError,
    ApiKey,
    Link,
    Policy,
    Session,
    Stage,
    check_roles,
    digest,
    login_name,
    new_id,
    new_token,
)
from domain.audit import by
from domain.errors import NotAllowedError
from domain.permissions import DATASET_PERMISSIONS, Permission, Role
from domain.viewer import Viewer

LINK = timedelta(hours=48)
FIRST_LINK = timedelta(hours=24)
KEY_PREFIX = "cockpit_"  # so that scanners for leaked keys know one when they see it


class AccountDesk:
    """Acts on accounts. Every method blocks; call them in a thread."""

    def __init__(
        self, book: Book, policy: Policy, clock: Callable[[], datetime], changed: Callable[[], None] = lambda: None
    ) -> None:
        """Take what it works with.

        Args:
            book: where accounts, sessions, keys and links stand.
            policy: in force.
            clock: aware UTC.
            changed: called after each act, so that this process holds to it at once.
        """
        self._book, self._policy, self._clock, self._changed = book, policy, clock, changed

    def mine(self, viewer: Viewer) -> Account | None:
        """The viewer's own account, without its secrets; None for whoever has none: a screen, a key, a demo."""
        found = self._book.named(viewer.name) if viewer.session else None
        return None if found is None else _bare(found)

    def accounts(self, viewer: Viewer) -> list[Account]:
        """All accounts, without their secrets; NotAllowedError."""
        viewer.require(Permission.ACCOUNTS)
        return [_bare(one) for one in self._book.accounts()]

    def add(
        self, viewer: Viewer, name: str, title: str, roles: Collection[str], scope: Collection[str] | None = None
    ) -> tuple[Account, str]:
        """Add an account; gives it and the secret of the link at which its owner sets the password.

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``bad_name``, ``name_taken``, or roles that do not go together (``check_roles``).
        """
        viewer.require(Permission.ACCOUNTS)
        new = Account(
            account_id=new_id(), name=login_name(name), title=title.strip()[:100], **_duties(roles, scope),
            made_at=self._clock(),
        )  # fmt: skip
        self._book.add(new, by(viewer, "account.add", new.name, None, new.told()))
        self._changed()
        return _bare(new), self._link(viewer, "welcome", new.account_id, new.name)

    def change(
        self,
        viewer: Viewer,
        account_id: str,
        version: int,
        *,
        title: str | None = None,
        roles: Collection[str] | None = None,
        scope: Collection[str] | None = None,
        active: bool | None = None,
        subject: str | None = None,
    ) -> Account:
        """Change what an account may do; what is None stays (``scope`` goes with ``roles``).

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``own``: nobody changes their own duties; ``last_admin``: somebody must be left who can manage
                accounts; ``changed``: by somebody else meanwhile; ``subject_taken``; ``unknown``; ``check_roles``.
        """
        viewer.require(Permission.ACCOUNTS)
        duties = {} if roles is None else _duties(roles, scope)

        def changed(before: Account) -> Account:
            if before.version != version:
                raise AccountError("changed", "somebody else has changed this account meanwhile")
            if before.name == viewer.name and (roles is not None or active is not None):
                raise AccountError("own", "nobody changes their own duties")
            other = self._book.of_subject(subject or "")
            if other is not None and other.account_id != account_id:
                raise AccountError("subject_taken", f"the provider's {subject} is the account {other.name} already")
            given: dict[str, Any] = {"title": title, "active": active, "subject": subject}
            new = msgspec.structs.replace(before, **duties, **{k: v for k, v in given.items() if v is not None})
            if _manages(before) and not _manages(new):
                self._other_admin(account_id)
            return new

        after = self._book.change(
            account_id, changed,
            lambda before, after: by(viewer, "account.change", after.name, before.told(), after.told()),
            ends_sessions=active is False,
        )  # fmt: skip
        self._changed()
        return _bare(after)

    def unlock(self, viewer: Viewer, account_id: str) -> Account:
        """Let somebody try again at once who was locked out by wrong passwords, their own or another's.

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``unknown``.
        """
        viewer.require(Permission.ACCOUNTS)
        return _bare(
            self._book.change(
                account_id, lambda a: msgspec.structs.replace(a, failures=0, locked_until=None),
                lambda before, after: by(viewer, "account.unlock", after.name),
            )
        )  # fmt: skip

    def reset(self, viewer: Viewer, account_id: str) -> str:
        """Take back password and second factor and end all sessions; gives the secret of a new link.

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``unknown``; ``own``: that is what the account page is for.
        """
        viewer.require(Permission.ACCOUNTS)

        def changed(before: Account) -> Account:
            if before.name == viewer.name:
                raise AccountError("own", "change your own password at your account")
            former = (before.password, *before.former)[: self._policy.former] if before.password else before.former
            return msgspec.structs.replace(
                before, password="", former=former, totp="", totp_step=0, recovery=(), passkeys=(), failures=0,
                locked_until=None,
            )  # fmt: skip

        account = self._book.change(
            account_id, changed, lambda before, after: by(viewer, "account.reset", after.name), ends_sessions=True
        )
        self._changed()
        return self._link(viewer, "welcome", account_id, account.name)

    def sessions(self, viewer: Viewer, of: str | None = None) -> list[tuple[Session, str]]:
        """Sessions with the name of who they belong to: one's own, or everybody's for who manages accounts.

        Args:
            viewer: who asks.
            of: login name; None is everybody.
        """
        if of != viewer.name:
            viewer.require(Permission.ACCOUNTS)
        names = {one.account_id: one.name for one in self._book.accounts()}
        found = [(one, names.get(one.account_id, f"screen:{one.account_id}")) for one in self._book.sessions()]
        now = self._clock()
        return [(one, name) for one, name in found if of in (None, name) and one.stands(now, self._policy)]

    def end(self, viewer: Viewer, session_id: str) -> None:
        """End a session of one's own, or anybody's for who manages accounts; its sockets close within seconds.

        Raises:
            NotAllowedError: somebody else's.
            AccountError: ``unknown``.
        """
        mine = None if viewer.may(Permission.ACCOUNTS) else viewer.name
        name = next((name for one, name in self.sessions(viewer, mine) if one.session_id == session_id), None)
        if name is None:
            raise AccountError("unknown", "no such session")
        self._book.end_named(session_id, by(viewer, "session.end", name))
        self._changed()

    def end_others(self, viewer: Viewer) -> int:
        """End all sessions of one's own but the one asking; gives how many."""
        others = [one for one, _ in self.sessions(viewer, viewer.name) if one.session_id != viewer.session]
        for one in others:
            self._book.end_named(one.session_id, by(viewer, "session.end", viewer.name))
        self._changed()
        return len(others)

    def forget_passkey(self, viewer: Viewer, credential: str) -> Account:
        """Take one of one's own passkeys back, a lost one for instance: it opens nothing from now on.

        Raises:
            NotAllowedError: whoever asks has no account.
            AccountError: ``unknown``; ``last_factor``: everybody needs a second factor.
        """
        mine = self.mine(viewer)
        if mine is None:
            raise NotAllowedError("who has no account has no passkeys")

        def without(now: Account) -> Account:
            left = tuple(one for one in now.passkeys if one.credential != credential)
            if len(left) == len(now.passkeys):
                raise AccountError("unknown", "no such passkey")
            if self._policy.second_factor and not left and not now.totp:
                raise AccountError("last_factor", "everybody needs a second factor")
            return msgspec.structs.replace(now, passkeys=left)

        gone = {"passkey": credential[:8]}
        after = self._book.change(
            mine.account_id, without, lambda before, after: by(viewer, "account.passkey", after.name, gone)
        )
        return _bare(after)

    def bound(self, viewer: Viewer) -> dict[str, Session]:
        """The newest binding of each screen of the wall; NotAllowedError."""
        viewer.require(Permission.ACT_ON_SCREENS)
        found = [one for one in self._book.sessions() if one.stage is Stage.KIOSK]
        now = self._clock()
        return {one.account_id: one for one in sorted(found, key=lambda one: one.made_at) if one.ends_at > now}

    def unbind(self, viewer: Viewer, screen: str) -> None:
        """End every binding of a screen: what is bound to it waits at ``/unbound``.

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``unknown``: nothing is bound to it.
        """
        viewer.require(Permission.ACT_ON_SCREENS)
        found = [one for one in self._book.sessions(screen) if one.stage is Stage.KIOSK]
        if not found:
            raise AccountError("unknown", "nothing is bound to this screen")
        for one in found:
            self._book.end_named(one.session_id, by(viewer, "screen.unbind", screen))
        self._changed()

    def keys(self, viewer: Viewer) -> list[tuple[ApiKey, datetime | None]]:
        """Keys of programs and when each was used last; NotAllowedError."""
        viewer.require(Permission.ACCOUNTS)
        return self._book.keys()

    def add_key(
        self, viewer: Viewer, name: str, roles: Collection[str], scope: Collection[str] | None = None,
        days: int | None = None, datasets: Collection[str] | None = None,
    ) -> tuple[ApiKey, str]:  # fmt: skip
        """Make a key; gives it and its text, which nobody can read again.

        Args:
            viewer: who makes it.
            name: of the program.
            roles: its duties; managing accounts is not for programs.
            scope: enterprise codes, for role enterprise.
            days: it ends after so many; None: until revoked.
            datasets: the only ones it may read; None: whatever its roles allow.

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``bad_name``, ``bad_days``, ``key_duties``, ``no_dataset``, or ``check_roles``.
        """
        viewer.require(Permission.ACCOUNTS)
        if Role.SECURITY_ADMIN in roles:
            raise AccountError("key_duties", "accounts are managed by people")
        if days is not None and not 1 <= days <= 3650:
            raise AccountError("bad_days", "a key stands 1 to 3650 days, or until it is revoked")
        unknown = set(datasets or ()) - DATASET_PERMISSIONS.keys()
        if unknown:
            raise AccountError("no_dataset", f"no dataset {', '.join(sorted(unknown))}")
        now, text = self._clock(), KEY_PREFIX + new_token()
        key = ApiKey(
            key_id=new_id(), name=login_name(name), **_duties(roles, scope), made_at=now, made_by=viewer.name,
            ends_at=None if days is None else now + timedelta(days=days),
            datasets=tuple(sorted(set(datasets))) if datasets else None,
        )  # fmt: skip
        self._book.put_key(digest(text), key, by(viewer, "api_key.add", key.name, None, _of_key(key)))
        self._changed()
        return key, text

    def revoke_key(self, viewer: Viewer, key_id: str) -> None:
        """Take a key back.

        Raises:
            NotAllowedError: not theirs to do.
            AccountError: ``unknown``.
        """
        viewer.require(Permission.ACCOUNTS)
        known = next((key for key, _ in self.keys(viewer) if key.key_id == key_id), None)
        if known is None:
            raise AccountError("unknown", "no such key")
        self._book.revoke_key(key_id, self._clock(), by(viewer, "api_key.revoke", known.name, _of_key(known)))
        self._changed()

    def invite_screen(self, viewer: Viewer, screen: str) -> str:
        """The secret of a link that binds the browser it is opened in to a screen of the wall; NotAllowedError."""
        viewer.require(Permission.ACT_ON_SCREENS)
        return self._link(viewer, "screen", screen, screen)

    def first_link(self, viewer: Viewer) -> str | None:
        """The secret of the link for the first administrator; None when there is one who can log in."""
        if any(_manages(one) and one.password for one in self._book.accounts()):
            return None
        return self.way_in(viewer)

    def way_in(self, viewer: Viewer) -> str:
        """A link that makes one more security administrator: for the console of the machine, when nobody gets in."""
        return self._link(viewer, "first", "", "", FIRST_LINK)

    def _other_admin(self, account_id: str) -> None:
        if not any(_manages(one) and one.account_id != account_id for one in self._book.accounts()):
            raise AccountError("last_admin", "somebody must be left who can manage accounts")

    def _link(self, viewer: Viewer, purpose: str, subject: str, name: str, stands: timedelta = LINK) -> str:
        secret, ends = new_token(), self._clock() + stands
        link = Link(purpose=purpose, subject=subject, ends_at=ends, made_by=viewer.name)
        self._book.put_link(digest(secret), link, by(viewer, f"link.{purpose}", name))
        return secret


def _duties(roles: Collection[str], scope: Collection[str] | None) -> dict[str, Any]:
    check_roles(roles, scope)
    return {
        "roles": tuple(role for role in Role if role in roles),
        "scope": None if scope is None else tuple(sorted(set(scope))),
    }


def _manages(one: Account) -> bool:
    return one.active and Role.SECURITY_ADMIN in one.roles


def _bare(one: Account) -> Account:
    """What lists may hold: whether there are secrets, not which."""
    return msgspec.structs.replace(
        one, password="*" if one.password else "", former=(), totp="*" if one.totp else "",
        recovery=tuple("*" for _ in one.recovery),
    )  # fmt: skip


def _of_key(key: ApiKey) -> dict[str, Any]:
    return {"id": key.key_id, "roles": list(key.roles), "scope": None if key.scope is None else list(key.scope),
            "datasets": None if key.datasets is None else list(key.datasets),
            "ends_at": None if key.ends_at is None else key.ends_at.isoformat()}  # fmt: skip
