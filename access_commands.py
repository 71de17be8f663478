"""Commands of who may come in: keys of programs, ways in for administrators. The cockpit may run."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import entering
from domain.accounts import AccountError, login_name
from domain.errors import ConfigError
from pipeline.opening import store_of
from settings import Settings


def api_key_create(settings: Settings, name: str, roles: Sequence[str], scope: Sequence[str] | None,
                   days: int | None, datasets: Sequence[str] | None = None) -> int:  # fmt: skip
    """Make a key for a program and print it: the only time anybody sees it."""
    with contextlib.closing(store_of(settings)) as store:
        key, text = entering.desk_of(settings, store).add_key(entering.console(), name, roles, scope, days, datasets)
    ends = "until revoked" if key.ends_at is None else f"until {key.ends_at:%Y-%m-%d}"
    reads = f", reads {', '.join(key.datasets)} only" if key.datasets is not None else ""
    print(f"key {key.key_id} for {key.name} ({', '.join(key.roles)}){reads}, {ends}; shown this once:", file=sys.stderr)
    print(text)
    return 0


def api_key_list(settings: Settings) -> int:
    """Print the keys, not their texts."""
    with contextlib.closing(store_of(settings)) as store:
        for key, used in entering.desk_of(settings, store).keys(entering.console()):
            state = "revoked" if key.revoked_at else "stands" if key.stands(datetime.now(UTC)) else "over"
            last = f"{key.uses} times, last {used:%Y-%m-%d %H:%M}" if used else "never"
            reads = "" if key.datasets is None else f"  reads {','.join(key.datasets)}"
            print(f"{key.key_id}  {key.name}  {','.join(key.roles)}  {state}  by {key.made_by}  used {last}{reads}")
    return 0


def api_key_revoke(settings: Settings, key_id: str) -> int:
    """Take a key back; running cockpits notice within seconds."""
    with contextlib.closing(store_of(settings)) as store:
        entering.desk_of(settings, store).revoke_key(entering.console(), key_id)
    print(f"key {key_id} is revoked")
    return 0


def admin_link(settings: Settings) -> int:
    """Print an address that makes one more security administrator: for the day nobody gets in."""
    with contextlib.closing(store_of(settings)) as store:
        secret = entering.desk_of(settings, store).way_in(entering.console())
    print(f"open once, within a day: {entering.address(settings)}/welcome/{secret}")
    return 0


def account_link(settings: Settings, name: str, sub: str) -> int:
    """Say whom the OpenID provider means by a subject; an empty one: nobody.

    Raises:
        ConfigError: the settings name no provider.
        AccountError: no such account, or the subject is another's.
    """
    if settings.access.oidc is None:
        raise ConfigError(str(settings.source), "access.oidc", "names no OpenID provider yet")
    with contextlib.closing(store_of(settings)) as store:
        found = store.accounts.named(login_name(name))
        if found is None:
            raise AccountError("unknown", f"no account {name}")
        subject = f"{settings.access.oidc.issuer}|{sub}" if sub else ""
        desk = entering.desk_of(settings, store)
        desk.change(entering.console(), found.account_id, found.version, subject=subject)
    print(f"{found.name} is {subject or 'nobody'} at the OpenID provider")
    return 0


def account_unlock(settings: Settings, name: str) -> int:
    """Let somebody try again who was locked out."""
    with contextlib.closing(store_of(settings)) as store:
        found = store.accounts.named(login_name(name))
        if found is None:
            raise AccountError("unknown", f"no account {name}")
        entering.desk_of(settings, store).unlock(entering.console(), found.account_id)
    print(f"{found.name} may try again")
    return 0
