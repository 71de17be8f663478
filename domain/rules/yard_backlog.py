"""Cargo piles up in a block or in the whole yard (货物积压预警, HS/T 82-2024 8.1.5 f).

Fires at ``limits.yard_backlog`` and, once firing, holds until below ``limits.yard_backlog_clear``:
the dead-band keeps a yard that hovers at the line from chattering. A full block is a local matter
(yellow); a full yard, or a block beyond its capacity, stops the operation (orange).
"""

from __future__ import annotations

from domain.alert_identity import alert_key
from domain.pictures import BlockRow, YardPicture
from domain.rules.base import Facts, Finding, Rule

NAME = "yard_backlog"
PORT = "port"
_ORANGE, _YELLOW = 2, 3


def evaluate(facts: Facts) -> list[Finding]:
    """Find the blocks, and the port as a whole, that are beyond the line."""
    yard = facts.yard
    if yard is None:
        return []
    found = [_block(row, yard, facts) for row in yard.rows if _beyond(row.occupancy, row.key, facts)]
    if _beyond(yard.occupancy, PORT, facts):
        found.append(_port(yard, facts))
    return found


def _beyond(occupancy: float | None, subject: str, facts: Facts) -> bool:
    if occupancy is None:
        return False
    limit = facts.limits.get("yard_backlog", 0.85)
    clear = facts.limits.get("yard_backlog_clear", limit - 0.05)
    return occupancy >= (clear if alert_key(NAME, subject) in facts.firing else limit)


def _percent(occupancy: float | None) -> int:
    return round(100 * (occupancy or 0.0))


def _block(row: BlockRow, yard: YardPicture, facts: Facts) -> Finding:
    return Finding(
        rule=NAME,
        subject_kind="block",
        subject=row.key,
        level=_ORANGE if (row.occupancy or 0.0) > 1.0 else _YELLOW,
        event_time=yard.as_of or facts.now,
        params=_params(row.name or row.key, row.occupancy, row.teu, row.capacity_teu, facts),
        lon=row.lon,
        lat=row.lat,
        origin=yard.origins[0] if len(yard.origins) == 1 else "",
        feed=yard.feeds[0] if len(yard.feeds) == 1 else "",
    )


def _port(yard: YardPicture, facts: Facts) -> Finding:
    params = _params("", yard.occupancy, yard.teu, yard.capacity_teu, facts)
    del params["name"]
    return Finding(
        rule=NAME,
        subject_kind="port",
        subject=PORT,
        level=_ORANGE,
        event_time=yard.as_of or facts.now,
        params={**params, "name_key": "word.whole_yard"},
        origin=yard.origins[0] if len(yard.origins) == 1 else "",
        feed=yard.feeds[0] if len(yard.feeds) == 1 else "",
    )


def _params(name: str, occupancy: float | None, teu: float, capacity: int, facts: Facts) -> dict[str, object]:
    return {
        "name": name,
        "percent": _percent(occupancy),
        "limit_percent": _percent(facts.limits.get("yard_backlog", 0.85)),
        "teu": round(teu),
        "capacity_teu": capacity,
    }


RULE = Rule(name=NAME, kind="condition", evaluate=evaluate, clear_after_seconds=120.0, needs=("yard",))
