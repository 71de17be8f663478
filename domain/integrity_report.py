"""What the integrity watch says, put together from its four parts: the report for people, and signs for rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.cycles import Cycles
from domain.integrity import LISTED, Case, Cell, Facet, History, Pair, Report, Stay
from domain.integrity_index import facets_of, jumps_of, lying_of
from domain.integrity_order import served
from domain.integrity_pairs import assigned, pairs_of
from domain.integrity_signs import DAYS, EXPECTED_SECONDS, Ahead, Hide, Met, Signs
from domain.integrity_stays import stays_of

_CONFIRMED = 1
_EVERY = 1_000_000  # rows: all of them, where the page shows the first hundred


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


def signs_of(history: History, at: datetime, baseline_days: int, cycles: Cycles, hide: Hide) -> Signs:
    """What deserves a look in the ``DAYS`` before a moment, all of it and without names.

    Args:
        history: as for ``report_of``, as ``at``, ``baseline_days`` and ``cycles`` are.
        at: the moment.
        baseline_days: how far back stays are compared.
        cycles: see there.
        hide: makes the codes.
    """
    cases = sorted(history.cases, key=lambda case: case.declaration_no)
    now, since = at.timestamp(), (at - timedelta(days=DAYS)).timestamp()
    base, zone = (at - timedelta(days=baseline_days)).timestamp(), ZoneInfo(cycles.timezone)
    every, _ = served(cases, now, cycles)
    chosen = [one for one in every if one.at >= since]
    facets = facets_of(cases, chosen, zone)
    return Signs(
        as_of=at, expected_seconds=EXPECTED_SECONDS, origins=history.origins,
        pairs=[_met(pair, hide) for pair in pairs_of(cases, since, now, zone, _EVERY).rows if pair.found],
        ahead=[one for kind in ("agent", "platform") for one in _ahead(kind, facets[kind], hide)],
        lying=[replace(one, agent="") for one in lying_of(cases, chosen, now) if one.waits],
        stays=_standing(cases, since, base, now),
    )  # fmt: skip


def _met(pair: Pair, hide: Hide) -> Met:
    code = hide("pair", f"{pair.agent}\n{pair.officer}")
    return Met(code=code, met=pair.met, expected=pair.expected, ratio=pair.ratio, q=pair.q)


def _ahead(kind: str, facet: Facet, hide: Hide) -> list[Ahead]:
    def code(cell: Cell) -> str:
        return hide("agent", cell.name) if kind == "agent" else cell.name

    return [
        Ahead(kind=kind, code=code(cell), jumps=cell.jumps, places=cell.places, expected=cell.expected, q=cell.q)
        for cell in facet.cells
        if cell.found
    ]


def _standing(cases: list[Case], since: float, base: float, now: float) -> list[Stay]:
    return [stay for stay in stays_of(cases, since, base, now, _EVERY).rows if stay.until is None]


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
