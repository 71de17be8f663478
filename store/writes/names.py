"""Names for the search, written with the records that bring them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from domain.records import Record
from store import sql
from store.names import COLUMNS, KEYS, Name, names_of

TABLE = "search_name"


def prepare(records: Sequence[Record]) -> sql.Write:
    """Take the names out of records; the returned function writes those not known yet."""
    names: dict[sql.Row, Name] = {name[: len(KEYS)]: name for name in names_of(records)}

    def write(connection: Connection) -> None:
        if names:
            sql.insert(connection, TABLE, COLUMNS, list(names.values()), KEYS)

    return write
