"""The store: one door for writing, and `reads` for everything that is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from domain.alert_flow import Merged
from domain.audit import Entry, Sealer, by
from domain.configured import Shown
from domain.deadband import BANDS, Bands
from domain.disagreement import Order
from domain.kept import Kept
from domain.permissions import Permission
from domain.pictures import AlertRow, FeedRow, ForecastRow, NoticeRow
from domain.records import Record, Reject
from domain.scores import Counts
from domain.screen_pictures import ScreenRow
from domain.vault import told
from domain.viewer import Viewer
from store import ingest as ingesting
from store.accounts import Accounts
from store.alert_book import AlertBook
from store.database import Database
from store.ingest import Ingested
from store.lease import Fence, Leases, check
from store.migrations import expect, upgrade
from store.moments import micros
from store.operations import Operations
from store.orders import Orders
from store.outbox import Outbox
from store.places import PlaceWrites
from store.reads import Reads
from store.reads import identities as read_identities
from store.reads.secrets import sealed
from store.rules import Rules
from store.schema import ingest_cursor
from store.shifts import Shifts
from store.sqlite import Turn
from store.wall import raise_wall
from store.writes import audit, changes, configured, derived, identities, quality, rejects, screens, secrets
from store.writes import kept as keeping
from store.writes.rejects import Standing
from store.writes.tracks import newest_fixes

Clock = Callable[[], datetime]
Rename = Callable[[str, Sequence[Record]], Sequence[Record]]


class Taken(NamedTuple):
    """What became of rows tried again: how many left quarantine now, and what was stored of them."""

    rows: int
    ingested: Ingested


class Store(PlaceWrites):
    """The database behind a small face. Thread-safe.

    Every write is one transaction and raises StoreUnavailableError when the database cannot take it
    now (locked, full, unreachable); nothing is written then and the same call may be repeated.

    Attributes:
        reads: all reads; each takes the viewer first.
        operations: what an operator asks: is it there, what does it hold, what may go.
        leases: who does what only one process does at a time.
        accounts: who may log in and who is in.
        shifts: handovers of the duty room, signed.
        alerts: what becomes of alerts.
        rules: what people set of rules, and how these are doing.
        outbox: what is to be sent to people outside.
        orders: what agencies were asked to do about alerts.
        fenced: the lease this store writes under; None for stores nobody fenced.
        quarantine_rows: most rows in quarantine; 0 = any number.
    """

    def __init__(self, database: Database, clock: Clock, timezone: str, bands: Bands, sealer: Sealer) -> None:
        """Wrap an opened, migrated database; use `open_store`."""
        self._database, self._clock, self._bands, self._sealer = database, clock, bands, sealer
        self.quarantine_rows = ingesting.QUARANTINE_ROWS
        self.reads = Reads(database, clock, timezone)
        self.operations = Operations(database, clock, timezone)
        self.leases = Leases(database)
        self.accounts, self.shifts = Accounts(database, clock, sealer), Shifts(database, clock, sealer)
        self.alerts = AlertBook(database, clock, sealer)
        self.rules = Rules(database, clock, sealer)
        self.outbox = Outbox(database, clock, sealer)
        self.orders = Orders(database, clock, sealer, lambda: self.alerts.told)
        self.fenced: Fence | None = None
        self._rename: Rename = lambda _, records: records
        self._order = ingesting.NOBODY

    def close(self) -> None:
        """Close all connections; the store cannot be used afterwards."""
        self._database.close()

    def fence(self, fence: Fence) -> None:
        """From now on write only while this lease stands; for good: a new lease wants a new store.

        Every write of this store then raises StoreUnavailableError with code ``fenced``, and writes
        nothing, once another has taken the lease.
        """
        if self.fenced is not None:
            raise ValueError("already fenced")
        self.fenced = fence
        self._database.guards.append(lambda connection: check(connection, fence))

    def rename_by(self, rename: Rename, conceal: Callable[[str], str]) -> None:
        """From now on ``rename`` records, given their feed, before they are stored, and ``conceal`` free texts."""
        self._rename, self.reads.conceal = rename, conceal

    def prefer(self, ranks: Mapping[str, int], patience: Mapping[str, float] = MappingProxyType({})) -> None:
        """From now on the word of the feed with the lower rank is shown where two speak of one thing.

        Args:
            ranks: by feed.
            patience: seconds a feed may be silent before another places what moves, by feed.
        """
        self._order = Order(ranks, patience)

    def write_in_turns(self, turn: Turn) -> None:
        """Write only while holding a turn shared with other processes, where the database knows no queue of its own."""
        self._database.write_in_turns(turn)

    def ingest(
        self,
        feed: str,
        records: Sequence[Record],
        rejects: Sequence[Reject] = (),
        cursor: Mapping[str, Any] | None = None,
        received_at: datetime | None = None,
    ) -> Ingested:
        """Store a batch of records of any types, its rejects and the feed's cursor: all or nothing.

        When this returns, the rows survive a killed process. Idempotent. A batch of 20,000 rows
        holds the write lock for about half a second; larger ones are better split by the caller.

        Args:
            feed: whose cursor it is.
            records: checked records.
            rejects: rows for the quarantine.
            cursor: what to remember for the feed; None = unchanged.
            received_at: aware UTC; default now.
        """
        records = self._rename(feed, records)
        at = received_at or self._clock()
        keep = self.quarantine_rows
        return ingesting.ingest(
            self._database, feed, records, rejects, cursor, at, self._bands, keep, order=self._order
        )

    def take_in(self, feed: str, records: Sequence[Record], gone: Sequence[int], stay: Sequence[Standing]) -> Taken:
        """Store what rows of the quarantine have become, and take these rows out: all or nothing.

        Whoever comes second finds the rows gone and stores what is stored already, which changes nothing.

        Args:
            feed: by which the rows came.
            records: checked records.
            gone: numbers of the rows they were made of.
            stay: rows that cannot be used still, with their newest reason.
        """
        records, at, taken = self._rename(feed, records), self._clock(), 0

        def also(connection: Connection) -> bool:
            nonlocal taken
            taken = rejects.take_out(connection, gone, at)
            rejects.judged_anew(connection, stay)
            return bool(taken or stay)

        ingested = ingesting.ingest(
            self._database, feed, records, (), None, at, self._bands, order=self._order, also=also
        )
        return Taken(taken, ingested)

    def cursor(self, feed: str) -> dict[str, Any] | None:
        """What was last remembered for a feed (or a mark of the caller's own)."""
        with self._database.reading() as connection:
            body = connection.execute(select(ingest_cursor.c.body).where(ingest_cursor.c.feed == feed)).scalar()
        return None if body is None else msgspec.json.decode(body, type=dict[str, Any])

    def newest_fixes(self, feed: str, since: datetime) -> list[Record]:
        """Where the vehicles and vessels a feed brought since a moment were last: name, place and times alone."""
        with self._database.reading() as connection:
            return newest_fixes(connection, feed, micros(since))

    def save_alerts(self, rows: Sequence[AlertRow]) -> list[AlertRow]:
        """Upsert alerts by key as they are, keeping history; the rules save by ``alerts``."""
        return self.alerts.save(Merged(changed=list(rows)))

    def act_on_alert(self, viewer: Viewer, key: str, act: str, at: datetime, expected_version: int) -> AlertRow:
        """Let a person act on an alert, on record; see `store.writes.alerts.act` for errors."""
        return self.alerts.act_by_key(viewer, key, act, at, expected_version)

    def note(self, entry: Entry) -> None:
        """Put on record what somebody is about to do, or did; when this returns it is kept."""
        self.accounts.note(entry)

    def set_secret(self, viewer: Viewer, name: str, body: str) -> None:
        """Keep a sealed secret, on record; NotAllowedError."""
        viewer.require(Permission.SECRETS)
        with self._database.writing(durable=True) as connection:
            before = sealed(connection).get(name)
            secrets.put(connection, name, body, viewer.name, self._clock())
            entry = by(viewer, "secret.set", name, _of_secret(before), _of_secret(body))
            audit.append(connection, self._sealer, entry, self._clock())

    def remove_secret(self, viewer: Viewer, name: str) -> bool:
        """Forget a secret, on record; False when it was not there; NotAllowedError."""
        viewer.require(Permission.SECRETS)
        with self._database.writing(durable=True) as connection:
            before = sealed(connection).get(name)
            if not secrets.remove(connection, name):
                return False
            audit.append(connection, self._sealer, by(viewer, "secret.remove", name, _of_secret(before)), self._clock())
            return True

    def reseal_secrets(self, viewer: Viewer, again: Callable[[str, str], str]) -> list[str]:
        """Replace every sealed secret by what ``again`` makes of its name and body, on record: all or none.

        Returns:
            Names of all that are not as they were.
        """
        viewer.require(Permission.SECRETS)
        with self._database.writing(durable=True) as connection:
            old = sealed(connection)
            new = {name: again(name, body) for name, body in old.items()}
            changed = [name for name, body in new.items() if body != old[name]]
            for name in changed:
                secrets.put(connection, name, new[name], viewer.name, self._clock())
                entry = by(viewer, "secret.reseal", name, _of_secret(old[name]), _of_secret(new[name]))
                audit.append(connection, self._sealer, entry, self._clock())
            return changed

    def keep_identities(self, bodies: Mapping[str, str]) -> None:
        """Keep sealed identities by alias, as seen now."""
        with self._database.writing() as connection:
            identities.put(connection, bodies, self._clock())

    def first_identity(self, alias: str, body: str) -> None:
        """Keep a sealed identity unless its alias has one."""
        with self._database.writing(durable=True) as connection:
            if not read_identities.bodies(connection, [alias]):
                identities.put(connection, {alias: body}, self._clock())

    def keep_settings(self, who: str, settings: Mapping[str, Shown]) -> bool:
        """Record the settings in force when they are not those recorded last; True when they were not.

        Args:
            who: the operating system's user.
            settings: by dotted key, without any secret.
        """
        with self._database.writing(durable=True) as connection:
            entry = configured.keep(connection, settings, who, self._clock())
            if entry is not None:
                audit.append(connection, self._sealer, entry, self._clock())
            return entry is not None

    def keep(self, viewer: Viewer, what: Kept) -> None:
        """Keep a view or bookmark of a viewer, in the place of what had its name; KeepError when there are too many."""
        with self._database.writing(durable=True) as connection:
            keeping.keep(connection, viewer, what, self._clock())

    def forget(self, viewer: Viewer, kind: str, name: str) -> bool:
        """Forget a view or bookmark of a viewer; False when it was not there."""
        with self._database.writing(durable=True) as connection:
            return keeping.forget(connection, viewer, kind, name)

    def save_feed_health(self, rows: Sequence[FeedRow]) -> None:
        """Keep the newest health of each feed."""
        with self._database.writing() as connection:
            derived.save_feed_health(connection, rows, self._clock())
            changes.bump(connection, ["feed_health"] if rows else [], self._clock())

    def add_quality(self, hours: Mapping[tuple[str, str, datetime], Counts]) -> None:
        """Add counts of how good rows were, by feed, dataset and hour, to those stored."""
        with self._database.writing() as connection:
            quality.add(connection, hours)
            changes.bump(connection, ["quality"] if hours else [], self._clock())

    def save_rollups(self, rows: Sequence[derived.Rollup]) -> None:
        """Keep hourly values (metric, subject, hour, value); the same hour again is replaced."""
        with self._database.writing() as connection:
            derived.save_rollups(connection, rows)
            changes.bump(connection, ["rollup"] if rows else [], self._clock())

    def save_forecasts(self, rows: Sequence[ForecastRow]) -> None:
        """Keep the newest forecast of each code."""
        with self._database.writing() as connection:
            derived.save_forecasts(connection, rows, self._clock())
            changes.bump(connection, ["forecast"] if rows else [], self._clock())

    def save_notices(self, rows: Sequence[NoticeRow]) -> None:
        """Keep exactly these notices, for processes that show what this one has to say."""
        with self._database.writing() as connection:
            derived.save_notices(connection, rows, self._clock())
            changes.bump(connection, ["notice"], self._clock())

    def put_screen(self, row: ScreenRow, expected_version: int | None = None) -> ScreenRow:
        """Keep what people set of a screen; see `store.writes.screens.put` for errors."""
        with self._database.writing() as connection:
            changes.bump(connection, ["screen"], self._clock())
            return screens.put(connection, row, expected_version, self._clock())

    def hear_screen(self, screen_id: str, health: Mapping[str, Any]) -> None:
        """Keep what a screen tells of itself, now; see `store.writes.screens.heard` for errors."""
        with self._database.writing() as connection:
            changes.bump(connection, ["screen"], self._clock())
            screens.heard(connection, screen_id, health, self._clock())

    def forget_screen(self, screen_id: str) -> None:
        """Take a screen off the list."""
        with self._database.writing() as connection:
            changes.bump(connection, ["screen"], self._clock())
            screens.forget(connection, screen_id)


def open_store(
    url: str,
    busy_seconds: float = 5.0,
    timezone: str = "Asia/Shanghai",
    clock: Clock = lambda: datetime.now(UTC),
    bands: Bands = BANDS,
    sealer: Sealer | None = None,
    migrate: bool = True,
) -> Store:
    """Open the database, make or migrate its tables and return the store.

    Args:
        url: ``sqlite:///path/to/file``, folder and file are made when missing; or
            ``postgresql+psycopg://user@host/database`` for a database that is there.
        busy_seconds: how long a write waits for another process before StoreUnavailableError.
        timezone: IANA name; where "today" begins.
        clock: the time, aware UTC.
        bands: how fine the histories of positions are kept, see `domain.deadband.DeadBand`.
        sealer: seals the audit; None for one whose key everybody knows, as tests and tools need no other.
        migrate: False leaves an existing database as it is, also one another cockpit is using.

    Raises:
        ConfigError: unusable URL, or a database of a newer cockpit; without ``migrate`` of any other version.
        StoreUnavailableError: it cannot be opened.
    """
    database = Database(url, busy_seconds)
    try:
        (upgrade if migrate else expect)(database)
        if database.engine.dialect.name == "postgresql":
            database.walled = raise_wall(database)
    except BaseException:
        database.close()
        raise
    return Store(database, clock, timezone, bands, sealer or Sealer(b""))


def _of_secret(body: str | None) -> dict[str, Any] | None:
    """What may stand on record of a secret: what it is sealed with."""
    return None if body is None else {"algorithm": told(body).algorithm, "key": told(body).key}
