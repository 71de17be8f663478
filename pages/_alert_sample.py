"""Sample of one alert's page, whole, bare and closed, and of the desk's table, for the styleguide and tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.alert_grid import ACTS, MORE_ACTS, act_bar, alert_filters, alert_grid, grid_rows
from components.alert_packet import packet_course, packet_head, packet_seen
from components.alert_packet_parts import (
    packet_data,
    packet_history,
    packet_orders,
    packet_photos,
    packet_plan,
    packet_related,
    packet_way,
)
from components.orders import orders_counts, orders_table
from domain.alert import Asked, act, step
from domain.alert_packet import Course, Packet, related
from domain.alert_pictures import AlertFile, AlertRow, Evidence, LogStep
from domain.declaration_file import Fix, Photo
from domain.dispatch import Order, place, take
from domain.dispatch_board import Dispatched, counted
from domain.pictures import FeedRow, FeedState
from domain.scores import Score, ScoreRow
from layouts.keys import ALERT_LETTERS
from pages._samples import alerts as standing

ME = "officer"
PLAN = ("open_lane", "hold_arrivals", "tell_carriers")
MINUTE = timedelta(minutes=1)


def alert(lang: str, now: datetime) -> list[Component]:
    """The desk's table and the packet: of level I half way through, without anything, and closed."""
    keys = {name: ALERT_LETTERS[name] for name in (*ACTS, *MORE_ACTS)}
    desk = [
        act_bar(lang, ME, keys, True), act_bar(lang, ME, keys, False), alert_filters("alert-sample", ME, lang),
        html.Div(alert_grid("alert-sample", grid_rows(standing(now, 1, 2, 3, 4), lang), lang), className="style-grid"),
    ]  # fmt: skip
    whole, bare = packet(now), Packet(as_of=now, file=AlertFile(alert=row(now, level=3), evidence=[], history=[]))
    parts = [part for one in (whole, bare) for part in _parts(one, one is whole, lang)]
    closed = closed_by_another(whole)
    return [
        *desk,
        *parts,
        *_board(now, lang),
        packet_head(closed, True, "", lang),
        packet_plan(closed, PLAN, True, lang),
    ]


def _board(now: datetime, lang: str) -> list[Component]:
    """Orders of all alerts: late, under way, refused, about an alert no longer kept; and none."""
    about, minutes = row(now), {"customs": 5.0}
    late = place(about.id, about.opened_at, "customs", ME, now - 20 * MINUTE, "open it together", "c")
    every = [Dispatched(order=one, alert=about) for one in (late, *orders(now, about))]
    every.append(Dispatched(order=place("gone", about.opened_at, "port", ME, now - MINUTE, "", "d")))
    counts = orders_counts(counted(every, minutes, now), lang)
    return [counts, orders_table(every, minutes, False, lang, now), orders_table([], minutes, True, lang, now)]


def _parts(one: Packet, known: bool, lang: str) -> list[Any]:
    return [
        packet_head(one, known, "", lang), packet_seen(one, lang), packet_plan(one, PLAN if known else (), True, lang),
        packet_orders(one, True, lang), packet_history(one, lang), packet_related(one, lang), packet_data(one, lang),
        html.Div([packet_way(one, lang), *packet_photos(one, lang)]), packet_course(one, lang),
    ]  # fmt: skip


def row(now: datetime, **more: Any) -> AlertRow:
    """A gate's wait beyond its limit."""
    given: dict[str, Any] = {
        "key": "gate_queue:gs1", "rule": "gate_queue", "kind": "condition", "level": 1, "subject_kind": "gate",
        "subject": "gs1", "state": "new", "condition": "firing", "opened_at": now - 30 * MINUTE,
        "last_at": now - MINUTE, "count": 2, "origin": "simulated", "feed": "gates", "lon": 120.21, "lat": 36.01,
        "params": {"name": "gs1", "minutes": 41, "limit_minutes": 30, "trucks": 27, "lanes_open": 6},
        "seen": {"wait_minutes": {"value": 41.0, "limit": 30.0, "unit": "minutes"}}, "agency": "port", **more,
    }  # fmt: skip
    return AlertRow(**given)


def life(now: datetime) -> tuple[AlertRow, list[LogStep]]:
    """Acknowledged, a step of the plan done, noted, over, confirmed by one."""
    here = row(now)
    history = [step(None, here, "opened", here.opened_at)]
    for minutes, asked in (
        (25, Asked(act="acknowledge")), (24, Asked(act="take")), (20, Asked(act="step", n=1)),
        (12, Asked(act="comment", note="two more lanes from 14:00")),
    ):  # fmt: skip
        here, done = act(here, asked, ME, now - minutes * MINUTE)
        history.append(done)
    over = row(now, **{name: getattr(here, name) for name in ("state", "assignee", "acknowledged_by",
               "acknowledged_at", "steps_done", "notes", "version")}, condition="clear")  # fmt: skip
    history.append(step(here, over, "cleared", now - 6 * MINUTE))
    here, done = act(over, Asked(act="confirm"), ME, now - 5 * MINUTE)
    return here, [*history, done]


def closed_by_another(whole: Packet) -> Packet:
    """The same once a second person has closed it."""
    here, done = act(whole.file.alert, Asked(act="close"), "supervisor", whole.as_of - MINUTE)
    file = AlertFile(alert=here, evidence=whole.file.evidence, history=[*whole.file.history, done])
    return Packet(as_of=whole.as_of, file=file, orders=whole.orders)


def orders(now: datetime, about: AlertRow) -> list[Order]:
    """One under way, one refused."""
    first = place(about.id, about.opened_at, "border", ME, now - 22 * MINUTE, "hold the lane", "a")
    for minutes, name in ((21, "receive"), (19, "accept"), (9, "arrive")):
        first = take(first, name, "border desk", now - minutes * MINUTE)
    second = place(about.id, about.opened_at, "maritime", ME, now - 22 * MINUTE, "", "b")
    return [first, take(second, "refuse", "maritime desk", now - 20 * MINUTE, note="not ours")]


def packet(now: datetime) -> Packet:
    """Everything there can be."""
    here, history = life(now)
    evidence = Evidence(
        at=here.opened_at, opened_at=here.opened_at, what="opened", level=1, rule=here.rule, instance_version=0,
        subject_kind=here.subject_kind, subject=here.subject, seen=here.seen, params=here.params,
    )  # fmt: skip
    times = [now - (90 - n) * MINUTE for n in range(0, 90, 5)]
    told = Score(overall=96, worst="timeliness", shares={"compliance": 1.0, "timeliness": 0.93}, rows=720)
    scores = [ScoreRow(key="gates/gate_state", feed="gates", dataset="gate_state", score=told)]
    feed = FeedRow(
        key="gates", title="闸口", titles={"zh_CN": "闸口", "en": "Gates"}, adapter="simulation", origin="simulated",
        state=FeedState.OK, every_seconds=5, expected_seconds=30, last_ok_at=here.opened_at,
    )  # fmt: skip
    other = row(now, key="yard_backlog:b7", rule="yard_backlog", level=3, subject_kind="block", subject="b7",
                params={"name": "b7", "percent": 91, "teu": 900, "capacity_teu": 990, "limit_percent": 85})  # fmt: skip
    return Packet(
        as_of=now, file=AlertFile(alert=here, evidence=[evidence], history=history), orders=orders(now, here),
        related=related(here, [other, here]), feed=feed, scores=scores,
        course=Course(measure="gate_wait", unit="minutes", times=times, values=[20.0 + n for n in range(len(times))],
                      limit=30.0),
        way=[Fix(at=at, lon=120.2 + n * 0.001, lat=36.01, speed_kmh=20.0) for n, at in enumerate(times[:4])],
        photos=[Photo(at=now, container_no="CSQU3054383", part="seal", place="photos/2026/seal-1.jpg")],
    )  # fmt: skip
