"""The gates and what passes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from domain.pictures import GateRow, GatesPicture
from domain.viewer import Viewer
from store.moments import HOUR
from store.reads.asof import AsOf
from store.reads.scope import visible
from store.schema import gate_latest, gate_move, gate_state


def gates(connection: Connection, viewer: Viewer, at: AsOf | None, limit_minutes: float, now: int) -> GatesPicture:
    """Every gate with its queue, wait and passages of the last hour."""
    moment_ = now if at is None else at.at
    moves = select(gate_move.c.gate_id, func.count()).where(
        gate_move.c.event_time > moment_ - HOUR, gate_move.c.event_time <= moment_, *visible(viewer, gate_move.c.scope)
    )
    passed: dict[str, int] = dict(connection.execute(moves.group_by(gate_move.c.gate_id)).all())
    found = connection.execute(_states(viewer, at)).mappings().all()
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


def _states(viewer: Viewer, at: AsOf | None) -> Any:
    if at is None:
        return select(gate_latest).where(*visible(viewer, gate_latest.c.scope)).order_by(gate_latest.c.gate_id)
    past = gate_state.alias("past")
    newest = (
        select(past.c.gate_id, func.max(past.c.event_time).label("event_time"))
        .where(past.c.event_time <= at.at).group_by(past.c.gate_id).subquery()
    )  # fmt: skip
    same = (gate_state.c.gate_id == newest.c.gate_id) & (gate_state.c.event_time == newest.c.event_time)
    joined = select(gate_state).join_from(newest, gate_state, same)
    return joined.where(*visible(viewer, gate_state.c.scope)).order_by(gate_state.c.gate_id)
