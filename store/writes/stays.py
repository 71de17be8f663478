"""Two feeds on one stay of a box: one counts in the yard, the other is kept beside it.

A stay is named by its feed, so which of two feeds are the same is found by the box and the time (see
`domain.disagreement.covered`). What is shown stands in ``container_stay`` and is counted as ever; what it covers stands
in ``other_word`` with all its versions and nowhere else, so that no read has to choose. A stay that is covered from now
on leaves the table and the stock, one that is so no longer comes back.

``stay_span`` holds the newest of every stay while several feeds tell of stays; it is filled when the second is heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from domain.disagreement import Stay, covered
from domain.identifiers import is_container_form
from domain.records import ContainerStay
from store import sql
from store.moments import FOREVER, micros
from store.writes import tellers, versions, words
from store.writes.tally import Tally

SPEC = versions.STATES[ContainerStay]
COLUMNS = (
    "feed", "stay_id", "container_no", "valid_from", "arrived_at", "departed_at", "shown_feed", "shown_id",
)  # fmt: skip
Key = tuple[str, str]
SHOWN: Key = ("", "")


class _Span(NamedTuple):
    """A row of ``stay_span``."""

    feed: str
    stay_id: str
    container_no: str
    valid_from: int
    arrived_at: int
    departed_at: int
    shown_feed: str = ""
    shown_id: str = ""

    @property
    def shown(self) -> Key:
        """The stay shown in its place."""
        return self.shown_feed, self.shown_id


Spans = dict[Key, _Span]


def prepare(group: Sequence[ContainerStay], received_at: datetime, tally: Tally, ranks: Mapping[str, int]) -> sql.Work:
    """Encode outside the lock, as if nobody contested; the returned function parts the stays when somebody does."""
    alone = Tally()
    work = versions.prepare(SPEC, group, received_at, alone)

    def write(connection: Connection) -> None:
        if not tellers.several(connection, SPEC.table, group, ranks) or not _parted(
            connection, group, received_at, tally, ranks
        ):
            work.write(connection)
            tally.add(alone)

    return sql.Work(write, work.before)


def _parted(
    connection: Connection, group: Sequence[ContainerStay], received_at: datetime, tally: Tally,
    ranks: Mapping[str, int],
) -> bool:  # fmt: skip
    """Write stays of which some are covered, or were; False when there are none and all may be written as ever."""
    counted = Tally()
    records = versions.once(SPEC, group, received_at, counted)
    boxes = _fill(connection)
    before = _around(connection, records, boxes)
    now = _judged({**before, **_told(before, records)}, ranks)
    hidden = {key for key, span in now.items() if span.shown != SHOWN}
    were = {key for key, span in before.items() if span.shown != SHOWN}
    changed = [span for key, span in now.items() if span != before.get(key)]
    sql.insert(connection, "stay_span", COLUMNS, changed, COLUMNS[:2], COLUMNS[2:])
    if not hidden and not were:
        return False
    tally.add(counted)
    left = versions.retire(connection, SPEC, ContainerStay, sorted(hidden - were), received_at)
    words.chain(connection, SPEC, _brought_back(connection, sorted(were - hidden)), received_at, Tally())
    words.chain(connection, SPEC, [one for one in records if _key(one) not in hidden], received_at, tally)
    if hidden:
        places = words.shown_words(connection, ContainerStay, sorted({now[key].shown for key in hidden}))
        shown = {words.named(key): places[words.named(now[key].shown)] for key in hidden}
        given = [*left, *(one for one in records if _key(one) in hidden)]
        words.keep(connection, SPEC.table, given, shown, received_at, tally, len(left))
        words.refresh(connection, SPEC.table, ContainerStay, shown)
    return True


def _key(record: ContainerStay) -> Key:
    return record.feed, record.stay_id


def _fill(connection: Connection) -> set[str]:
    """Begin to hold stays against each other; returns the boxes of which two feeds told before anybody did."""
    if sql.fetched(connection, "SELECT 1 FROM stay_span LIMIT 1"):
        return set()
    into, chosen = ", ".join(COLUMNS), ", ".join(COLUMNS[:-2])
    connection.exec_driver_sql(
        f"INSERT INTO stay_span ({into}) SELECT {chosen}, '', '' FROM container_stay WHERE valid_to = {FOREVER}"
    )
    several = "SELECT container_no FROM stay_span GROUP BY container_no HAVING count(DISTINCT feed) > 1"
    return {number for (number,) in sql.fetched(connection, several)}


def _around(connection: Connection, records: Sequence[ContainerStay], boxes: set[str]) -> Spans:
    """All stays of the boxes these records speak of, or spoke of before."""
    keys = sorted({_key(record) for record in records})
    known = [_Span(*row) for row in sql.probe(connection, "stay_span", COLUMNS[:2], keys, COLUMNS)]
    numbers = boxes | {one.container_no for one in records} | {span.container_no for span in known}
    named = [(number,) for number in sorted(filter(is_container_form, numbers))]
    others = [_Span(*row) for row in sql.probe(connection, "stay_span", ("container_no",), named, COLUMNS)]
    return {(span.feed, span.stay_id): span for span in (*others, *known)}


def _told(before: Spans, records: Sequence[ContainerStay]) -> Spans:
    """The newest of each stay that is told of anew."""
    told: Spans = {}
    for record in sorted(records, key=lambda one: one.event_time):
        known, since = before.get(_key(record)), micros(record.event_time)
        if known is None or known.valid_from <= since:
            departed = FOREVER if record.departed_at is None else micros(record.departed_at)
            told[_key(record)] = _Span(
                record.feed, record.stay_id, record.container_no, since, micros(record.arrived_at), departed
            )
    return told


def _judged(spans: Spans, ranks: Mapping[str, int]) -> Spans:
    """The same, each with what is shown in its place."""
    boxes: dict[str, list[Stay]] = {}
    for span in spans.values():
        stay = Stay(span.feed, span.stay_id, span.container_no, span.arrived_at, span.departed_at)
        boxes.setdefault(span.container_no, []).append(stay)
    by_box = [covered(stays, ranks) for stays in boxes.values() if len(stays) > 1]
    found = {key: shown for box in by_box for key, shown in box.items()}
    return {key: _beside(span, found.get(key, SHOWN)) for key, span in spans.items()}


def _beside(span: _Span, shown: Key) -> _Span:
    return span if span.shown == shown else span._replace(shown_feed=shown[0], shown_id=shown[1])


def _brought_back(connection: Connection, keys: Sequence[Key]) -> list[ContainerStay]:
    """Take all that was kept of stays out of the words of others."""
    names = [words.named(key) for key in keys]
    rows = words.said_words(connection, SPEC.table, names)
    if rows:
        sign = sql.mark(connection)
        query = f"DELETE FROM other_word WHERE dataset = {sign} AND subject = {sign}"
        connection.exec_driver_sql(query, [(SPEC.table, name) for name in names])
    return [msgspec.json.decode(row[5], type=ContainerStay) for row in rows]
