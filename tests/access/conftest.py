"""Accounts on both databases, at a clock that is set by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from access import passwords
from access.desk import AccountDesk
from access.login import Login
from access.steps import From, Step
from domain.accounts import POLICIES, Account, Stage
from domain.permissions import Role
from domain.vault import Vault
from domain.viewer import Viewer
from store.engine import Store, open_store
from tests.store.conftest import empty_postgres as empty_postgres
from tests.store.conftest import new_url as new_url
from tests.store.conftest import server as server
from tests.store.samples import NOW

GOOD = "Quay-crane seven 7"
HERE = From("10.0.0.7", "a browser")
ADMIN = Viewer(name="sec", roles=frozenset({Role.SECURITY_ADMIN}))


class Clock:
    """Aware UTC, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The right algorithm, at the price of a test."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    monkeypatch.setattr(passwords, "_NOBODY", cheap.hash("nobody has this password"))


class Office:
    """A store, a clock, and all that works on accounts."""

    def __init__(self, store: Store, clock: Clock, policy: str = "mlps3") -> None:
        self.store, self.clock, self.book = store, clock, store.accounts
        self.policy = POLICIES[policy]
        self.login = Login(self.book, self.policy, Vault([b"k" * 32]), clock)
        self.desk = AccountDesk(self.book, self.policy, clock)

    def hire(self, name: str = "lin", *roles: Role, scope: list[str] | None = None, password: str = GOOD) -> Account:
        """An account with a password and no second factor yet."""
        account, link = self.desk.add(ADMIN, name, "", roles or (Role.WATCH_OFFICER,), scope)
        self.login.welcome(link, password, HERE)
        return account

    def code(self, account: Account) -> str:
        """What the account's authenticator shows now."""
        kept = self.book.account(account.account_id)
        assert kept is not None
        secret = Vault([b"k" * 32]).open(f"totp.{kept.account_id}", kept.totp)
        return pyotp.TOTP(secret).at(int(self.clock.now.timestamp()))

    def enrol(self, account: Account, password: str = GOOD) -> tuple[Step, list[str]]:
        """Set up its authenticator and come in with it; gives the recovery codes too."""
        step = self.login.password(account.name, password, HERE)
        assert step.session.stage is Stage.ENROL
        secret, _ = self.login.begin_totp(step.token)
        return self.login.confirm_totp(step.token, pyotp.TOTP(secret).at(int(self.clock.now.timestamp())), HERE)

    def come_in(self, account: Account) -> Step:
        """Password and code."""
        self.clock.on(minutes=1)  # a code counts once
        step = self.login.password(account.name, GOOD, HERE)
        return self.login.code(step.token, self.code(account), HERE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(new_url: Callable[[], str], clock: Clock) -> Iterator[Office]:
    with contextlib.closing(open_store(new_url(), clock=clock)) as store:
        yield Office(store, clock)
