"""What a wall shows next: the rotation of its scenes, and the alarm that takes its zone.

A plan is made of the standing alerts alone, so every screen of a wall, and every wall, comes to the same
one. Screens step through it by the server's clock: which scene is due is a matter of arithmetic, nobody
has to tell the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from domain.pictures import AlertRow

TAKES_OVER = 1  # of this level the wall shows nothing but what explains it
CALLS = 2  # up to this level an alert calls


class Slot(msgspec.Struct, frozen=True):
    """A scene and how long it stays, seconds."""

    scene: str
    seconds: float


class Plan(msgspec.Struct, frozen=True):
    """The order of scenes.

    Attributes:
        slots: scenes in their order, over and over.
        since: when the first of them began, epoch seconds; changes when a new alarm calls.
        level: of the worst alarm that calls, 0 when none does.
        alarms: keys of the alarms that call, worst first, then newest.
    """

    slots: list[Slot]
    since: float = 0.0
    level: int = 0
    alarms: list[str] = []


def calling(rows: Iterable[AlertRow], now: datetime | None, alarm_seconds: float) -> list[AlertRow]:
    """Alerts that call, worst first, then newest.

    Level I calls until somebody acknowledged it, level II for ``alarm_seconds`` after it opened at most.

    Args:
        rows: standing alerts.
        now: time of their picture; None = unknown, then nothing has called for long enough.
        alarm_seconds: how long level II calls.
    """
    found = [
        row
        for row in rows
        if row.state == "new"
        and not row.hidden
        and row.level <= CALLS
        and (row.level <= TAKES_OVER or now is None or (now - row.opened_at).total_seconds() < alarm_seconds)
    ]
    return sorted(found, key=lambda row: (row.level, -row.opened_at.timestamp(), row.key))


def plan(
    rotation: Sequence[str],
    seconds: Mapping[str, float],
    explains: Mapping[str, Sequence[str]],
    alarms: Sequence[AlertRow],
) -> Plan:
    """The order of scenes.

    Scenes that explain an alarm come first, worst level first, else in the order of the configuration; a
    new alarm begins the round anew, so they come at once. While level I calls only scenes that explain it
    are shown, or the first one where none does.

    Args:
        rotation: scenes in their usual order; not empty.
        seconds: how long each stays.
        explains: subject kinds each scene explains.
        alarms: alerts that call, worst first.
    """
    worst = {scene: _worst(explains.get(scene, ()), alarms) for scene in rotation}
    order = sorted(dict.fromkeys(rotation), key=lambda scene: worst[scene])
    if alarms and alarms[0].level <= TAKES_OVER:
        order = [scene for scene in order if worst[scene] <= TAKES_OVER] or [rotation[0]]
    since = max((row.opened_at.timestamp() for row in alarms), default=0.0)
    return Plan(
        slots=[Slot(scene, seconds[scene]) for scene in order],
        since=since,
        level=alarms[0].level if alarms else 0,
        alarms=[row.key for row in alarms],
    )


def due(told: Plan, now: float) -> tuple[str, float]:
    """The scene due at an epoch second, and how long it has been there, seconds."""
    past = (now - told.since) % sum(slot.seconds for slot in told.slots)
    for slot in told.slots:
        if past < slot.seconds:
            return slot.scene, past
        past -= slot.seconds
    return told.slots[-1].scene, told.slots[-1].seconds  # rounding


def _worst(kinds: Sequence[str], alarms: Sequence[AlertRow]) -> int:
    """Level of the worst alarm about one of these kinds of subjects; above all levels when there is none."""
    return min((row.level for row in alarms if row.subject_kind in kinds), default=CALLS + 1)
