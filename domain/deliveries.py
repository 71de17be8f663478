"""How a target is doing, told by what became of the deliveries to it, and when to try again.

Nothing of it is kept in memory: the log of deliveries says it, so it survives a restart and every process sees the
same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from domain.outbound import Outbound

SENT = "sent"
SKIPPED = "skipped"  # outside of the hours it wants to be told
FAILURES = 3  # in a row, before a target is left alone for a while
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=5)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=5)
GIVE_UP = timedelta(hours=24)


class Message(msgspec.Struct, frozen=True):
    """One message to a target.

    Attributes:
        number: of the message in its job.
        alerts: bodies of the outbox entries it tells of, with ``id`` of the alert; none: it is a test.
        by: who tests.
    """

    number: int
    alerts: tuple[dict[str, Any], ...] = ()
    by: str = ""


class Job(msgspec.Struct, frozen=True):
    """Messages to one target, for the process that sends them; never logged: ``url`` has its secrets in place.

    Attributes:
        url: as apprise takes it.
        language, timezone, port, address: what messages are written with: the target's language, the port's zone and
            name, and where the cockpit is.
        outbound: what may be connected to.
        seconds: after which the process ends itself.
        messages: in the order they are sent.
    """

    url: str
    language: str
    timezone: str
    port: str
    address: str
    outbound: Outbound
    seconds: float
    messages: tuple[Message, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What became of a message: ``sent`` or a code of what went wrong, and a detail without secrets."""

    result: str
    detail: str = ""


class Attempt(msgspec.Struct, frozen=True):
    """One try to deliver.

    Attributes:
        at: when it ended.
        result: ``sent``, or a code of what went wrong (catalogue ``notify.result.<code>``).
    """

    at: datetime
    result: str


class Doing(msgspec.Struct, frozen=True):
    """How a target is doing.

    Attributes:
        state: ``unused`` (nothing was ever sent), ``ok``, ``failing``, or ``resting``: failed so often that it is
            left alone until ``rests_until``, then one try tells.
        since: of ``ok`` the newest delivery, of the others the first failure in a row.
        result: of the newest try.
        failures: in a row.
        rests_until: when it is tried again.
    """

    state: str = "unused"
    since: datetime | None = None
    result: str = ""
    failures: int = 0
    rests_until: datetime | None = None


def doing(attempts: Sequence[Attempt], now: datetime) -> Doing:
    """How a target is doing.

    Args:
        attempts: the tries since it last worked and that one, newest first; more of them change nothing.
        now: aware UTC.
    """
    tried = [one for one in attempts if one.result != SKIPPED]
    if not tried:
        return Doing()
    if tried[0].result == SENT:
        return Doing("ok", tried[0].at, SENT)
    works = next((place for place, one in enumerate(tried) if one.result == SENT), len(tried))
    since, rest = tried[works - 1].at, _rest(works)
    until = tried[0].at + rest
    if works >= FAILURES and tried[0].at <= now < until:  # tried later than now: the clock was set back, nobody rests
        return Doing("resting", since, tried[0].result, works, until)
    return Doing("failing", since, tried[0].result, works)


def _rest(failures: int) -> timedelta:
    return min(LONGEST_REST, FIRST_REST * float(2 ** min(max(failures - FAILURES, 0), 10)))


def retry_at(attempts: int, now: datetime, chance: float) -> datetime:
    """When an entry is tried again.

    Args:
        attempts: how often it failed, from 1 on.
        now: aware UTC.
        chance: 0 to 1; spreads what failed together over half to one and a half of the wait.
    """
    return now + min(LONGEST_RETRY, FIRST_RETRY * float(3 ** min(attempts - 1, 10))) * (0.5 + chance)
