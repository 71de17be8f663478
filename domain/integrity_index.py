"""The queue-jump index: whose confirmations jump more than chance would have it, by agent, by day, by platform.

The disorder of the span is taken as it is; chance only deals anew on whom it falls. By agent each jump is dealt among
all of the same class of the order that waited together in that cycle; by day among the days of its platform, by
platform among the platforms of its day, each as often as there were places to jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from domain.integrity import FDR, LISTED, SHOWN, Case, Cell, Facet, Jump, Lying
from domain.integrity_chance import Dealt, Floats, Ints, Pool, bounded, deal, pool
from domain.integrity_order import Served

KINDS = ("agent", "day", "platform")


def jumps_of(cases: Sequence[Case], served: Sequence[Served], now: float) -> list[Jump]:
    """All jumps, those without a recorded reason first, then by places, then by minutes."""
    found = [_jump(cases, one, now) for one in served if one.places]
    return sorted(found, key=lambda jump: (bool(jump.reason), -jump.places, -jump.minutes, jump.declaration_no))


def _jump(cases: Sequence[Case], one: Served, now: float) -> Jump:
    case = cases[one.case]
    minutes, waits = _waited_on(cases[one.passed[0]], one.at, now)
    return Jump(
        declaration_no=case.declaration_no, agent=case.agent, platform=one.platform,
        at=datetime.fromtimestamp(one.at, UTC), place=one.place, together=one.together, places=one.places,
        passed=[cases[place].declaration_no for place in one.passed[:SHOWN].tolist()],
        minutes=minutes, waits=waits, reason=case.reason, doubts=one.doubts,
    )  # fmt: skip


def _waited_on(case: Case, since: float, now: float) -> tuple[float, bool]:
    """How many minutes a declaration waited on, and whether it does still."""
    waits = case.left_queue is None or case.left_queue > now
    until = now if waits or case.left_queue is None else case.left_queue
    return (until - since) / 60, waits


def lying_of(cases: Sequence[Case], served: Sequence[Served], now: float) -> list[Lying]:
    """Who was left lying, those first whom most went past."""
    times: dict[int, list[tuple[float, str]]] = {}
    for one in served:
        for place in one.lying.tolist():
            times.setdefault(place, []).append((one.at, one.platform))
    found = []
    for place, passings in times.items():
        case, (since, platform) = cases[place], min(passings)
        minutes, waits = _waited_on(case, since, now)
        found.append(Lying(
            declaration_no=case.declaration_no, agent=case.agent, platform=platform,
            since=datetime.fromtimestamp(since, UTC), passed_by=len(passings), minutes=minutes, waits=waits,
        ))  # fmt: skip
    return sorted(found, key=lambda one: (-one.passed_by, -one.minutes, one.declaration_no))


def facets_of(cases: Sequence[Case], served: Sequence[Served], zone: ZoneInfo) -> dict[str, Facet]:
    """The index in its three kinds."""
    days = [datetime.fromtimestamp(one.at, zone).date().isoformat() for one in served]
    names = {
        "agent": [cases[one.case].agent for one in served],
        "day": days,
        "platform": [one.platform for one in served],
    }
    jumped = [i for i, one in enumerate(served) if one.places and not cases[one.case].reason]
    found = {}
    for kind in KINDS:
        labels, own = _coded(names[kind])
        if kind == "agent":
            codes = {name: code for code, name in enumerate(labels)}
            for case in cases:  # who waited and was never confirmed may be among the rivals
                codes.setdefault(case.agent, len(codes))
            labels = list(codes)
            known = np.array([codes[case.agent] for case in cases], np.int64)
            pools = [pool(known[served[i].rivals]) for i in jumped]
        else:
            _, group = _coded(names["platform" if kind == "day" else "day"])
            pools = _opportunity(own, group, served, jumped)
        found[kind] = _facet(labels, own, served, jumped, pools, cases)
    return found


def _coded(names: Sequence[str]) -> tuple[list[str], Ints]:
    labels = sorted(set(names))
    codes = {name: code for code, name in enumerate(labels)}
    return labels, np.array([codes[name] for name in names], np.int64)


def _opportunity(own: Ints, group: Ints, served: Sequence[Served], jumped: Sequence[int]) -> list[Pool]:
    """For each jump the labels of its group, by the places there were to jump."""
    left = np.array([one.left for one in served], np.float64)
    made: dict[int, Pool] = {}
    for i in jumped:
        if int(group[i]) not in made:
            mine = (group == group[i]) & (left > 0)
            made[int(group[i])] = pool(own[mine], left[mine])
    return [made[int(group[i])] for i in jumped]


def _facet(
    labels: Sequence[str],
    own: Ints,
    served: Sequence[Served],
    jumped: Sequence[int],
    pools: Sequence[Pool],
    cases: Sequence[Case],
) -> Facet:
    count = len(labels)
    weights = np.array([served[i].places for i in jumped], np.float64)
    dealt = deal(weights, own[list(jumped)] if jumped else np.zeros(0, np.int64), pools, count)
    # Without a name nobody is asked about: such jumps are dealt with the others, and stand in no row.
    asked = dealt.tested & np.array([bool(label) for label in labels], np.bool_)
    q = np.ones(count)
    q[asked] = bounded(dealt.p[asked])
    confirmations = np.bincount(own, minlength=count)
    could = np.bincount(own, weights=[one.left for one in served], minlength=count)
    rows = sorted(
        (code for code in range(count) if labels[code] and confirmations[code]),
        key=lambda code: (q[code], dealt.p[code], -dealt.observed[code] + dealt.expected[code], labels[code]),
    )[:LISTED]
    mine: dict[int, list[int]] = {}
    for i in jumped:
        mine.setdefault(int(own[i]), []).append(i)
    cells = [
        _cell(labels[code], int(confirmations[code]), float(could[code]), dealt, q, code,
              [(served[i].places, cases[served[i].case].declaration_no) for i in mine.get(code, ())])
        for code in rows
    ]  # fmt: skip
    return Facet(tested=int(asked.sum()), permutations=dealt.permutations if jumped else 0, cells=cells)


def _cell(
    name: str, confirmations: int, could: float, dealt: Dealt, q: Floats, code: int, jumps: list[tuple[int, str]]
) -> Cell:
    places = int(dealt.observed[code])
    return Cell(
        name=name, confirmations=confirmations, jumps=len(jumps), places=places, could=int(could),
        index=places / could if could else None, expected=float(dealt.expected[code]), low=float(dealt.low[code]),
        high=float(dealt.high[code]), p=float(dealt.p[code]), q=float(q[code]),
        found=bool(q[code] <= FDR and places),
        declarations=[number for _, number in sorted(jumps, key=lambda one: (-one[0], one[1]))[:SHOWN]],
    )  # fmt: skip
