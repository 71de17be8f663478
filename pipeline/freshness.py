"""How old a picture is: the head of every picture comes from the health of the feeds behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from domain.pictures import FeedRow, FeedState, Picture, Positions
from domain.records import Record
from domain.scores import Score

P = TypeVar("P", bound=Picture | Positions)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The fields every picture begins with."""

    as_of: datetime | None = None
    expected_seconds: float = 60.0
    feeds: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    score: Score | None = None


def head_of(health: Sequence[FeedRow], now: datetime) -> Head:
    """The head of a picture that rests on these feeds.

    A picture is as stale as the stalest of its feeds: ``as_of`` and ``expected_seconds`` are those
    of the feed that is furthest beyond what is expected of it. Recordings that were played to
    their end and feeds switched off count only when there are no others.

    Args:
        health: rows of the feeds behind the picture.
        now: aware UTC.
    """
    names = tuple(sorted(row.key for row in health))
    origins = tuple(sorted({row.origin for row in health}))
    running = [row for row in health if row.state not in (FeedState.ENDED, FeedState.DISABLED)] or list(health)
    delivered = [row for row in running if row.last_ok_at is not None]
    score = _worst([row.score for row in running if row.score is not None])
    if not delivered:
        expected = max((row.expected_seconds for row in running), default=60.0)
        return Head(expected_seconds=expected, feeds=names, origins=origins, score=score)
    worst = max(delivered, key=lambda row: _overdue(row, now))
    return Head(
        as_of=worst.last_ok_at, expected_seconds=worst.expected_seconds, feeds=names, origins=origins, score=score
    )


def _worst(scores: Sequence[Score]) -> Score | None:
    """The score with the worst dimension, in whole percents: a head that changes with every row is sent with it."""
    if not scores:
        return None
    worst = min(scores, key=lambda one: (one.shares[one.worst], one.overall))
    shares = {name: round(share, 2) for name, share in worst.shares.items()}
    return msgspec.structs.replace(worst, shares=shares, rows=0)


def _overdue(row: FeedRow, now: datetime) -> float:
    age = (now - row.last_ok_at).total_seconds() if row.last_ok_at else 0.0
    return age - row.expected_seconds


def behind(
    health: Sequence[FeedRow],
    kinds_of: Callable[[str], frozenset[type[Record]]],
    kinds: frozenset[type[Record]],
    named: Sequence[str] = (),
) -> list[FeedRow]:
    """The feeds behind a picture: those its rows name, and those that bring such records.

    Args:
        health: all feeds.
        kinds_of: record types a feed has brought.
        kinds: record types the picture is made of.
        named: feeds the picture's own rows came by.
    """
    return [row for row in health if row.key in named or kinds_of(row.key) & kinds]


def stamp(picture: P, head: Head) -> P:
    """The picture with the head put on; origins and feeds its rows name are kept."""
    judged = {"score": head.score} if isinstance(picture, Picture) else {}
    return msgspec.structs.replace(
        picture,
        **judged,
        as_of=head.as_of,
        expected_seconds=head.expected_seconds,
        feeds=sorted({*picture.feeds, *head.feeds}),
        origins=sorted({*picture.origins} or {*head.origins}),
    )
