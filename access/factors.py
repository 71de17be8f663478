"""Codes of the second factor: of an authenticator by time (RFC 6238), and those for the day it is lost."""

from __future__ import annotations

import secrets
from datetime import datetime

import msgspec
import pyotp

from domain.accounts import Account, digest

SECONDS = 30  # a code stands
RECOVERY_CODES = 10


def step_of(secret: str, typed: str, after: int, now: datetime) -> int | None:
    """The time step whose code it is.

    Args:
        secret: of the authenticator, base32.
        typed: the code as typed.
        after: newest step whose code was taken; it and all before count no more.
        now: aware; the steps before and after it are allowed for clocks that differ.

    Returns:
        The step, None when it is none of them.
    """
    here, code = int(now.timestamp()) // SECONDS, "".join(typed.split()).encode()
    generator = pyotp.TOTP(secret)
    for step in (here, here - 1, here + 1):
        if step > after and secrets.compare_digest(generator.generate_otp(step).encode(), code):
            return step
    return None


def recovery_codes() -> tuple[list[str], tuple[str, ...]]:
    """Ten codes of eighty bits, to be shown once, and what is kept of them."""
    letters = [secrets.token_hex(10) for _ in range(RECOVERY_CODES)]
    return [f"{one[:10]}-{one[10:]}" for one in letters], tuple(map(digest, letters))


def used_up(account: Account, secret: str, typed: str, now: datetime) -> Account | None:
    """The account after its code was typed; None when it is none of its codes."""
    step = step_of(secret, typed, account.totp_step, now) if secret else None
    if step is not None:
        return msgspec.structs.replace(account, totp_step=step)
    code = digest("".join(typed.split()).replace("-", "").lower())
    if code not in account.recovery:
        return None
    return msgspec.structs.replace(account, recovery=tuple(kept for kept in account.recovery if kept != code))
