"""What the gates report: passages, and how long one waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from datasources.simulation import identity
from datasources.simulation.chance import DAY, LOCAL_OFFSET, day_start, local_day
from datasources.simulation.incidents import slowdowns
from datasources.simulation.stamp import Stamp
from datasources.simulation.world import World
from datasources.simulation.yard_plan import Visits
from domain.records import GateMove, GateState, Record

_STATE_EVERY = 60
_HISTORY_STATE_EVERY = 1_800
_RECENT = 7_200
_SHOWN_AT_START = 3_600


class GateFeed:
    """Dataset ``gates``."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._plates = [identity.plate(truck) for truck in range(world.road_trucks)]

    def standing(self, stamp: Stamp, at: int) -> Iterator[list[Record]]:
        """The last hour's passages and the gates' state."""
        yield self.changes(stamp, at - _SHOWN_AT_START, at)

    def changes(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        """Passages and states in (since, until]."""
        every = _STATE_EVERY if until - since <= _RECENT else _HISTORY_STATE_EVERY
        records = self._moves(stamp, since, until) + self._states(stamp, since, until, every)
        return sorted(records, key=lambda r: r.event_time)

    def history(self, stamp: Stamp, since: int, until: int) -> Iterator[list[Record]]:
        """Passages by local day, newest first; states every minute of the last two hours, else half-hourly."""
        yield self._states(stamp, max(since, until - _RECENT), until, _STATE_EVERY)
        for day in range(local_day(until), local_day(since + 1) - 1, -1):
            first, last = max(since, day_start(day) - 1), min(until, day_start(day + 1) - 1)
            yield self._moves(stamp, first, last)
            last = min(last, until - _RECENT)
            if last > first:
                yield self._states(stamp, first, last, _HISTORY_STATE_EVERY)

    def counts(self, since: int, until: int) -> dict[str, int]:
        """Passages in (since, until], and gates."""
        moves = 0
        for day in range(local_day(since + 1) - 1, local_day(until) + 1):
            visits = self._world.trade(day)[1]
            moves += sum(int(((t > since) & (t <= until)).sum()) for t in (visits.entered, visits.left))
        return {"GateMove": moves, "GateState": len(self._world.geography.gates)}

    def _moves(self, stamp: Stamp, since: int, until: int) -> list[Record]:
        records: list[Record] = []
        for day in range(local_day(since + 1) - 1, local_day(until) + 1):
            stays, visits = self._world.trade(day)
            for inward in (True, False):
                at = visits.entered if inward else visits.left
                chosen = np.flatnonzero((at > since) & (at <= until))
                if len(chosen):
                    records += self._passages(stamp, day, visits, stays.first, chosen, inward)
        return records

    def _passages(
        self, stamp: Stamp, day: int, visits: Visits, first: int, chosen: np.ndarray, inward: bool
    ) -> list[Record]:
        gates, plates = [g.id for g in self._world.geography.gates], self._plates
        box = (visits.delivers if inward else visits.collects)[chosen]
        numbers = identity.container_numbers(first + np.maximum(box, 0))
        before = self._world.visits_before(day)
        at = stamp.times((visits.entered if inward else visits.left)[chosen])
        queued: list[datetime | None] = [*stamp.times(visits.queued[chosen])] if inward else [None] * len(chosen)
        columns = zip(
            [f"V{before + i}" for i in chosen.tolist()], visits.gate[chosen].tolist(), visits.truck[chosen].tolist(),
            numbers, box.tolist(), at, queued, strict=True,
        )  # fmt: skip
        way = "in" if inward else "out"
        suffix = f"-{way}"
        return [
            GateMove(
                feed=stamp.feed, origin=stamp.origin, event_time=time, move_id=visit + suffix,
                gate_id=gates[gate], direction=way, vehicle_id=plates[truck],
                container_no=number if carried >= 0 else "", queued_at=joined,
                visit_id=visit,
            )
            for visit, gate, truck, number, carried, time, joined in columns
        ]  # fmt: skip

    def _states(self, stamp: Stamp, since: int, until: int, every: int) -> list[Record]:
        records: list[Record] = []
        moments = np.arange((since // every + 1) * every, until + 1, every)
        for day in np.unique((moments + LOCAL_OFFSET) // DAY).tolist():
            mine = moments[(moments + LOCAL_OFFSET) // DAY == day]
            visits = self._world.trade(day)[1]
            slow = slowdowns(self._world.seed, day, len(self._world.geography.gates), self._world.cold_start)
            for number, gate in enumerate(self._world.geography.gates):
                here = visits.gate == number
                queued, entered = visits.queued[here], visits.entered[here]
                joined = np.searchsorted(queued, mine, side="right")
                waiting = joined - np.searchsorted(entered, mine, side="right")
                # A truck that joins now passes right after the last one that joined before it.
                last = np.where(joined > 0, entered[np.maximum(joined - 1, 0)] if len(entered) else mine, mine)
                wait = np.maximum(last - mine, 0) / 60
                for at, trucks, minutes in zip(mine.tolist(), waiting.tolist(), wait.tolist(), strict=True):
                    held = any(s.gate == number and s.since <= at < s.until for s in slow)
                    records.append(
                        GateState(
                            feed=stamp.feed, origin=stamp.origin, event_time=stamp.when(at), gate_id=gate.id,
                            name=gate.name, trucks_waiting=trucks, wait_minutes=round(minutes, 1),
                            lanes_open=max(1, gate.lanes // 4) if held else gate.lanes,
                        )
                    )  # fmt: skip
        return records
