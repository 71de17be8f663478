"""Legs: who is on which stretch of which route when. The motion of trucks and vessels alike."""

from __future__ import annotations

import msgspec
import numpy as np

from datasources.simulation.chance import Floats, Ints
from datasources.simulation.routes import Polylines

_KEY = 100_000_000  # seconds kept apart for one mover
STEADY, SLOWING, GATHERING = 0, 1, 2
_COLUMNS = ("mover", "start", "end", "path", "near", "far", "pace", "status", "note")


class Legs(msgspec.Struct):
    """Legs of all movers. A mover stands at the end of a leg until its next begins.

    Attributes:
        mover: who, 0..n-1.
        start, end: epoch seconds.
        path: polyline number, -1 out of sight.
        near, far: metres along the polyline at start and end.
        pace: STEADY, SLOWING or GATHERING.
        status: meaning is the feed's.
        note: place in the feed's own list about legs, -1 none.
    """

    mover: Ints
    start: Ints
    end: Ints
    path: Ints
    near: Floats
    far: Floats
    pace: Ints
    status: Ints
    note: Ints
    _keys: Ints | None = None  # sorted, made at the first search

    @staticmethod
    def join(parts: list[Legs]) -> Legs:
        """Several tables, one after the other, sorted by mover and start."""
        whole = Legs(*(np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS))
        return whole.take(np.lexsort((whole.start, whole.mover)))

    def take(self, wanted: Ints) -> Legs:
        """The legs at these places."""
        return Legs(*(getattr(self, name)[wanted] for name in _COLUMNS))

    def index(self, movers: Ints, at: Ints | int) -> Ints:
        """The leg each mover is on, or was on last, at a time; -1 before its first."""
        zero = int(self.start.min()) - 1
        if self._keys is None:
            self._keys = self.mover * _KEY + (self.start - zero)
        found = np.searchsorted(self._keys, movers * _KEY + np.maximum(np.asarray(at) - zero, 0), side="right") - 1
        return np.where((found >= 0) & (self.mover[np.maximum(found, 0)] == movers), found, -1)

    def travelled(self, leg: Ints, at: Ints | int) -> tuple[Floats, Floats]:
        """Metres along the leg's polyline at a time, and metres per second."""
        span = np.maximum(self.end[leg] - self.start[leg], 1).astype(np.float64)
        part = np.clip((np.asarray(at) - self.start[leg]) / span, 0.0, 1.0)
        pace, way = self.pace[leg], self.far[leg] - self.near[leg]
        eased = np.where(pace == SLOWING, 1 - (1 - part) ** 1.6, np.where(pace == GATHERING, part**1.6, part))
        slope = np.where(pace == SLOWING, 1.6 * (1 - part) ** 0.6, np.where(pace == GATHERING, 1.6 * part**0.6, 1.0))
        moving = (np.asarray(at) >= self.start[leg]) & (np.asarray(at) < self.end[leg])
        return self.near[leg] + eased * way, np.where(moving, np.abs(way) / span * slope, 0.0)

    def place(self, lines: Polylines, leg: Ints, at: Ints | int) -> tuple[Floats, Floats, Floats, Floats]:
        """Longitude, latitude, heading (degrees) and speed (m/s) on legs that have a path."""
        metres, speed = self.travelled(leg, at)
        lon, lat, heading = lines.at(self.path[leg], metres)
        return lon, lat, heading, speed


def legs(
    mover: Ints,
    start: Ints,
    end: Ints,
    path: Ints,
    near: Floats | float,
    far: Floats | float,
    status: int,
    note: Ints | int = -1,
    pace: int = STEADY,
) -> Legs:
    """A table of like legs from columns; single values are repeated."""
    count = len(mover)
    return Legs(
        mover=np.asarray(mover, np.int64),
        start=np.broadcast_to(np.asarray(start, np.int64), count),
        end=np.broadcast_to(np.asarray(end, np.int64), count),
        path=np.broadcast_to(np.asarray(path, np.int64), count),
        near=np.broadcast_to(np.asarray(near, np.float64), count),
        far=np.broadcast_to(np.asarray(far, np.float64), count),
        pace=np.full(count, pace, np.int64),
        status=np.full(count, status, np.int64),
        note=np.broadcast_to(np.asarray(note, np.int64), count),
    )
