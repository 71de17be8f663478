"""A shift and a week of alerts made for the styleguide: a bad actor, a flood, stale and chattering ones; signatures."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from dash.development.base_component import Component

from components.alarm_report import figures_tile, rate_tile, rules_tile
from components.shift import brief_tiles, past_tile, signatures
from domain.alarm_load import Step, Stood, log_of
from domain.alarm_metrics import Report, report
from domain.pictures import FeedState
from domain.shift import Handover
from domain.shift_brief import Order, brief
from pages._samples import alerts, feed

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def alarm(lang: str, now: datetime) -> list[Component]:
    """The report with a week behind it, and with nothing."""
    told = reports(now)
    return [
        figures_tile(told, lang), rate_tile(told["day"], "day", lang, "style-alarm-rate"),
        rules_tile(told["day"], "day", lang, "/alerts"), figures_tile({}, lang), rate_tile(None, "shift", lang),
        rules_tile(None, "shift", lang),
    ]  # fmt: skip


def shift(lang: str, now: datetime) -> list[Component]:
    """Every part filled and empty; a handover nobody signed, one that waits, one that is done."""
    rows = alerts(now, 1, 2, 3).rows
    orders = [
        Order(order_id="1", agency="customs", state="sent", rule="gate_queue", subject="gs1", due_at=now - HOUR),
        Order(order_id="2", agency="border", state="sent", rule="", subject=""),
    ]
    feeds = [feed(now, FeedState.DOWN), feed(now, FeedState.OK, paused=True)]
    full = brief(now - 8 * HOUR, now, steps(now, now - 8 * HOUR), rows, orders, feeds)
    full = msgspec.structs.replace(full, suppressed=3, shelved=rows[:1], out=rows[1:2])
    none = brief(now - 8 * HOUR, now, [], [])
    unsigned = Handover(shift_id="1", begins=now - 12 * HOUR, ends=now)
    waiting = msgspec.structs.replace(
        unsigned, out_by="li", out_at=now, note="QC 7: boom latch slow\n", counts={"open": 3}
    )
    done = msgspec.structs.replace(waiting, in_by="wang", in_at=now)
    return [
        *brief_tiles(full, lang).values(), *brief_tiles(none, lang).values(),
        *(signatures(one, lang, now) for one in (unsigned, waiting, done)),
        past_tile([waiting, done], "1", lang), past_tile([], "", lang),
    ]  # fmt: skip


def reports(now: datetime) -> dict[str, Report]:
    """Spans of a made log."""
    log = log_of(steps(now, now - 8 * DAY))
    stale = [Stood(alert_id="old", rule="yard_backlog", level=3, since=now - 3 * DAY, subject="A1")]
    spans = {"shift": 5 * HOUR, "day": DAY, "week": 7 * DAY}
    return {name: report(log, now - span, now, standing=stale) for name, span in spans.items()}


def steps(now: datetime, since: datetime) -> list[Step]:
    """A gate that comes every half hour, a feed that chatters, twenty sailings within five minutes, by formula."""
    found: list[Step] = []

    def add(at: datetime, what: str, rule: str, subject: str, **more: Any) -> None:
        number = f"{rule}:{subject}"
        found.append(Step(alert_id=number, at=at, what=what, seq=len(found), rule=rule, subject=subject,
                          opened_at=at, **more))  # fmt: skip

    for n in range(int((now - since) / (HOUR / 2))):
        at = now - n * HOUR / 2 - HOUR / 4
        add(at, "opened", "gate_queue", "gs1", level=3, to_state="new")
        add(at + HOUR / 30, "acknowledge", "gate_queue", "gs1", level=3, who="li", from_state="new",
            to_state="acknowledged")  # fmt: skip
        add(at + HOUR / 5, "closed", "gate_queue", "gs1", level=3, from_state="acknowledged", to_state="closed")
    for n in range(8):
        at = now - 3 * HOUR + n * timedelta(seconds=7)
        add(at, "cleared" if n % 2 else "repeated", "feed_down", "ais", level=2, from_state="new", to_state="new")
    for n in range(20):
        at = now - 2 * HOUR + n * timedelta(seconds=15)
        add(at, "opened", "sailing_at_risk", f"V{n}", level=2, to_state="new")
    return found
