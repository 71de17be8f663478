"""What the cockpit had said by a moment: the newest kept body of each key."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from store.reads.asof import AsOf
from store.schema import known_body


def said(
    connection: Connection, dataset: str, at: AsOf, keys: FromClause, key: ColumnElement[str]
) -> dict[str, tuple[int, str]]:
    """(known from, body) of each key at the moment, by one seek each; what was taken back is left out.

    Args:
        connection: to read from.
        dataset: ``feed_health``, ``forecast``, ``notice`` or ``alert``.
        at: the moment.
        keys: where the keys come from.
        key: its column.
    """
    b = known_body.alias("b")
    newest = (
        select(func.max(b.c.known_from)).where(b.c.dataset == dataset, b.c.key == key, b.c.known_from <= at.at)
        .correlate(keys).scalar_subquery()
    )  # fmt: skip
    same = (known_body.c.dataset == dataset) & (known_body.c.key == key) & (known_body.c.known_from == newest)
    query = select(known_body.c.key, known_body.c.known_from, known_body.c.body).join_from(keys, known_body, same)
    return {row[0]: (row[1], row[2]) for row in connection.execute(query) if row[2]}
