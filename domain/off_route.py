"""Which vehicles are off their route, carried from one evaluation to the next.

One fix beyond the limit may be a reflection between container stacks, so the route rule wants two
in a row or 30 s. That memory is data, not hidden state: whoever evaluates the rules keeps the
mapping and hands it back with the new positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from domain.records import VehiclePosition

FORGET_AFTER = timedelta(minutes=30)


class OffRoute(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle that is off its route.

    Attributes:
        since: event time of the first fix beyond the limit.
        fixes: consecutive fixes beyond the limit.
        last: the newest of them.
        worst_metres: largest distance from the route so far.
    """

    since: datetime
    fixes: int
    last: VehiclePosition
    worst_metres: float


def follow(
    before: Mapping[str, OffRoute], positions: Iterable[VehiclePosition], limit_metres: float, now: datetime
) -> dict[str, OffRoute]:
    """Carry the mapping on over new positions.

    A fix within the limit ends the deviation, a fix without a distance says nothing, a fix not
    newer than the last one is ignored. A vehicle that fell silent is forgotten after 30 minutes,
    so that one which left the port does not stay off route for ever.

    Args:
        before: the mapping of the previous evaluation.
        positions: new positions of any vehicles.
        limit_metres: distance above which a fix is off the route.
        now: aware UTC.

    Returns:
        Vehicles off their route now, by vehicle id.
    """
    after = {vehicle: state for vehicle, state in before.items() if now - state.last.event_time <= FORGET_AFTER}
    for fix in sorted((p for p in positions if p.off_route_metres is not None), key=lambda p: p.event_time):
        known = after.get(fix.vehicle_id)
        if known and fix.event_time <= known.last.event_time:
            continue
        metres = fix.off_route_metres or 0.0
        if metres <= limit_metres:
            after.pop(fix.vehicle_id, None)
        else:
            after[fix.vehicle_id] = OffRoute(
                since=known.since if known else fix.event_time,
                fixes=known.fixes + 1 if known else 1,
                last=fix,
                worst_metres=max(metres, known.worst_metres if known else 0.0),
            )
    return after
