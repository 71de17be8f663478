"""The one column type that must be told to databases other than SQLite."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import TEXT as PostgresText

# Text compares by code point everywhere, as in Python and SQLite: the store relies on it where it
# asks for a range of keys, and a server's language must not change the order of a page.
TEXT = Text().with_variant(PostgresText(collation="C"), "postgresql")
