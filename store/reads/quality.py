"""How good feeds were over a day, by dataset, and hour by hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from domain.scores import WINDOW, Counts, ScoreRow, score
from domain.viewer import Viewer
from store.moments import HOUR, MICROSECOND, moment
from store.reads.asof import AsOf
from store.reads.scope import sees_port
from store.schema import quality_hour
from store.writes.quality import COUNTED

Hours = dict[tuple[str, str, datetime], Counts]
_WINDOW = WINDOW // MICROSECOND


def hours(connection: Connection, since: int, until: int | None = None) -> Hours:
    """Counts by feed, dataset and hour, of the hours that begin in (since, until], microseconds."""
    t = quality_hour
    query = select(t.c.feed, t.c.dataset, t.c.hour, *(t.c[name] for name in COUNTED)).where(t.c.hour > since)
    if until is not None:
        query = query.where(t.c.hour <= until)
    rows = connection.execute(query.order_by(t.c.feed, t.c.dataset, t.c.hour))
    return {(row[0], row[1], moment(row[2])): Counts(*row[3:]) for row in rows}


def scores(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> list[ScoreRow]:
    """The score of every dataset of every feed over the day before a moment, by feed and dataset.

    Of a past moment the hour under way is left out: it was counted to its end since.
    """
    if not sees_port(viewer):
        return []
    until = now if at is None else at.at - HOUR
    found: dict[tuple[str, str], list[tuple[datetime, Counts]]] = {}
    for (feed, dataset, hour), counts in hours(
        connection, until - _WINDOW - (HOUR if at is None else 0), until
    ).items():
        found.setdefault((feed, dataset), []).append((hour, counts))
    rows = [_row(feed, dataset, course) for (feed, dataset), course in found.items()]
    return [row for row in rows if row is not None]


def _row(feed: str, dataset: str, course: list[tuple[datetime, Counts]]) -> ScoreRow | None:
    whole = Counts()
    for _, counts in course:
        whole.add(counts)
    overall = score(whole)
    if overall is None:
        return None
    told = [(hour, one) for hour, counts in course if (one := score(counts)) is not None]
    return ScoreRow(
        key=f"{feed}/{dataset}", feed=feed, dataset=dataset, score=overall, hours=[hour for hour, _ in told],
        course=[one.overall for _, one in told],
    )  # fmt: skip
