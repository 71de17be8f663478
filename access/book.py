"""What ``access`` asks of the store: the book of accounts, sessions, keys and links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from domain.accounts import Account, ApiKey, Link, Session
from domain.audit import Entry


class Book(Protocol):
    """`store.accounts.Accounts`; every call blocks and may raise StoreUnavailableError."""

    def news(self) -> int:
        """Grows with each change."""

    def accounts(self) -> list[Account]:
        """All."""

    def account(self, account_id: str) -> Account | None:
        """By id."""

    def named(self, name: str) -> Account | None:
        """By login name."""

    def of_subject(self, subject: str) -> Account | None:
        """By the name an OpenID provider has for it."""

    def add(self, new: Account, entry: Entry) -> None:
        """Add one; AccountError ``name_taken``."""

    def change(
        self,
        account_id: str,
        changed: Callable[[Account], Account],
        said: Callable[[Account, Account], Entry | None] = ...,
        ends_sessions: bool = False,
    ) -> Account:
        """Change one, in turn."""

    def session(self, digest: str) -> Session | None:
        """By its token's digest."""

    def sessions(self, account_id: str | None = None) -> list[Session]:
        """Of an account, or all."""

    def put_session(self, digest: str, new: Session, instead: str = "", entry: Entry | None = None) -> None:
        """Keep one in the place of another."""

    def touch(self, digest: str, at: datetime) -> None:
        """Note activity."""

    def end_session(self, digest: str, entry: Entry | None = None) -> None:
        """End one by its token."""

    def end_named(self, session_id: str, entry: Entry) -> None:
        """End one by its id."""

    def end_all(self, account_id: str, entry: Entry, but: str = "") -> None:
        """End all of an account."""

    def sweep(self, now: datetime) -> None:
        """Forget what is over."""

    def key(self, digest: str) -> ApiKey | None:
        """By its digest."""

    def keys(self) -> list[tuple[ApiKey, datetime | None]]:
        """All, with last use."""

    def put_key(self, digest: str, new: ApiKey, entry: Entry) -> None:
        """Keep one."""

    def used(self, digest: str, at: datetime, times: int = 1) -> None:
        """Note that it was used so many times, last at a moment."""

    def revoke_key(self, key_id: str, at: datetime, entry: Entry) -> ApiKey:
        """Take one back."""

    def put_link(self, digest: str, new: Link, entry: Entry | None) -> None:
        """Keep one."""

    def link(self, digest: str) -> Link | None:
        """Look at one."""

    def take_link(self, digest: str) -> Link | None:
        """Use one up."""

    def note(self, entry: Entry) -> None:
        """Put an attempt on record."""
