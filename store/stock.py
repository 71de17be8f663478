"""The yard's stock as sums: boxes that came less boxes that left, by spans of time.

What stands at t is the sum of all arrivals up to t less all departures. The sums are kept in spans
of 6 hours, 2, 16 and 128 days, so that any t is a few spans of each and the events since the last
full 6 hours: some thousand rows instead of every box that stands, for a history of any length.

Two kinds are kept. By today's knowledge a box counts from its arrival to its departure. In the live
picture it counted from when both was true, it had arrived and this was known, until it had left or
the record that said so was replaced by a newer one: a span of time again. Events of that kind are
kept one by one (span 0); those of the first are in the stays themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from store import sql
from store.moments import DAY, FOREVER, HOUR

SPANS = (6 * HOUR, 2 * DAY, 16 * DAY, 128 * DAY)  # each 8 of the one before; as in migration 0003
CORRECTED, SHOWN = 0, 1
FIELDS = ("block_id", "feed", "origin", "scope", "length_ft", "arrived_at", "departed_at")
Ints = npt.NDArray[np.int64]
Stay = tuple[str, str, str, str | None, int | None, int, int]  # FIELDS


def teu_of(length_ft: int | None) -> int:
    """TEU of a box; unknown length counts as 20 ft."""
    return 2 if length_ft is not None and length_ft > 20 else 1


def ranges(at: int) -> Iterator[tuple[int, int, int]]:
    """(span, first start, end of starts) of full spans that together reach from the beginning to ``at``."""
    begin = 0
    for span in reversed(SPANS):
        end = at // span * span
        if end > begin:
            yield span, begin, end
        begin = end


class Movements:
    """What a batch changes in the stock; filled first, then written at once."""

    def __init__(self, received_at: int) -> None:
        """Begin; ``received_at`` is when the batch came, microseconds."""
        self._received = received_at
        self._cells: dict[tuple[str, str, str, str, int], int] = {}
        self._events: dict[int, list[tuple[Ints, Ints, int]]] = {CORRECTED: [], SHOWN: []}

    def came(self, stays: Sequence[Stay]) -> None:
        """These stays are now the newest known of their boxes."""
        if stays:
            cell, arrived, departed = self._columns(stays)
            self._count(CORRECTED, cell, arrived, departed, 1)
            self._count(SHOWN, cell, np.maximum(arrived, self._received), departed, 1)

    def replaced(self, stays: Sequence[Stay], received_at: Sequence[int]) -> None:
        """These were, since their own ``received_at``, and no longer are."""
        if stays:
            cell, arrived, departed = self._columns(stays)
            self._count(CORRECTED, cell, arrived, departed, -1)
            shown = np.maximum(arrived, np.array(received_at, dtype=np.int64))
            self._count(SHOWN, cell, shown, departed, -1)
            self._count(SHOWN, cell, shown, np.minimum(departed, self._received), 1)

    def write(self, connection: Connection) -> None:
        """Add the movements to the sums; inside the write transaction."""
        names = list(self._cells)
        rows = [
            (known, span, start, *names[cell], boxes)
            for known, events in self._events.items()
            for span in (SPANS if known == CORRECTED else (0, *SPANS))
            for start, cell, boxes in _summed(events, span, len(names))
        ]
        if rows:
            cell, signs = (
                "known, span, start, block_id, feed, origin, scope, teu",
                ", ".join([sql.mark(connection)] * 9),
            )
            connection.exec_driver_sql(
                f"INSERT INTO yard_stock ({cell}, boxes) VALUES ({signs})"
                f" ON CONFLICT ({cell}) DO UPDATE SET boxes = yard_stock.boxes + excluded.boxes",
                rows,
            )

    def _columns(self, stays: Sequence[Stay]) -> tuple[Ints, Ints, Ints]:
        *kinds, arrived, departed = zip(*stays, strict=True)
        said = list(zip(*kinds, strict=True))  # few different ones: counted as they are, told apart once
        cells = self._cells
        number = {
            kind: cells.setdefault((kind[0], kind[1], kind[2], kind[3] or "", teu_of(kind[4])), len(cells))
            for kind in dict.fromkeys(said)
        }
        cell = np.fromiter(map(number.__getitem__, said), np.int64, len(said))
        return cell, np.array(arrived, np.int64), np.array(departed, np.int64)

    def _count(self, known: int, cell: Ints, begin: Ints, end: Ints, boxes: int) -> None:
        """Boxes that stand from ``begin`` to ``end``; none where that is no time at all."""
        stood = begin < end
        self._events[known].append((begin[stood], cell[stood], boxes))
        left = stood & (end < FOREVER)
        self._events[known].append((end[left], cell[left], -boxes))


def _summed(events: Iterable[tuple[Ints, Ints, int]], span: int, cells: int) -> Iterator[tuple[int, int, int]]:
    """(start, cell, boxes) per span and cell where it is not zero."""
    parts = [(times, cell, np.full(len(times), boxes)) for times, cell, boxes in events if len(times)]
    if not parts:
        return
    times, cell, boxes = (np.concatenate(column) for column in zip(*parts, strict=True))
    starts, place = np.unique(times if span == 0 else times // span * span, return_inverse=True)
    there, index = np.unique(place * cells + cell, return_inverse=True)
    sums = np.bincount(index, weights=boxes)
    for key, total in zip(there.tolist(), sums.tolist(), strict=True):
        if total:
            yield int(starts[key // cells]), key % cells, int(total)


def expire(connection: Connection, cut: int) -> int:
    """Let go of what no moment from ``cut`` on needs; returns the number of rows.

    A moment, and the day before it that its pictures compare with, takes of each span only those inside
    the next coarser one it lies in.
    """
    sign, gone, cut = sql.mark(connection), 0, cut - DAY
    for span, coarser in zip((0, *SPANS), SPANS, strict=False):
        query = f"DELETE FROM yard_stock WHERE span = {sign} AND start < {sign}"
        gone += connection.exec_driver_sql(query, (span, cut // coarser * coarser)).rowcount
    return gone
