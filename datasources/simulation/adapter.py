"""The adapter: delivers what happened in the model since it was last asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Protocol

import msgspec

from datasources.contract import Batch, Context
from datasources.simulation.gate_feed import GateFeed
from datasources.simulation.guard_feed import GuardFeed
from datasources.simulation.inspection_feed import InspectionFeed
from datasources.simulation.laboratory_feed import LaboratoryFeed
from datasources.simulation.sensor_feed import SensorFeed
from datasources.simulation.stamp import Stamp
from datasources.simulation.vehicle_feed import VehicleFeed
from datasources.simulation.vessel_feed import VesselFeed
from datasources.simulation.world import Scale, World, shared
from datasources.simulation.yard_feed import YardFeed
from domain.errors import FeedError
from domain.records import Record

Dataset = Literal["vehicles", "vessels", "yard", "inspections", "gates", "laboratory", "guard", "sensors"]
_CATCH_UP_SECONDS = 6 * 3600  # a longer gap is caught up in steps of this


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A simulation feed's own keys in the configuration.

    Attributes:
        dataset: which of the port's systems the feed stands for.
        trucks: vehicles on the roads of the port.
        vessels: ships and tugs.
        seed: makes one port differ from another.
    """

    dataset: Dataset
    trucks: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1200
    vessels: Annotated[int, msgspec.Meta(ge=1, le=400)] = 50
    seed: Annotated[int, msgspec.Meta(ge=0)] = 82


class Source(Protocol):
    """One dataset of the world."""

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """What is so at a moment, in parts; the same parts for the same moment."""

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """What happened in (since, until], in order of event time."""

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """What was so in (since, until] as known at ``until``, newest day first."""

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Distinct records of ``history`` by type, from the plans."""


_SOURCES: dict[str, type] = {
    "vehicles": VehicleFeed,
    "vessels": VesselFeed,
    "yard": YardFeed,
    "inspections": InspectionFeed,
    "gates": GateFeed,
    "laboratory": LaboratoryFeed,
    "guard": GuardFeed,
    "sensors": SensorFeed,
}


class SimulationFeed:
    """A feed of the simulated port."""

    def __init__(self, options: Options, context: Context) -> None:
        self._context = context
        self._stamp = Stamp(context.feed)
        self._world = _world(options, context.geo)
        self._source: Source = _SOURCES[options.dataset](self._world)
        self._cursor = dict(context.cursor or {})
        self._opening: list[list[Record]] | None = None  # parts still to be delivered at a cold start
        if "started" in self._cursor:
            self._world.started_cold(int(self._cursor["started"]))

    def poll(self) -> Batch:
        """What happened since the last poll; at a cold start what is so now.

        The cursor holds the time up to which everything was delivered (``until``), the moment of the
        cold start, and while the opening picture is being delivered how many parts have gone out.
        """
        now = int(self._context.now().timestamp())
        try:
            with self._world.lock:
                return self._open(now) if "until" not in self._cursor or "part" in self._cursor else self._next(now)
        except (ArithmeticError, LookupError, ValueError) as error:
            raise FeedError("simulation", f"the model failed: {error!r}") from error

    def close(self) -> None:
        """Nothing to let go of: the world is shared."""

    def _open(self, now: int) -> Batch:
        if "until" not in self._cursor:
            self._world.started_cold(now)
            self._cursor = {"until": now, "part": 0, "started": self._world.cold_start}
        part = int(self._cursor["part"])
        if self._opening is None:
            self._opening = list(self._source.standing(self._stamp, int(self._cursor["until"])))
        records = self._opening[part] if part < len(self._opening) else []
        self._cursor["part"] = part + 1
        if part + 1 >= len(self._opening):
            self._opening = None
            del self._cursor["part"]
        return Batch(records=records, counts=_by_type(records), cursor=dict(self._cursor), more="part" in self._cursor)

    def _next(self, now: int) -> Batch:
        since = int(self._cursor["until"])
        until = min(now, since + _CATCH_UP_SECONDS)
        if until <= since:  # the clock stood still or was set back: nothing new
            return Batch()
        records = self._source.changes(self._stamp, since, until)
        self._cursor["until"] = until
        return Batch(records=records, counts=_by_type(records), cursor=dict(self._cursor), more=until < now)


def create(options: Options, context: Context) -> SimulationFeed:
    """A feed of the simulated port."""
    return SimulationFeed(options, context)


def backfill(options: Options, context: Context, since: datetime, until: datetime) -> Iterator[Batch]:
    """History in big batches, newest day first; the same ids and values as the live feed's.

    Args:
        options: of the feed.
        context: of the feed; its clock is not used.
        since: beginning, aware UTC, exclusive.
        until: end, aware UTC, inclusive; what is still under way then is delivered as known then.

    Yields:
        Batches without a cursor.
    """
    world = _world(options, context.geo)
    if context.cursor and "started" in context.cursor:
        world.started_cold(int(context.cursor["started"]))
    world.remember((until - since).days)
    source: Source = _SOURCES[options.dataset](world)
    chunks = source.history(Stamp(context.feed, part=20_000), _seconds(since), _seconds(until))
    while True:
        with world.lock:  # let go between batches: live feeds of the process share the world
            records = next(chunks, None)
        if records is None:
            return
        if records:
            yield Batch(records=records, counts=_by_type(records))


def expected_counts(
    options: Options, since: datetime, until: datetime, geo: Path = Path("assets/geo")
) -> dict[str, int]:
    """How many distinct records of each type the dataset made in (since, until], from the plans.

    Positions are left out: they are made on demand and thinned by the store.

    Args:
        options: of the feed.
        since: beginning, aware UTC, exclusive.
        until: end, aware UTC, inclusive.
        geo: folder of ``port.geojson``.

    Returns:
        Record type name -> count, as ``backfill`` of the same stretch delivers.
    """
    world = _world(options, geo)
    source: Source = _SOURCES[options.dataset](world)
    with world.lock:
        return source.counts(_seconds(since), _seconds(until))


def _world(options: Options, geo: Path) -> World:
    return shared(Scale(options.seed, options.trucks, options.vessels, geo.resolve()))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _by_type(records: list[Record]) -> dict[str, int]:
    return {kind.__name__: count for kind, count in Counter(map(type, records)).items()}
