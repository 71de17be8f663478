"""What the steps of a login take and give."""

from __future__ import annotations

from typing import Protocol

import msgspec

from domain.accounts import Account, AccountError, Session


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
