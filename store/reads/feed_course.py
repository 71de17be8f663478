"""How much each feed brought, hour by hour, and whether it was out: from the health that was kept."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, or_, select

from domain.viewer import Viewer
from store.moments import HOUR
from store.reads.asof import AsOf
from store.reads.said import said
from store.reads.scope import sees_port
from store.schema import feed_health, known_body

HOURS = 24
_OUT = ('"state":"down"', '"state":"late"')


class Course(msgspec.Struct, frozen=True):
    """The last hours of a feed, oldest first.

    Attributes:
        hours: rows accepted in each; None where nobody watched.
        outages: whether it was late or down in it.
    """

    hours: list[int | None]
    outages: list[bool]


class _Counted(msgspec.Struct):
    """What matters of a feed's health; the rest of the body is passed over."""

    accepted: int = 0


def course(connection: Connection, viewer: Viewer, until: int) -> dict[str, Course]:
    """The 24 hours that end at a moment, by feed: 25 seeks each, and one walk over the health kept since.

    Args:
        connection: to read from.
        viewer: an enterprise sees none.
        until: the moment, microseconds.
    """
    if not sees_port(viewer):
        return {}
    ends = [until - HOUR * (HOURS - place) for place in range(HOURS + 1)]
    kept = [said(connection, "feed_health", AsOf(end), feed_health, feed_health.c.feed) for end in ends]
    hours = {feed: _hours(feed, ends, kept) for feed in kept[-1]}
    out = {feed: [False] * HOURS for feed in hours}
    t = known_body
    bad = or_(*(t.c.body.contains(word, autoescape=True) for word in _OUT))
    for feed in hours:
        mine = (t.c.dataset == "feed_health", t.c.key == feed, t.c.known_from > ends[0], t.c.known_from <= until)
        for since in connection.execute(select(t.c.known_from).where(*mine, bad)).scalars():
            out[feed][min(HOURS - 1, (since - ends[0]) // HOUR)] = True
    return {feed: Course(counted, out[feed]) for feed, counted in hours.items()}


def _hours(feed: str, ends: list[int], kept: list[dict[str, tuple[int, str]]]) -> list[int | None]:
    found: list[int | None] = []
    for place in range(HOURS):
        before, after = kept[place].get(feed), kept[place + 1].get(feed)
        if before is None or after is None or after[0] <= ends[place]:
            found.append(None)
            continue
        counted = [msgspec.json.decode(body, type=_Counted).accepted for _, body in (before, after)]
        found.append(max(0, counted[1] - counted[0]))
    return found
