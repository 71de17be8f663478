"""Passwords: which are good enough, how they are kept, whether one is right.

argon2id with the library's parameters but one lane: 64 MiB and some 0.1 s for each guess. The door pages judge two at a
time, so that a flood of guesses fills neither memory nor processors.
"""

from __future__ import annotations

from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.accounts import AccountError, Policy

MOST_LETTERS = 256  # longer is no better, only slower
_hasher = PasswordHasher(parallelism=1)
_judged = 72  # letters the estimator looks at: its time grows with the square


class Weak(AccountError):
    """A new password that is not good enough; ``code`` says why."""


def keep(password: str) -> str:
    """The hash that is kept of it; takes some 0.1 s."""
    return _hasher.hash(password)


# Whoever has no account, or no password, is held against this: the answer takes as long as for those who have.
_NOBODY = _hasher.hash("nobody has this password")


def right(password: str, kept: str) -> bool:
    """Whether it is the one kept; takes as long for an empty ``kept``, and is wrong."""
    try:
        return _hasher.verify(kept or _NOBODY, password[:MOST_LETTERS]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def check(policy: Policy, password: str, name: str, former: Sequence[str] = ()) -> None:
    """Whether a new password is good enough.

    Args:
        policy: what is asked of it.
        password: as typed.
        name: of the account; it is no part of a good one.
        former: hashes of the ones it must not be.

    Raises:
        Weak: ``too_short``, ``too_long``, ``too_few_kinds``, ``has_name``, ``too_common`` or ``used_before``.
    """
    if len(password) < policy.least_letters:
        raise Weak("too_short")
    if len(password) > MOST_LETTERS:
        raise Weak("too_long")
    if _kinds(password) < policy.least_kinds:
        raise Weak("too_few_kinds")
    if len(name) >= 3 and name in password.casefold():
        raise Weak("has_name")
    if _common(password, name):
        raise Weak("too_common")
    if any(right(password, kept) for kept in former if kept):
        raise Weak("used_before")


def _kinds(password: str) -> int:
    letters, digits = [c for c in password if c.isalpha()], any(c.isdigit() for c in password)
    others = any(not c.isalnum() for c in password)
    # Han characters and the like are neither upper nor lower case: they count as a kind of their own.
    cased = (any(c.islower() for c in letters), any(c.isupper() for c in letters),
             any(not c.islower() and not c.isupper() for c in letters))  # fmt: skip
    return sum((*cased, digits, others))


def _common(password: str, name: str) -> bool:
    """Whether it is among those tried first: lists of leaked passwords, rows of keys, dates, repetitions."""
    from zxcvbn import zxcvbn  # its lists take a second to load, and only new passwords need them

    found = zxcvbn(password[:_judged], user_inputs=[name, "cockpit", "qianwan", "qingdao", "port"], max_length=_judged)
    return bool(found["score"] < 2)
