"""The report of the integrity watch, put together from its four parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.cycles import Cycles
from domain.integrity import LISTED, Case, History, Report
from domain.integrity_index import facets_of, jumps_of, lying_of
from domain.integrity_order import served
from domain.integrity_pairs import assigned, pairs_of
from domain.integrity_stays import stays_of

_CONFIRMED = 1


def report_of(
    history: History, at: datetime, days: int, baseline_days: int, cycles: Cycles, known: str = "corrected"
) -> Report:
    """What deserves a look in the days before a moment.

    Args:
        history: declarations alive in the span and in what it is compared with, in any order.
        at: the moment, aware UTC; what happened later is left out.
        days: of the span.
        baseline_days: how far back stays are compared.
        cycles: when customs' system confirms, and the zone in which days begin.
        known: whose knowledge the history is.
    """
    cases = sorted(history.cases, key=lambda case: case.declaration_no)
    now, since = at.timestamp(), (at - timedelta(days=days)).timestamp()
    zone = ZoneInfo(cycles.timezone)
    every, _ = served(cases, now, cycles)
    chosen = [one for one in every if one.at >= since]
    jumps, lying = jumps_of(cases, chosen, now), lying_of(cases, chosen, now)
    span = [case for case in cases if _touched(case, since, now)]
    with_reason = sum(bool(jump.reason) for jump in jumps)
    return Report(
        at=at, since=at - timedelta(days=days), days=days, known=known, baseline_days=baseline_days,
        confirmed=sum(since <= left <= now for case in cases if (left := _confirmed(case)) is not None),
        judged=len(chosen), with_reason=with_reason, without=len(jumps) - with_reason,
        agents=sum(bool(case.agent) for case in span), officers=sum(bool(case.officer) for case in span),
        reasons=sum(bool(case.reason) for case in span), lacks=_lacks(span, len(chosen)), jumps=jumps[:LISTED],
        lying=lying[:LISTED], left_lying=len(lying),
        facets=facets_of(cases, chosen, zone), pairs=pairs_of(cases, since, now, zone),
        stays=stays_of(cases, since, (at - timedelta(days=baseline_days)).timestamp(), now), origins=history.origins,
    )  # fmt: skip


def _confirmed(case: Case) -> float | None:
    return case.left_queue if case.nodes[_CONFIRMED] is not None else None


def _touched(case: Case, since: float, now: float) -> bool:
    """Whether anything happened to it in the span."""
    return any(at is not None and since <= at <= now for at in case.nodes)


def _lacks(span: list[Case], judged: int) -> list[str]:
    """What no feed tells, without which a part says nothing or less."""
    if not span:
        return ["nothing"]
    lacks = [] if judged else ["order"]
    lacks += [] if any(case.agent for case in span) else ["agents"]
    inspected = [case for case in span if assigned(case) is not None]
    lacks += ["officers"] if inspected and not any(case.officer for case in inspected) else []
    lacks += [] if any(case.reason for case in span) else ["reasons"]
    return lacks
