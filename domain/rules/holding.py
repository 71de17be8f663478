"""How long, how often and at what hours something must be found before it fires; the same for every rule.

Delay and count as in Phoebus: a condition fires when it was found for ``hold_on_seconds``, or by ``count`` readings.
Once it fired it goes on firing while it is found, also after a gap shorter than ``hold_off_seconds``: what flickers at
the end of a delay would else start it anew each time. Everything is pure: memory goes in and comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo

import msgspec
from msgspec.structs import replace

from domain.active_hours import active
from domain.rules.base import Finding, Kind, RuleInstance

READINGS_KEPT = 1000  # of one subject; more are asked for by no rule


class Held(msgspec.Struct, frozen=True):
    """What is remembered of one subject.

    Attributes:
        since: when what was found of this run first began; None while it is absent.
        readings: times of the readings that found it, ascending: of the window, or, without one, of this run.
        fired: it has held long or often enough.
        absent_since: when it was first not found again; None while it is found.
    """

    since: datetime | None = None
    readings: tuple[datetime, ...] = ()
    fired: bool = False
    absent_since: datetime | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What holding lets through, what it still holds, and what it remembers."""

    findings: list[Finding]
    pending: list[Finding]
    memory: dict[str, Held]


def hold(
    memory: Mapping[str, Held],
    found: Iterable[Finding],
    instance: RuleInstance,
    kind: Kind,
    now: datetime,
    zone: tzinfo,
    firing: frozenset[str] = frozenset(),
    unjudged: frozenset[str] = frozenset(),
) -> Outcome:
    """Hold what was found against what the instance asks for.

    Args:
        memory: of the evaluation before, by subject.
        found: what the rule found now; of an event rule, what is new.
        instance: what it asks for.
        kind: of the rule.
        now: aware UTC; one earlier than before (a clock set back) starts delays anew, it never makes them longer.
        zone: of its hours.
        firing: subjects whose alert fires already: a restart forgets the memory, not the alert.
        unjudged: subjects nothing is known of this time; they stay as they are.
    """
    if kind == "event":
        return _events(memory, found, instance, now, zone)
    if not active(instance.active_hours, now, zone):
        return Outcome([], [], {})
    after: dict[str, Held] = {subject: memory[subject] for subject in unjudged if subject in memory}
    through: list[Finding] = []
    held_back: list[Finding] = []
    for finding in found:
        known = memory.get(finding.subject, _UNKNOWN)
        held = _again(known, finding, instance, now)
        if not held.fired and (finding.subject in firing or _enough(held, instance, now)):
            held = replace(held, fired=True)
        after[finding.subject] = held
        if held.since is not None and held.since != finding.event_time:
            finding = replace(finding, event_time=held.since)
        (through if held.fired else held_back).append(finding)
    for subject in memory.keys() - after.keys():
        gone = _absent(memory[subject], instance, now)
        if gone is not None:
            after[subject] = gone
    return Outcome(through, held_back, after)


def _again(held: Held, finding: Finding, instance: RuleInstance, now: datetime) -> Held:
    """A subject that is found: this run goes on, or begins."""
    since = min(finding.event_time, now) if held.since is None else min(held.since, finding.event_time, now)
    reading = finding.reading or finding.event_time
    readings = _within(held.readings, instance, now)
    if instance.count > 1 and (not readings or reading > readings[-1]):
        readings = (*readings, reading)[-READINGS_KEPT:]
    if since == held.since and readings is held.readings and held.absent_since is None:
        return held
    return Held(since, readings, held.fired)


_UNKNOWN = Held()


def _within(readings: tuple[datetime, ...], instance: RuleInstance, now: datetime) -> tuple[datetime, ...]:
    if not instance.window_seconds or not readings:
        return readings
    oldest = now - timedelta(seconds=instance.window_seconds)
    return tuple(reading for reading in readings if oldest < reading <= now)


def _enough(held: Held, instance: RuleInstance, now: datetime) -> bool:
    lasted = (now - (held.since or now)).total_seconds() >= instance.hold_on_seconds
    if instance.count <= 1:
        return lasted
    return len(held.readings) >= instance.count or (instance.hold_on_seconds > 0 and lasted)


def _absent(held: Held, instance: RuleInstance, now: datetime) -> Held | None:
    """A subject that is not found; None: there is nothing left to remember."""
    since = now if held.absent_since is None else min(held.absent_since, now)
    fired = held.fired and (now - since).total_seconds() < instance.hold_off_seconds
    readings = _within(held.readings, instance, now) if instance.window_seconds else ()
    return Held(held.since if fired else None, readings, fired, since) if fired or readings else None


def _events(
    memory: Mapping[str, Held], found: Iterable[Finding], instance: RuleInstance, now: datetime, zone: tzinfo
) -> Outcome:
    """So many of one subject within the window; hours are those at which they happened."""
    window = timedelta(seconds=instance.window_seconds)
    after = {subject: held for subject, held in memory.items() if held.readings and now - held.readings[-1] < window}
    through: list[Finding] = []
    held_back: list[Finding] = []
    for finding in sorted(found, key=lambda one: one.event_time):
        if not active(instance.active_hours, finding.event_time, zone):
            continue
        if instance.count <= 1:
            through.append(finding)
            continue
        known = after.get(finding.subject, Held()).readings
        readings = tuple(sorted({*known, finding.event_time}))[-READINGS_KEPT:]
        after[finding.subject] = Held(readings=readings)
        near = [at for at in readings if finding.event_time - window < at <= finding.event_time]
        (through if len(near) >= instance.count else held_back).append(finding)
    return Outcome(through, held_back, after)
