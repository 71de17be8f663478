"""Accounts, sessions, API keys and one-time links: what they are and how long each stands.

Pure: no clock, no database. ``access`` judges passwords and codes, ``store`` keeps what is here.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

import msgspec

from domain.errors import CockpitError
from domain.permissions import Role

TOKEN_BYTES = 32  # 256 bits; ASVS 5.0 7.2.3 asks for 128
NAME_LETTERS = 64
ACTIVITY = timedelta(minutes=1)  # a session's last activity is kept no finer than this


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a norm asks of passwords and sessions.

    Attributes:
        least_letters: of a password.
        least_kinds: of lower case, upper case, digits, others; 0 asks for none.
        most_days: a password is changed after so many days; None: never by age.
        former: so many passwords before the present one are not taken again.
        failures: in a row lock an account.
        locked: for so long.
        idle: a session without activity ends.
        absolute: it ends in any case.
        second_factor: every person needs one.
    """

    least_letters: int
    least_kinds: int
    most_days: int | None
    former: int
    failures: int = 5
    locked: timedelta = timedelta(minutes=15)
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    second_factor: bool = True


# ASVS 5.0 forbids what assessors of GB/T 22239-2019 level 3 ask for (kinds of letters, change by age).
POLICIES: Mapping[str, Policy] = MappingProxyType({
    "mlps3": Policy(least_letters=10, least_kinds=3, most_days=90, former=5),
    "asvs": Policy(least_letters=12, least_kinds=0, most_days=None, former=0),
})  # fmt: skip


class AccountError(CockpitError):
    """An account, session or key cannot be made or changed; ``code`` says why (catalogue ``account.error.<code>``)."""

    def __init__(self, code: str, detail: str = "") -> None:
        """Remember the code."""
        super().__init__(detail or code)
        self.code = code


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A WebAuthn credential: base64url id and public key, its counter, the host it stands for, its owner's title."""

    credential: str
    public_key: str
    counter: int
    host: str
    title: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who can log in.

    Attributes:
        account_id: never changes.
        name: what is typed at the login, unique, folded by ``login_name``.
        title: how the screen calls them.
        roles: duties.
        scope: enterprise codes; None is the whole port.
        active: False keeps them out and their history.
        password: argon2id hash; empty for none (OIDC only, or not yet set).
        password_at: since when.
        former: hashes of the ones before, newest first.
        totp: secret of the authenticator, sealed; empty for none.
        totp_step: the newest time step whose code was taken: a code counts once.
        recovery: hashes of unused recovery codes.
        passkeys: WebAuthn credentials.
        subject: ``issuer|sub`` of an OpenID provider; empty for none.
        failures: wrong passwords or codes in a row.
        locked_until: no attempt is judged before; None: not locked.
        version: grows with each change.
        made_at: when.
        logins: begin of the last two logins, newest first: so that its owner notices one that was not theirs.
    """

    account_id: str
    name: str
    title: str = ""
    roles: tuple[Role, ...] = ()
    scope: tuple[str, ...] | None = None
    active: bool = True
    password: str = ""
    password_at: datetime | None = None
    former: tuple[str, ...] = ()
    totp: str = ""
    totp_step: int = 0
    recovery: tuple[str, ...] = ()
    passkeys: tuple[Passkey, ...] = ()
    subject: str = ""
    failures: int = 0
    locked_until: datetime | None = None
    version: int = 1
    made_at: datetime | None = None
    logins: tuple[datetime, ...] = ()

    @property
    def second_factor(self) -> bool:
        """Whether one is set up."""
        return bool(self.totp or self.passkeys)

    def told(self) -> dict[str, object]:
        """What the audit and the list of accounts may hold: no secret and no hash."""
        return {
            "name": self.name, "title": self.title, "roles": list(self.roles),
            "scope": None if self.scope is None else list(self.scope), "active": self.active,
            "password": bool(self.password), "totp": bool(self.totp), "passkeys": len(self.passkeys),
            "subject": self.subject,
        }  # fmt: skip


class Stage(StrEnum):
    """How far a login has come; only ``FULL`` and ``KIOSK`` open anything but the next step."""

    SECOND = "second"
    ENROL = "enrol"
    PASSWORD = "password"  # noqa: S105  # the step, not one
    FULL = "full"
    KIOSK = "kiosk"


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody's login in one browser.

    Attributes:
        session_id: names it in lists; opens nothing.
        account_id: whose; of a kiosk the screen's id.
        stage: how far the login has come.
        made_at: begin.
        seen_at: last activity.
        ends_at: in any case.
        address: where from, at login.
        agent: the browser, by its own word.
        by: how they proved who they are, e.g. ``password+totp``.
        body: what a step must remember: a challenge, a secret not yet confirmed.
    """

    session_id: str
    account_id: str
    stage: Stage
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str = ""
    agent: str = ""
    by: str = ""
    body: dict[str, str] = {}

    def stands(self, now: datetime, policy: Policy) -> bool:
        """Whether it is neither over nor idle for too long; the screen of a wall is never idle."""
        if now >= self.ends_at or now < self.made_at - timedelta(minutes=5):  # a clock set back makes nobody stay
            return False
        return self.stage is Stage.KIOSK or now - self.seen_at < policy.idle


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A program's identity.

    Attributes:
        key_id: first part of the key, for lists.
        name: shown in the audit.
        roles: duties.
        scope: enterprise codes; None is the whole port.
        datasets: the only ones it may read, and nothing besides; None: whatever the roles allow.
        made_at: when.
        made_by: account, or who at the command line.
        ends_at: None: until revoked.
        revoked_at: None while it opens.
        uses: requests it opened, and websockets.
    """

    key_id: str
    name: str
    roles: tuple[Role, ...]
    scope: tuple[str, ...] | None = None
    datasets: tuple[str, ...] | None = None
    made_at: datetime
    made_by: str
    ends_at: datetime | None = None
    revoked_at: datetime | None = None
    uses: int = 0

    def stands(self, now: datetime) -> bool:
        """Whether it opens now."""
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An address that opens once: the first administrator, a new account's password, a wall's screen.

    Attributes:
        purpose: ``first``, ``welcome`` or ``screen``.
        subject: account id or screen; empty for ``first``.
        ends_at: not afterwards.
        made_by: account, or who at the command line.
    """

    purpose: str
    subject: str
    ends_at: datetime
    made_by: str


def new_token() -> str:
    """A secret nobody guesses, for an address or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_id() -> str:
    """A name for a row; no secret."""
    return secrets.token_hex(8)


def digest(token: str) -> str:
    """What is kept of a token: whoever reads the database can use none."""
    return hashlib.sha256(token.encode()).hexdigest()


def login_name(typed: str) -> str:
    """The one spelling of a name.

    Raises:
        AccountError: ``bad_name``: empty, too long, or with letters that do not show.
    """
    name = unicodedata.normalize("NFKC", typed).strip().casefold()
    if not 1 <= len(name) <= NAME_LETTERS or not name.isprintable() or any(c.isspace() for c in name) or ":" in name:
        raise AccountError("bad_name", "a name is 1 to 64 letters without spaces and colons")
    return name


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})


def check_roles(roles: Collection[str], scope: Collection[str] | None) -> None:
    """Whether one account may hold these duties together.

    Raises:
        AccountError: ``no_role``, ``unknown_role``; ``duties``: who runs the machines, manages accounts or reads the
            audit holds none of the other two (GB/T 22239-2019 level 3); ``enterprise_scope``: an enterprise's account
            names its enterprises and nothing else; ``scope``: others see the whole port.
    """
    if not roles:
        raise AccountError("no_role")
    if set(roles) - set(Role):
        raise AccountError(
            "unknown_role", f"unknown role {sorted(set(roles) - set(Role))[0]!r}; known: {', '.join(Role)}"
        )
    if len(ADMINISTRATORS & set(roles)) > 1:
        raise AccountError("duties", "system_admin, security_admin and auditor are separate duties")
    enterprise = Role.ENTERPRISE in roles
    if enterprise and (len(set(roles)) > 1 or not scope):
        raise AccountError("enterprise_scope", "role enterprise stands alone and needs at least one enterprise code")
    if scope is not None and not enterprise:
        raise AccountError("scope", "only role enterprise is held to enterprise codes")
