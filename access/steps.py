"""What the steps of a login take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from domain.accounts import Account, AccountError, Session
from domain.audit import Entry

OPENID = "oidc"  # begins what is said of a login by a provider, and names what its session keeps of it


class Refused(AccountError):
    """A step that failed; ``code``: wrong, locked_out, ended, prove, wrong_code, link_over."""


class Vault(Protocol):
    """Seals what must be read again but not by whoever reads the database."""

    def seal(self, name: str, text: str) -> str:
        """Sealed for this name."""

    def open(self, name: str, sealed: str) -> str:
        """What was sealed for this name."""


class From(msgspec.Struct, frozen=True):
    """Where a step came from: address, and browser by its own word."""

    address: str = ""
    agent: str = ""


class Step(msgspec.Struct, frozen=True):
    """How far it has come: the new token and what stands now."""

    token: str
    session: Session
    account: Account


def said(account: Account, what: str, at: From, by: str = "", result: str = "done") -> Entry:
    """What the audit says of a step; ``by``: how somebody proved who they are."""
    return Entry(
        what=what, who=account.name, object=account.account_id, roles=tuple(account.roles), address=at.address,
        result=result, after={"by": by} if by else None,
    )  # fmt: skip


def lasting(session: Session) -> dict[str, str]:
    """What a session hands on to the one in its place: what its provider will ask for at the logout."""
    return {OPENID: session.body[OPENID]} if OPENID in session.body else {}


def locked(account: Account, now: datetime) -> bool:
    """Whether nothing is judged now."""
    return account.locked_until is not None and now < account.locked_until


def totp_name(account: Account) -> str:
    """What the vault calls the secret of an account's authenticator."""
    return f"totp.{account.account_id}"
