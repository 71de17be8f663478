"""What the cockpit itself said and from when, so that any past moment can be given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from store import sql

TABLE = "known_body"
KEYS = ("dataset", "key", "known_from")
GONE = ""  # the body of what was taken back
Moved = Callable[[str, str], bool]  # (body kept before, new body) -> worth a row before its time


def keep(
    connection: Connection,
    dataset: str,
    bodies: Mapping[str, str],
    at: int,
    every: int = 0,
    moved: Moved = lambda before, after: before != after,
) -> None:
    """Keep what is said from now on; the same as before is not kept again.

    Args:
        connection: inside a write transaction.
        dataset: ``feed_health``, ``forecast``, ``notice`` or ``alert``.
        bodies: by key.
        at: microseconds.
        every: what changes in small things only is kept again after so long; 0 = at once.
        moved: tells a change that is kept at once, whatever ``every`` says.
    """
    before = _newest(connection, dataset, list(bodies))
    rows = [
        (dataset, key, at, body)
        for key, body in bodies.items()
        if key not in before
        or (body != before[key][1] and (at - before[key][0] >= every or moved(before[key][1], body)))
    ]
    sql.insert(connection, TABLE, (*KEYS, "body"), rows, KEYS, ("body",))


def _newest(connection: Connection, dataset: str, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    last = f"SELECT max(b.known_from) FROM known_body AS b WHERE b.dataset = '{dataset}' AND b.key = q.k"
    query = (
        "SELECT t.key, t.known_from, t.body FROM q CROSS JOIN known_body AS t"
        f" WHERE t.dataset = '{dataset}' AND t.key = q.k AND t.known_from = ({last})"
    )
    rows = sql.among(connection, "q(k)", [(key,) for key in keys], query)
    return {key: (known_from, body) for key, known_from, body in rows}
