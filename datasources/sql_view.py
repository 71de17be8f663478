"""Adapter ``sql_view``: rows of a view or table of somebody else's database, read only, new ones alone.

Any database SQLAlchemy speaks to whose driver is installed; PostgreSQL and SQLite come with the cockpit. Only SELECTs
are sent, made from names that are quoted, in transactions that are read-only where the database knows such and rolled
back in any case.

With ``watermark`` a poll reads what is at least as new as the newest row seen: a column that only ever grows, best the
time of the row's last change. Rows that share the newest watermark, or are committed up to ``overlap_seconds`` late,
are told from known ones by their content. A row without a watermark is never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import ColumnClause, Engine, Select, column, create_engine, inspect, select, table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError

from datasources import documents
from datasources.contract import Again, Batch, Context, Problem
from datasources.coordinates import System
from datasources.documents import DocumentReader, check_rows
from datasources.fetching import check_expanded
from datasources.mapping import Column
from datasources.outbound import places
from domain.errors import FeedError

_MOST_SEEN = 50_000  # rows remembered to tell new ones from known ones
_MOST_ROWS = 200_000  # of one poll without a watermark
_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
# What may stand behind the ? of the URL; others could send the driver to another server, or to files.
_KNOWN = frozenset({"sslmode", "sslrootcert", "charset", "client_encoding", "application_name", "host"})
_REFUSED = ("password authentication failed", "access denied for user", "login failed", "no password supplied")


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The feed's table in the configuration.

    Attributes:
        url: SQLAlchemy URL, ``postgresql+psycopg://reader:${secret:tos}@host/name`` or ``sqlite:///file.db`` (relative
            to the configuration file).
        view: view or table, ``name`` or ``schema.name``.
        dataset: which record type the rows are, key of ``datasources.mapping.DATASETS``.
        mapping: field of the record -> column; a JSON column may be entered by a dotted path.
        watermark: column that grows with every new or changed row; left out: everything is read each time.
        overlap_seconds: rows may be committed so long after the time in their watermark.
        chunk_rows: rows read in one poll.
        timezone: IANA name for times without a zone; default the port's.
        blank: words that mean "no value" beside the empty text and NULL.
        coordinates: what ``lon`` and ``lat`` are: ``wgs84`` (GPS), or ``gcj02`` (Chinese maps), then brought to WGS-84.
    """

    url: str
    view: str
    dataset: str
    mapping: dict[str, str | Column]
    watermark: str = ""
    overlap_seconds: float = 0.0
    chunk_rows: int = 5_000
    timezone: str = ""
    blank: tuple[str, ...] = ()
    coordinates: System = "wgs84"

    @property
    def rows(self) -> str:
        """Rows are what the database says they are."""
        return "$"

    def __post_init__(self) -> None:
        """Refuse what cannot work, so that it is found when the configuration is read."""
        check_rows(self)
        check_expanded("url", self.url)
        if "${" not in self.url:
            _check_url(self.url)
        if not self.view or self.view.count(".") > 1 or not all(self.view.split(".")):
            raise ValueError("view must be name or schema.name")
        if not 1 <= self.chunk_rows <= _MOST_ROWS:
            raise ValueError(f"chunk_rows must be 1 to {_MOST_ROWS}")
        if self.overlap_seconds < 0 or (self.overlap_seconds and not self.watermark):
            raise ValueError("overlap_seconds must be at least 0, and needs watermark")


def _check_url(text: str) -> URL:
    try:
        url = make_url(text)
        url.get_dialect()
    except (NoSuchModuleError, ImportError):
        raise ValueError("url: that kind of database is not known here") from None
    except (ArgumentError, ValueError):
        raise ValueError("url is no SQLAlchemy URL, e.g. postgresql+psycopg://user:password@host/name") from None
    if unknown := sorted(set(url.query) - _KNOWN):
        raise ValueError(f"url: {unknown[0]} may not stand behind the ?; known are {', '.join(sorted(_KNOWN))}")
    return url


def create(options: Options, context: Context) -> SqlView:
    """The adapter for one feed."""
    return SqlView(options, context)


def again(options: Options, context: Context) -> Again:
    """Reads quarantined rows anew, without asking the source."""
    return documents.again(options, context)


class SqlView:
    """Reads a view; one thread polls at a time."""

    def __init__(self, options: Options, context: Context) -> None:
        """Take up where ``context.cursor`` left off; nothing is connected yet."""
        self._options, self._context = options, context
        self._engine: Engine | None = None
        self._columns: list[str] = []
        self._reader = DocumentReader(options, context)
        cursor = context.cursor or {}
        self._mark = _read_mark(cursor.get("mark"))
        self._seen: dict[str, Any] = {key: _read_mark(mark) for key, mark in (cursor.get("seen") or {}).items()}
        self._digest, self._number = str(cursor.get("digest", "")), int(cursor.get("rows", 0))

    def poll(self) -> Batch:
        """What is new in the view.

        Raises:
            FeedError: no connection, login refused (polling halts), no such view or column, too slow.
        """
        where = f"{self._context.feed}: {self._options.view}"
        try:
            engine = self._engine = self._engine or self._connected()
            return self._new(engine) if self._options.watermark else self._all(engine)
        except DBAPIError as error:
            said = str(error.orig).splitlines()[0][:300] if error.orig and str(error.orig) else type(error).__name__
            if any(words in said.lower() for words in _REFUSED):
                raise FeedError("unauthorised", said, where, halts=True) from None
            self._disconnect()  # also when the view was made anew: its columns are looked up again
            slow = "statement timeout" in said
            code = "timeout" if slow else "not_connected" if error.connection_invalidated else _code(error)
            raise FeedError(code, said, where) from None
        except SQLAlchemyError as error:
            self._disconnect()
            raise FeedError("query_failed", type(error).__name__, where) from None
        except FeedError as error:
            raise error.said(error.detail, f"{self._context.feed}: {error.where}" if error.where else where) from None

    def close(self) -> None:
        """Close the connections."""
        self._disconnect()

    def _disconnect(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _connected(self) -> Engine:
        try:
            url = _check_url(self._options.url)
        except ValueError as error:
            raise FeedError("bad_options", str(error), f"feeds.{self._context.feed}") from None
        try:
            place, given = self._engine_options(url)
            engine = create_engine(place, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=given)
        except (ModuleNotFoundError, ImportError) as error:
            raise FeedError("bad_options", f"the driver is not installed: {error.name}", url.drivername) from None
        schema, _, name = self._options.view.rpartition(".")
        try:
            found = [str(one["name"]) for one in inspect(engine).get_columns(name, schema or None)]
        except NoSuchTableError:
            engine.dispose()
            raise FeedError("no_rows", "there is no such view or table, or it may not be seen") from None
        except BaseException:
            engine.dispose()
            raise
        wanted = {*self._reader.columns, *((self._options.watermark,) if self._options.watermark else ())}
        needed = {name if name in found else name.partition(".")[0] for name in wanted}
        if missing := sorted(needed - set(found)):
            engine.dispose()
            detail = f"no column {', '.join(missing)}; columns present: {', '.join(found)[:600]}"
            raise FeedError("missing_column", detail)
        self._columns = [name for name in found if name in needed]
        return engine

    def _engine_options(self, url: URL) -> tuple[URL, dict[str, Any]]:
        """How to connect: to what was judged, for reading, and no longer than a poll may take."""
        seconds = max(1, int(self._context.timeout_seconds))
        backend = url.get_backend_name()
        if backend == "sqlite":
            file = self._context.base / Path(url.database or "").expanduser()
            if not url.database or not file.is_file():
                raise FeedError("missing_file", "there is no such database file", Path(url.database or "").name)
            place = url.set(database=f"file:{quote(str(file.resolve()))}", query={"mode": "ro", "uri": "true"})
            return place, {"timeout": seconds}
        addresses = self._judged(url, _PORTS.get(backend, 0))
        if backend != "postgresql":
            return url, {}
        said = f"-c default_transaction_read_only=on -c statement_timeout={int(self._context.timeout_seconds * 900)}"
        given: dict[str, Any] = {"options": said, "connect_timeout": max(2, seconds)}
        if addresses:  # libpq connects there and still checks the certificate by the name
            given["hostaddr"] = addresses[0]
        return url, given

    def _judged(self, url: URL, port: int) -> list[str]:
        """Addresses of the database's machine, all permitted; empty for a socket of this machine."""
        host = str(url.query.get("host") or url.host or "")
        if not host or host.startswith("/"):
            if refusal := self._context.outbound.refusal("localhost", "127.0.0.1"):
                raise FeedError("address_refused", refusal, url.drivername)
            return []
        return [address for _, (address, _) in places(self._context.outbound, host, url.port or port)]

    def _statement(self) -> Select[Any]:
        schema, _, name = self._options.view.rpartition(".")
        columns: list[ColumnClause[Any]] = [column(name) for name in self._columns]
        return select(*columns).select_from(table(name, *columns, schema=schema or None))

    def _rows(self, engine: Engine, statement: Select[Any]) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:  # its transaction is rolled back when it is given back
            return [tuple(row) for row in connection.execute(statement)]

    def _new(self, engine: Engine) -> Batch:
        o = self._options
        growing: ColumnClause[Any] = column(o.watermark)
        statement = self._statement().order_by(growing).limit(o.chunk_rows + len(self._seen))
        since = self._since()
        statement = statement.where(growing.is_not(None) if since is None else growing >= since)
        rows = self._rows(engine, statement)
        at, fresh = self._columns.index(o.watermark), []
        for row in rows:
            key = _fingerprint(row)
            if key not in self._seen:
                fresh.append(row)
                self._seen[key] = row[at]
        batch = Batch(counts={"rows": len(fresh)})
        if fresh:
            newest = max(row[at] for row in fresh)
            self._mark = newest if self._mark is None else max(self._mark, newest)
            self._forget()
            self._deliver(fresh, batch)
        batch.more = len(fresh) >= o.chunk_rows
        return batch

    def _all(self, engine: Engine) -> Batch:
        rows = self._rows(engine, self._statement().limit(_MOST_ROWS + 1))
        digest = hashlib.sha256(b"".join(sorted(_fingerprint(row).encode() for row in rows))).hexdigest()
        if digest == self._digest:
            return Batch(counts={"unchanged": 1})
        batch, self._digest, self._number = Batch(counts={"rows": len(rows)}), digest, 0
        if len(rows) > _MOST_ROWS:
            detail = f"{self._options.view}: more than {_MOST_ROWS} rows; name a watermark column"
            batch.problems.append(Problem(code="cut_off", detail=detail))
            self._digest = ""
        self._deliver(rows[:_MOST_ROWS], batch)
        return batch

    def _deliver(self, rows: Sequence[tuple[Any, ...]], batch: Batch) -> None:
        named = [{name: _cell(cell) for name, cell in zip(self._columns, row, strict=True)} for row in rows]
        self._reader.read(named, self._options.view, batch, self._number + 1)
        self._number += len(rows)
        batch.cursor = {
            "mark": _written(self._mark), "seen": {key: _written(mark) for key, mark in self._seen.items()},
            "digest": self._digest, "rows": self._number,
        }  # fmt: skip

    def _since(self) -> Any:
        """Where to read from: the newest watermark, less the time a row may be late."""
        if isinstance(self._mark, datetime) and self._options.overlap_seconds:
            return self._mark - timedelta(seconds=self._options.overlap_seconds)
        return self._mark

    def _forget(self) -> None:
        """Rows older than where the next poll begins need not be told from new ones."""
        since = self._since()
        self._seen = {key: mark for key, mark in self._seen.items() if mark >= since}
        if len(self._seen) > _MOST_SEEN:
            detail = f"more than {_MOST_SEEN} rows share the watermark {since}; it must grow row by row"
            raise FeedError("bad_options", detail, f"feeds.{self._context.feed}.watermark")


def _fingerprint(row: tuple[Any, ...]) -> str:
    return hashlib.blake2b(repr(row).encode("utf-8", "backslashreplace"), digest_size=9).hexdigest()


def _cell(value: Any) -> Any:
    """A database's value as a document's: numbers, texts, times, lists."""
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, (str, int, float, bool, datetime, date, list, dict)):
        return value
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": len(value)}  # an object where a value should stand: such a row is refused
    return str(value)


_MARKS: Mapping[str, Any] = {"time": datetime.fromisoformat, "date": date.fromisoformat, "decimal": Decimal,
                             "int": int, "float": float, "text": str}  # fmt: skip


def _written(mark: Any) -> dict[str, str] | None:
    """A watermark as the cursor keeps it, with its type."""
    if mark is None:
        return None
    kind = {datetime: "time", date: "date", Decimal: "decimal", int: "int", float: "float"}.get(type(mark), "text")
    return {kind: mark.isoformat() if isinstance(mark, date) else str(mark)}


def _read_mark(kept: Any) -> Any:
    if not isinstance(kept, dict) or not kept:
        return None
    kind, text = next(iter(kept.items()))
    return _MARKS[kind](text)


def _code(error: DBAPIError) -> str:
    name = type(error).__name__
    return "not_connected" if name in ("OperationalError", "InterfaceError") else "query_failed"
