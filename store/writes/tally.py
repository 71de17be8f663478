"""What became of the records of one ingest."""

from __future__ import annotations

import msgspec

from domain.records import Record


class Tally(msgspec.Struct, kw_only=True):
    """Counts and the records behind them.

    Attributes:
        fresh: new and not late.
        late: new, but older than what was known of their subject before this ingest.
        aside: new, but the word of another feed goes before theirs: kept, not shown.
        duplicate: said nothing new.
    """

    fresh: list[Record] = []
    late: list[Record] = []
    aside: list[Record] = []
    duplicate: int = 0

    def add(self, other: Tally) -> None:
        """Count what another counted, too."""
        self.fresh += other.fresh
        self.late += other.late
        self.aside += other.aside
        self.duplicate += other.duplicate
