"""From pictures to the JSON of /api/v1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from domain.pictures import STATUS, UNSENT, Picture, Positions

SPEED_UNIT = {"vehicles": "speed_kmh", "vessels": "speed_knots"}


def rows_of(picture: Picture | None) -> dict[str, Any]:
    """A row picture as plain data; an empty one when nothing is known yet."""
    body = dict(msgspec.to_builtins(picture if picture is not None else Picture()))
    body.pop(UNSENT)
    return body


def feeds_of(picture: Picture | None, now: datetime) -> dict[str, Any]:
    """The feeds picture with each feed's age in seconds at ``now``."""
    body = rows_of(picture)
    for row in body["rows"]:
        row["age_seconds"] = age_seconds(row.get("last_ok_at"), now)
    return body


def age_seconds(moment: str | datetime | None, now: datetime) -> float | None:
    """Age at ``now``, seconds to the tenth; None when there was never anything."""
    if moment is None:
        return None
    then = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return round((now - then).total_seconds(), 1)


def positions_of(positions: Positions | None, kind: str) -> dict[str, Any]:
    """Moving things as one object each: id, label, place, motion, times."""
    if positions is None:
        return {"as_of": None, "origins": [], "feeds": [], "count": 0, "rows": []}
    return {
        "as_of": positions.as_of,
        "expected_seconds": positions.expected_seconds,
        "origins": positions.origins,
        "feeds": positions.feeds,
        "count": len(positions.ids),
        "rows": [_moving(positions, i, SPEED_UNIT[kind]) for i in range(len(positions.ids))],
    }


def _moving(positions: Positions, i: int, speed_key: str) -> Mapping[str, Any]:
    row: dict[str, Any] = {
        "id": positions.ids[i],
        "label": positions.labels[i],
        "lon": float(positions.lon[i]),
        "lat": float(positions.lat[i]),
        speed_key: _number(positions.speed[i]),
        "heading_degrees": _number(positions.heading[i]),
        "status": STATUS[int(positions.status[i])],
        "seen": _moment(positions.seen[i]),
        "origin": positions.origins[0] if len(positions.origins) == 1 else None,
        "recorded_time": None,
    }
    if positions.recorded is not None:
        row["recorded_time"] = _moment(positions.recorded[i])
        if row["recorded_time"] is not None:
            row["origin"] = "recorded"
    return row


def _number(value: np.floating[Any]) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)


def _moment(value: np.floating[Any]) -> datetime | None:
    return None if np.isnan(value) else datetime.fromtimestamp(float(value), UTC)
