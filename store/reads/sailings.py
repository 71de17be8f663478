"""Exports that are not through inspection, and whether they will make their ships."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, func, or_

from domain.cross_area import CrossArea, Goods, Place, check, offer
from domain.open_hours import OpenHours
from domain.records import Direction, Hold, Node, Special
from domain.rota import Inspections
from domain.sailing_check import Baseline, Outlook, Standing, state_of
from domain.sailing_pictures import STATES, SailingRow, SailingsPicture, counted
from domain.viewer import Viewer
from store.moments import DAY, SECOND, moment, moment_or_none
from store.reads.alive import Row, alive, reached
from store.reads.asof import AsOf
from store.reads.finished import finished
from store.reads.scope import public, standing
from store.schema import vessel_call
from store.wall import lowered, walled

AHEAD = timedelta(days=14)
ANOTHER_CALL = DAY  # a call that leaves so much earlier or later than the declaration says is another one
_CALL = ("call_id", "vessel_name", "voyage", "berth", "eta", "etd", "atd", "cut_off")
_INSIDE = (Node.ASSIGNED.value,)
_BESIDE = (Node.CONFIRMED.value, Node.TRANSFERRED.value)


class Judge(msgspec.Struct, frozen=True):
    """What every declaration is held against."""

    baseline: Baseline
    hours: Mapping[str, OpenHours]
    rota: Inspections
    places: Sequence[Place]
    calls: Mapping[str, list[Row]]
    now: datetime


def sailings(
    connection: Connection, viewer: Viewer, at: AsOf | None, now: int, rota: Inspections, zone: ZoneInfo
) -> SailingsPicture:
    """Exports not through, worst first; of those that missed their cut-off the ones of the last day.

    What others took, how full platforms are and when vessels sail is read over all: an enterprise gets the judgement
    of its own declarations, and no row they rest on.
    """
    moment_ = now if at is None else at.at
    with lowered(connection):
        found = alive(connection, None, at, moment_, moment_)
        judge = _judge(connection, viewer, at, moment_, found, rota, zone)
    if viewer.scope is not None:
        own = alive(connection, viewer, at, moment_, moment_) if walled(connection) else found
        found = [row for row in own if row["task_scope"] in viewer.scope]
    exports = [row for row in found if row["direction"] == Direction.EXPORT]
    pairs = [(judged(row, judge), row) for row in exports]
    pairs = [(one, row) for one, row in pairs if one.deadline is None or one.deadline > judge.now - timedelta(days=1)]
    pairs.sort(key=lambda pair: order(pair[0], judge.now))
    rows = [one for one, _ in pairs]
    return SailingsPicture(
        rows=rows, counts=counted([row.state for row in rows], STATES), baseline_days=rota.baseline_days,
        origins=sorted({row.origin for row in rows}), feeds=sorted({row["task_feed"] for _, row in pairs}),
        owners={one.key: row["task_scope"] for one, row in pairs if row["task_scope"]},
    )  # fmt: skip


def order(row: SailingRow, now: datetime) -> tuple[Any, ...]:
    """What can still be helped first, the least probable before; of what is well the earliest deadline."""
    chance = 1.0 if row.state == "safe" or row.probability is None else row.probability
    return (STATES.index(row.state), chance, row.deadline or now, row.key)


def _judge(
    connection: Connection,
    viewer: Viewer,
    at: AsOf | None,
    now: int,
    found: Sequence[Row],
    rota: Inspections,
    zone: ZoneInfo,
) -> Judge:
    since, time = now - rota.baseline_days * DAY, moment(now)
    past = finished(connection, at, now, since)
    span = (moment(since) - AHEAD, time + AHEAD)
    hours = {area: OpenHours.of(rota, area, zone, *span) for area in ("", *rota.areas)}
    calls: dict[str, list[Row]] = {}
    for call in _calls(connection, viewer, at, now):
        calls.setdefault(_vessel(call["vessel_name"])[0], []).append(call)
    return Judge(Baseline(past, hours), hours, rota, places(found, past.words, now), calls, time)


def places(found: Sequence[Row], words: Mapping[str, Any], now: int) -> list[Place]:
    """Every platform lately heard of, and how full it is."""
    known = dict(zip(words["platform"], words["area"], strict=True))
    known |= {row["platform"]: row["area"] for row in found}
    busy: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for row in found:
        stage = next(iter(reversed(reached(row, now))), "")
        busy[row["platform"]] += stage in _INSIDE
        waiting[row["platform"]] += stage in _BESIDE and not row["hold"]
    return [Place(area, name, busy[name], waiting[name]) for name, area in sorted(known.items()) if name]


def judged(row: Row, judge: Judge) -> SailingRow:
    """One declaration."""
    now, nodes = int(judge.now.timestamp() * SECOND), reached(row, int(judge.now.timestamp() * SECOND))
    stage = next(iter(reversed(nodes)), "")
    call = _call(row, judge.calls, now)
    departs = _departs(row, call, now)
    deadline, deadline_of = _deadline(row, call, departs)
    words = {name: row[name] or "" for name in ("direction", "mode", "area")} | {"farm": "1" if row["farm"] else ""}
    outlook = judge.baseline.outlook(_standing(row, stage, nodes, words, judge.now))
    one = SailingRow(
        key=row["declaration_no"], bill_of_lading=row["bill_of_lading"] or "", platform=row["platform"] or "",
        area=row["area"] or "", stage=stage, hold=row["hold"], special=list(msgspec.json.decode(row["special"])),
        call=_group(row, call, departs), vessel_name=row["vessel_name"] or "",
        voyage=call["voyage"] if call else "", berth=call["berth"] if call else "", departure=moment_or_none(departs),
        deadline=moment_or_none(deadline), deadline_of=deadline_of, reached_at=moment_or_none(nodes.get(stage)),
        origin=row["task_origin"], recorded_time=moment_or_none(row["task_recorded"]),
    )  # fmt: skip
    one = _weighed(one, outlook, judge.now)
    one.cross = _elsewhere(one, row, words, judge)
    return one


def _standing(row: Row, stage: str, nodes: Mapping[str, int], words: Mapping[str, str], now: datetime) -> Standing:
    """Where it goes on from; what is held as if it did so at once, what was rejected from a new appointment."""
    ahead = (row["appointed_for"] or 0) / SECOND if not stage and not row["hold"] else 0.0
    goes_on = "" if row["hold"] == Hold.REJECTED else stage
    since = nodes[stage] / SECOND if goes_on and not row["hold"] else None
    return Standing(words, goes_on, since, max(now.timestamp(), ahead))


def _weighed(one: SailingRow, outlook: Outlook | str, now: datetime) -> SailingRow:
    """With times, probability and state."""
    if isinstance(outlook, str):
        one.state, one.why = state_of(None, one.deadline, now), outlook if one.deadline else "no_deadline"
        return one
    one.early, one.likely, one.late = (outlook.quantile(share) for share in (0.1, 0.5, 0.9))
    one.compared, one.alike = len(outlook.ends), list(outlook.kind)
    one.by_departure = None if one.departure is None else round(outlook.by(one.departure), 3)
    if one.deadline is None:
        one.why = "no_deadline"
        return one
    one.probability = round(outlook.by(one.deadline), 3)
    if one.likely is not None:
        one.margin_hours = round((one.deadline - one.likely).total_seconds() / 3600, 1)
    one.state = state_of(one.probability, one.deadline, now)
    if one.hold:  # as if it went on at once: that is the most there may be
        one.why = "held"
        one.state = "unknown" if one.state == "safe" else one.state
    return one


def _elsewhere(one: SailingRow, row: Row, words: Mapping[str, str], judge: Judge) -> CrossArea:
    goods = Goods(
        stage=one.stage, state=one.state, needs=msgspec.json.decode(row["needs"]),
        gathered_at=moment_or_none(row["gathered_at"]), appointed=bool(one.stage),
        papers_irregular=bool(row["papers_irregular"]), moved=Special.CROSS_AREA in one.special,
    )  # fmt: skip
    found = check(goods, judge.now)
    if found.outcome not in ("possible", "unknown") or one.deadline is None:
        return found
    slot = offer(judge.baseline, judge.hours, judge.rota, judge.places, words, one.deadline, judge.now)
    return msgspec.structs.replace(found, offer=slot)


def _calls(connection: Connection, viewer: Viewer, at: AsOf | None, now: int) -> list[Row]:
    """Calls that may still load, or left within two days; the port's own tell everybody when their ships sail."""

    def near(t: Any) -> list[Any]:
        leaves = func.coalesce(t.c.atd, t.c.etd, t.c.eta)
        return [or_(leaves.is_(None), leaves > now - 2 * DAY), *public(viewer, t.c.scope)]

    table = standing(vessel_call, at, _CALL, near)
    return [dict(row) for row in connection.execute(table.select().order_by(table.c.call_id)).mappings()]


def _vessel(text: str) -> tuple[str, str]:
    """Name and voyage as they may stand together: ``COSCO STAR / 045E``."""
    name, _, voyage = text.partition("/")
    return " ".join(name.upper().split()), voyage.strip().upper()


def _call(row: Row, calls: Mapping[str, list[Row]], now: int) -> Row | None:
    """The call meant by vessel and voyage, of several the one that leaves nearest to what the declaration says."""
    name, voyage = _vessel(row["vessel_name"] or "")
    found = [call for call in calls.get(name, ()) if not voyage or call["voyage"].upper() == voyage] if name else []
    told = row["vessel_departure_at"]
    if told is None and not voyage:
        found = [call for call in found if call["atd"] is None or call["atd"] > now]
    wanted = now if told is None else told
    near = [(abs(leaves - wanted), call["call_id"], call) for call in found if (leaves := call["etd"] or call["atd"])]
    if not near:
        return None
    away, _, call = min(near, key=lambda one: one[:2])
    return call if told is None or voyage or away <= ANOTHER_CALL else None


def _departs(row: Row, call: Row | None, now: int) -> int | None:
    """When the vessel leaves: gone is gone; else what the declaration says; else the call."""
    if call is not None and call["atd"] is not None and call["atd"] <= now:
        return int(call["atd"])
    told: int | None = row["vessel_departure_at"]
    return told if told is not None or call is None else call["etd"]


def _deadline(row: Row, call: Row | None, departs: int | None) -> tuple[int | None, str]:
    if row["cut_off"] is not None:
        return row["cut_off"], "cut_off"
    if call is not None and call["cut_off"] is not None:
        return call["cut_off"], "call_cut_off"
    return departs, "departure" if departs is not None else ""


def _group(row: Row, call: Row | None, departs: int | None) -> str:
    if call is not None:
        return str(call["call_id"])
    name = _vessel(row["vessel_name"] or "")[0]
    return f"{name}@{'' if departs is None else departs // SECOND}" if name else ""
