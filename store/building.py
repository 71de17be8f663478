"""What tables are put together from: columns of one kind, what every row carries, state tables with their versions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, MetaData, Table, false, text
from sqlalchemy.types import TypeEngine

from store.columns import TEXT
from store.moments import FOREVER

metadata = MetaData()
SUPERSEDED: dict[str, Table] = {}  # table -> its twin, where what corrections replaced is kept


def column(
    name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], key: bool = False, null: bool = False
) -> Column[Any]:
    """A column the database never numbers by itself."""
    return Column(name, kind, primary_key=key, nullable=null, autoincrement=False)


def texts(*names: str) -> list[Column[Any]]:
    """Texts, empty when unknown."""
    return [column(name, TEXT) for name in names]


def times(*names: str) -> list[Column[Any]]:
    """Times in microseconds, NULL when unknown."""
    return [column(name, BigInteger, null=True) for name in names]


def floats(*names: str) -> list[Column[Any]]:
    """Figures, NULL when unknown."""
    return [column(name, Float, null=True) for name in names]


def integers(*names: str) -> list[Column[Any]]:
    """Whole figures, NULL when unknown."""
    return [column(name, Integer, null=True) for name in names]


def provenance(feed_is_key: bool = False) -> list[Column[Any]]:
    """What every row from outside carries; the feed may stand in the key already."""
    feed = [] if feed_is_key else texts("feed")
    return [
        *feed, *texts("origin"), *times("recorded_time"), column("received_at", BigInteger),
        *texts("ref", "flags"), column("scope", TEXT, null=True),
    ]  # fmt: skip


def known_time(name: str, default: int = FOREVER) -> Column[Any]:
    """A time of knowledge that rows of earlier schemas do not have."""
    return Column(name, BigInteger, nullable=False, server_default=str(default), autoincrement=False)


def texts_later(*names: str, default: str = "") -> list[Column[Any]]:
    """Texts that rows of earlier schemas do not have."""
    return [Column(name, TEXT, nullable=False, server_default=default, autoincrement=False) for name in names]


def truth_later(name: str) -> Column[Any]:
    """A yes or no that rows of earlier schemas do not have: no."""
    return Column(name, Boolean, nullable=False, server_default=false(), autoincrement=False)


def versions(name: str, keys: list[Column[Any]], *columns: Column[Any], known: bool = True) -> Table:
    """A state table: one row per version of a thing.

    A version was the newest known one, what the live picture shows, from ``received_at`` to
    ``known_to``. What a second delivery of the same moment replaced goes to a twin table.
    """
    for key in keys:
        key.primary_key = True
    feed_is_key = any(key.name == "feed" for key in keys)
    rest = [column("valid_to", BigInteger), *columns, *provenance(feed_is_key)]
    if known:
        SUPERSEDED[name] = Table(
            f"superseded_{name}", metadata, *(key._copy() for key in keys),
            column("valid_from", BigInteger, key=True), column("known_to", BigInteger, key=True),
            *(one._copy() for one in rest), sqlite_with_rowid=False,
        )  # fmt: skip
    return Table(
        name, metadata, *keys, column("valid_from", BigInteger, key=True), *rest,
        *([known_time("known_to")] if known else []), sqlite_with_rowid=False,
    )  # fmt: skip


def correctable(facts: Table) -> Table:
    """A table of facts that are corrected; with a twin for what was replaced, as `versions` has one."""
    SUPERSEDED[facts.name] = Table(
        f"superseded_{facts.name}", metadata, *(one._copy() for one in facts.columns),
        column("known_to", BigInteger, key=True), sqlite_with_rowid=False,
    )  # fmt: skip
    return facts


def where_current() -> dict[str, Any]:
    """What keeps an index to the current versions."""
    condition = text(f"valid_to = {FOREVER}")
    return {"sqlite_where": condition, "postgresql_where": condition}
