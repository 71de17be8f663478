"""What the yard's system reports: blocks and stays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datasources.simulation import goods, identity
from datasources.simulation.chance import Ints, day_start, local_day
from datasources.simulation.stamp import Stamp
from datasources.simulation.transfers import BY_TRANSFER, BY_TRUCK, Segments
from datasources.simulation.world import World
from datasources.simulation.yard_plan import KINDS
from domain.records import ContainerStay, Record, StayKind, YardBlock

_KINDS = (*KINDS, StayKind.INSPECTION)
_PART = ("", "-q", "-r")


class YardFeed:
    """Dataset ``yard``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """The blocks, then every stay in the yard at a moment, in parts."""
        yield self._blocks(stamp, at)
        pieces = self._standing(at)
        for start in range(0, len(pieces.stay), stamp.part):
            part = pieces.take(np.arange(start, min(start + stamp.part, len(pieces.stay))))
            yield self._stays(stamp, part, np.full(len(part.stay), at))

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Arrivals and departures in (since, until]."""
        records: list[Record] = []
        for day in range(local_day(since + 1), local_day(until) + 1):
            table, arrived, departed, told = self._world.keep("yard-day", day, self._day)
            came = table.take(_within(table.arrives, arrived, since, until))
            went = table.take(_within(table.departs, departed, since, until))
            records += self._stays(stamp, came, came.arrives)
            records += self._stays(stamp, went, went.departs)
            for at, place in told:
                news = np.flatnonzero((at > since) & (at <= until))
                records += self._stays(stamp, table.take(place[news]), at[news])
        return sorted(records, key=lambda r: r.event_time)

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Blocks, stays standing at ``until``, then those that left, newest day first."""
        yield from self.standing(stamp, until)
        for day in range(local_day(until), local_day(since + 1) - 1, -1):
            table, _, departed, _ = self._world.keep("yard-day", day, self._day)
            gone = table.take(_within(table.departs, departed, since, until))
            for start in range(0, len(gone.stay), stamp.part):
                part = gone.take(np.arange(start, min(start + stamp.part, len(gone.stay))))
                yield self._stays(stamp, part, part.departs)

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Blocks, and stays that stood in the yard some time in (since, until]."""
        stays = sum(
            int(((s.arrives <= until) & (s.departs > since)).sum()) for s in self._world.segments_about(since, until)
        )
        return {"YardBlock": len(self._world.geography.blocks), "ContainerStay": stays}

    def _standing(self, at: int) -> Segments:
        parts = [
            s.take(np.flatnonzero((s.arrives <= at) & (s.departs > at))) for s in self._world.segments_about(at, at)
        ]
        return Segments.join(parts)

    def _day(self, day: int) -> tuple[Segments, Ints, Ints, list[tuple[Ints, Ints]]]:
        """Pieces of which there is news on a local day.

        Returns:
            The pieces, the orders by arrival and by departure, and what is told of goods meanwhile: (when, which).
        """
        start, end = day_start(day), day_start(day + 1)
        parts = []
        for s in self._world.segments_about(start, start):
            touches = ((s.arrives >= start) & (s.arrives < end)) | ((s.departs >= start) & (s.departs < end))
            for at in _told(goods.of(self._world.seed, s)):
                touches |= (at >= start) & (at < end) & (at > s.arrives) & (at < s.departs)
            parts.append(s.take(np.flatnonzero(touches)))
        table = Segments.join(parts)
        come = np.flatnonzero((table.arrives >= start) & (table.arrives < end))
        go = np.flatnonzero((table.departs >= start) & (table.departs < end))
        told = []
        for at in _told(goods.of(self._world.seed, table)):
            mine = (at >= start) & (at < end) & (at > table.arrives) & (at < table.departs)
            told.append((at[mine], np.flatnonzero(mine)))
        return table, come[np.argsort(table.arrives[come])], go[np.argsort(table.departs[go])], told

    def _blocks(self, stamp: Stamp, at: int) -> list[Record]:
        return [
            YardBlock(
                feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(day_start(local_day(at))),
                block_id=b.id, name=b.name, terminal=b.terminal, kind=b.kind, ground_slots=b.ground_slots,
                tiers=b.tiers, capacity_teu=b.capacity_teu, lon=round(b.at[0], 6), lat=round(b.at[1], 6),
            )
            for b in self._world.geography.blocks
        ]  # fmt: skip

    def _stays(self, stamp: Stamp, s: Segments, until: Ints) -> list[Record]:
        """Records of pieces as they stand at ``until``, one time for each: what comes later is not known yet."""
        known = s.departs <= until
        of = goods.of(self._world.seed, s)
        verified, declared = of.verified <= until, of.declared <= until
        since = s.arrives.copy()
        for at in _told(of):
            since = np.where((at <= until) & (at > since), at, since)
        since = np.where(known, s.departs, since)
        blocks = [b.id for b in self._world.geography.blocks]
        means = self._means(s)
        arrived, departed = stamp.times(s.arrives), stamp.times(s.departs)
        columns = zip(
            s.stay.tolist(), s.part.tolist(), identity.container_numbers(s.stay), s.block.tolist(), s.bay.tolist(),
            s.tier.tolist(), s.length.tolist(), s.kind.tolist(), s.weight.tolist(), s.came.tolist(), s.goes.tolist(),
            arrived, departed, known.tolist(), stamp.times(since), of.most.tolist(),
            [mass if there else None for mass, there in zip(of.vgm.tolist(), verified.tolist(), strict=True)],
            [goods.CLASSES[place] if place >= 0 else "" for place in of.imdg.tolist()],
            [stamp.when(at) if there else None for at, there in zip(of.declared.tolist(), declared, strict=True)],
            [None if np.isnan(degrees) else degrees for degrees in of.celsius.tolist()], strict=True,
        )  # fmt: skip
        feed, origin = stamp.feed, stamp.origin
        return [
            ContainerStay(
                feed=feed, origin=origin, event_time=since_then, stay_id=f"S{stay}{_PART[part]}",
                container_no=box, block_id=blocks[block], bay=bay, tier=tier, length_ft=length, kind=_KINDS[kind],
                weight_tonnes=weight, arrived_by=means[came], departed_by=means[goes] if gone else "",
                arrived_at=come, departed_at=out if gone else None, max_gross_tonnes=most, vgm_tonnes=vgm,
                imdg_class=imdg, declared_at=said, set_celsius=degrees,
            )
            for stay, part, box, block, bay, tier, length, kind, weight, came, goes, come, out, gone, since_then,
            most, vgm, imdg, said, degrees in columns
        ]  # fmt: skip

    def _means(self, s: Segments) -> dict[int, str]:
        means = {BY_TRUCK: "truck", BY_TRANSFER: "inspection"}
        for code in np.unique(np.concatenate((s.came, s.goes))).tolist():
            if code >= 0:
                means[code] = f"vessel {self._world.timetable.call_id(code)}"
        return means


def _told(of: goods.Goods) -> tuple[Ints, Ints]:
    """When something is told of goods."""
    return of.verified, of.declared


def _within(times: Ints, order: Ints, since: int, until: int) -> Ints:
    """Those of ``order`` (sorted by their times) whose time lies in (since, until]."""
    sorted_times = times[order]
    first, last = np.searchsorted(sorted_times, [since, until], side="right")
    return order[first:last]
