"""Word that rows of the quarantine have become records in a process that judges nothing; kept in the database."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from store.engine import Store

_MARK = "_taken"  # beside the feeds' cursors


def tell(store: Store, at: datetime) -> None:
    """Say that it has happened, unlike any time before.

    Raises:
        StoreUnavailableError: nobody heard.
    """
    store.ingest(_MARK, [], (), {"word": uuid4().hex}, at)


def told(store: Store) -> str:
    """The last word; empty before the first."""
    return str((store.cursor(_MARK) or {}).get("word", ""))
