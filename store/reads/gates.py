"""The gates and what passes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, func, select

from domain.pictures import GateRow, GatesPicture
from domain.viewer import Viewer
from store.moments import FOREVER, HOUR
from store.reads.asof import AsOf
from store.reads.positions import newest
from store.reads.scope import visible
from store.schema import gate_latest, gate_move, gate_state


def gates(connection: Connection, viewer: Viewer, at: AsOf | None, limit_minutes: float, now: int) -> GatesPicture:
    """Every gate with its queue, wait and passages of the last hour."""
    moment_ = now if at is None else at.at
    t = gate_move
    moves = select(t.c.gate_id, func.count()).where(
        t.c.event_time > moment_ - HOUR, t.c.event_time <= moment_, *visible(viewer, t.c.scope)
    )
    if at is not None and at.then:
        moves = moves.where(t.c.received_at <= at.at)
    passed: dict[str, int] = dict(connection.execute(moves.group_by(t.c.gate_id)).all())
    found = [row for query in _states(viewer, at) for row in connection.execute(query).mappings()]
    found.sort(key=lambda row: row["gate_id"])
    return GatesPicture(
        origins=sorted({row["origin"] for row in found}),
        feeds=sorted({row["feed"] for row in found}),
        rows=[
            GateRow(
                key=row["gate_id"], name=row["name"], trucks_waiting=row["trucks_waiting"],
                wait_minutes=row["wait_minutes"], limit_minutes=limit_minutes, lanes_open=row["lanes_open"],
                moves_last_hour=passed.get(row["gate_id"], 0),
            )
            for row in found
        ],
    )  # fmt: skip


def _states(viewer: Viewer, at: AsOf | None) -> list[Select[Any]]:
    """The latest rows that answer, and for the other gates one seek each into the history."""
    mine = visible(viewer, gate_latest.c.scope)
    if at is None:
        return [select(gate_latest).where(*mine)]
    answers = gate_latest.c.received_at <= at.at if at.then else gate_latest.c.event_time <= at.at
    past = newest(gate_latest, gate_state, "gate_id", at, -FOREVER)
    seeks = select(gate_state).join_from(gate_latest, gate_state, past)
    return [
        select(*(gate_latest.c[column.name] for column in gate_state.c)).where(answers, *mine),
        seeks.where(~answers, *visible(viewer, gate_state.c.scope)),
    ]
