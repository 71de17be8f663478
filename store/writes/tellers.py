"""Which feeds tell of a dataset: most have one, and then there is nothing to hold against each other.

Asked of the database inside the write transaction, one seek a batch, since another process may have loaded a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from domain.records import Record
from store import sql

COLUMNS = ("dataset", "feed")


def several(connection: Connection, dataset: str, group: Sequence[Record], ranks: Mapping[str, int]) -> bool:
    """Whether more than one feed tells of a dataset, those of this batch, who do from now on, among them.

    Feeds nobody ranked contest nothing, so of them nothing is remembered.
    """
    if not ranks:
        return False
    known = tellers(connection, dataset)
    feeds = {record.feed for record in group}
    sql.insert(connection, "told_by", COLUMNS, [(dataset, feed) for feed in sorted(feeds - known)], COLUMNS)
    return len(known | feeds) > 1


def tellers(connection: Connection, dataset: str) -> set[str]:
    """The feeds that ever told of a dataset."""
    return {row[1] for row in sql.probe(connection, "told_by", COLUMNS[:1], [(dataset,)], COLUMNS)}
