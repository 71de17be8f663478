"""Whether a vehicle or vessel can have come from one place to another in the time between.

Any two true fixes of one thing satisfy this, whichever came first and however late it was delivered: so fixes are
held against the last believed one without regard to order. What contradicts it is doubted, not condemned: when
``SETTLED`` doubted fixes in a row agree among themselves, it is the believed one that was wrong (or the device went
by air, or the name to another), and the newest of them is believed from then on. So it is after ``GIVEN_UP`` in a
row that do not agree either: several devices of one name, of which the believed one fell silent.

Positions are WGS84 degrees; distances metres on a sphere of 6,371 km, good to 0.6 %.
"""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt

import msgspec

from domain.identifiers import is_search_aircraft
from domain.record_checks import AIRCRAFT_SPEED_LIMIT_KNOTS, VEHICLE_SPEED_LIMIT_KMH, VESSEL_SPEED_LIMIT_KNOTS
from domain.records import VehiclePosition, VesselPosition

Fix = VehiclePosition | VesselPosition

SLACK_METRES = 500.0  # what receivers err, and what clocks that differ by seconds make of a fast ship
FORGOTTEN_SECONDS = 6 * 3600.0  # after so long a silence it may be anywhere: trackers travel by air as well
SETTLED = 3  # doubted fixes in a row that agree
GIVEN_UP = 10
NEAR_DEGREES = 0.003  # both ways within this is within SLACK_METRES anywhere on Earth: 472 m
_RADIUS = 6_371_000.0
_PER_KMH, _PER_KNOT = 1 / 3.6, 1852 / 3600


class Doubted(msgspec.Struct, frozen=True, gc=False):
    """A fix that contradicts the believed one, how many in a row agree with it, and how many there were in all."""

    fix: Fix
    agree: int = 1
    all: int = 1


def metres(one: Fix, other: Fix) -> float:
    """The distance between two fixes along the great circle."""
    north, south = radians(one.lat), radians(other.lat)
    a = sin((north - south) / 2) ** 2
    a += cos(north) * cos(south) * sin(radians(one.lon - other.lon) / 2) ** 2
    return 2 * _RADIUS * asin(min(1.0, sqrt(a)))


def seconds(one: Fix, other: Fix) -> float:
    """The time between two fixes, without sign; by the recording's clock where both are replayed from one."""
    if one.recorded_time is not None and other.recorded_time is not None:
        return abs((one.recorded_time - other.recorded_time).total_seconds())
    return abs((one.event_time - other.event_time).total_seconds())


def limit(fix: Fix) -> float:
    """The speed nothing of its kind exceeds, metres per second."""
    if isinstance(fix, VehiclePosition):
        return VEHICLE_SPEED_LIMIT_KMH * _PER_KMH
    return (AIRCRAFT_SPEED_LIMIT_KNOTS if is_search_aircraft(fix.mmsi) else VESSEL_SPEED_LIMIT_KNOTS) * _PER_KNOT


def reachable(one: Fix, other: Fix) -> bool:
    """Whether the same thing can have been at both; the same whichever is named first."""
    apart = seconds(one, other)
    return apart > FORGOTTEN_SECONDS or metres(one, other) <= SLACK_METRES + limit(one) * apart


def doubt(believed: Fix, before: Doubted | None, fix: Fix) -> Doubted | None:
    """Judge a fix that is not near the believed one.

    Args:
        believed: of the same thing.
        before: what was doubted last, since a fix was last believed.
        fix: the new one.

    Returns:
        What is doubted now: the fix is refused. None: it is believed, from now on instead of ``believed``.
    """
    if reachable(believed, fix):
        return None
    if before is None:
        return Doubted(fix)
    agree = before.agree + 1 if reachable(before.fix, fix) else 1
    settled = agree >= SETTLED or before.all + 1 >= GIVEN_UP
    return None if settled else Doubted(fix, agree, before.all + 1)


def words(believed: Fix, fix: Fix) -> str:
    """What is wrong with a fix that cannot be reached: field, value, and what it is held against."""
    apart, far = seconds(believed, fix), metres(believed, fix)
    speed = f"{apart:.0f} s apart, would be {far / apart / _PER_KNOT:.0f} knots" if apart else "at the same time"
    last = f"lat={believed.lat}, lon={believed.lon} at {believed.event_time.isoformat(timespec='seconds')}"
    return f"lat={fix.lat}, lon={fix.lon}: {far / 1000:.1f} km from {last}, {speed}"
