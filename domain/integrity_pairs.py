"""Agents and officers that meet more often than chance would have it (挑人查验).

Which platform an agent uses and on which days an officer is on shift is no matter of choice between the two: within
one platform, one day of assignment and one of inspection chance would deal the officers to the declarations blindly.
How often a pair would then meet is hypergeometric there, and the sum over all of them is computed exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from domain.integrity import FDR, LISTED, SHOWN, Case, Pair, Pairs
from domain.integrity_chance import Floats, bounded, ratio_interval

_ASSIGNED, _INSPECTED = 3, 4
Names = tuple[str, str]
Table = tuple[int, int, int]  # declarations of a platform and day, the agent's of them, the officer's of them


def pairs_of(cases: Sequence[Case], since: float, until: float, zone: ZoneInfo, listed: int = LISTED) -> Pairs:
    """Pairs of the declarations that were assigned in [since, until] (epoch seconds), most remarkable first."""
    chosen = [(at, case) for case in cases if (at := assigned(case)) is not None and since <= at <= until]
    chosen = sorted(((at, case) for at, case in chosen if case.agent and case.officer),
                    key=lambda one: (one[0], one[1].declaration_no))  # fmt: skip
    met: dict[Names, list[str]] = {}
    for _, case in chosen:
        met.setdefault((case.agent, case.officer), []).append(case.declaration_no)
    names, chances = _chances(_tables(chosen, zone))
    counts = np.array([len(met.get(one, ())) for one in names], np.int64)
    p = np.array([float(chance[count:].sum()) for chance, count in zip(chances, counts, strict=True)])
    # What could not be remarkable even if the two had met whenever they could asks nothing.
    asked = np.array([chance[-1] <= FDR for chance in chances], np.bool_)
    q = np.ones(len(names))
    q[asked] = bounded(np.minimum(p[asked], 1.0))
    agents, officers = Counter(case.agent for _, case in chosen), Counter(case.officer for _, case in chosen)
    order = sorted(np.flatnonzero(asked & (counts > 0)).tolist(), key=lambda i: (q[i], p[i], -counts[i], names[i]))
    rows = []
    for i in order[:listed]:
        expected = float(np.arange(len(chances[i])) @ chances[i])
        low, high = ratio_interval(int(counts[i]), expected)
        rows.append(Pair(
            agent=names[i][0], officer=names[i][1], met=int(counts[i]), of_agent=agents[names[i][0]],
            of_officer=officers[names[i][1]], expected=expected, ratio=float(counts[i]) / expected, low=low, high=high,
            p=float(min(p[i], 1.0)), q=float(q[i]), found=bool(q[i] <= FDR), declarations=met[names[i]][-SHOWN:][::-1],
        ))  # fmt: skip
    return Pairs(declarations=len(chosen), tested=int(asked.sum()), untold=int((~asked).sum()), rows=rows)


def assigned(case: Case) -> float | None:
    """When an officer was assigned; where no feed tells it, when he was done."""
    return case.nodes[_ASSIGNED] if case.nodes[_ASSIGNED] is not None else case.nodes[_INSPECTED]


def _tables(chosen: Sequence[tuple[float, Case]], zone: ZoneInfo) -> dict[Names, list[Table]]:
    """For each pair that could have met, the platforms and days on which it could."""
    strata: dict[tuple[str, object], list[Case]] = {}
    for at, case in chosen:
        inspected = case.nodes[_INSPECTED]
        days = (_day(at, zone), None if inspected is None else _day(inspected, zone))
        strata.setdefault((case.platform, days), []).append(case)
    found: dict[Names, list[Table]] = {}
    for members in strata.values():
        officers = Counter(case.officer for case in members)
        for agent, of_agent in Counter(case.agent for case in members).items():
            for officer, of_officer in officers.items():
                found.setdefault((agent, officer), []).append((len(members), of_agent, of_officer))
    return found


def _day(at: float, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at, zone).date()


def _chances(tables: dict[Names, list[Table]]) -> tuple[list[Names], list[Floats]]:
    """Of each pair, how likely each number of meetings is by chance: entry k is that of k, the last of the most."""
    from scipy import stats  # type: ignore[import-untyped]  # a second to load, and no start has need of it

    names = sorted(tables)
    kinds = sorted({table for name in names for table in tables[name]})
    sizes = np.array([min(of_agent, of_officer) + 1 for _, of_agent, of_officer in kinds], np.int64)
    row = np.repeat(np.arange(len(kinds)), sizes)
    meetings = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    columns = np.array(kinds, np.int64).reshape(-1, 3)[row]
    flat = stats.hypergeom.pmf(meetings, columns[:, 0], columns[:, 1], columns[:, 2]) if len(row) else np.zeros(0)
    ends = np.cumsum(sizes)
    single = {kind: np.asarray(flat[end - size : end]) for kind, size, end in zip(kinds, sizes, ends, strict=True)}
    chances = []
    for name in names:
        chance: Floats = np.ones(1)
        for table in sorted(tables[name]):
            chance = np.convolve(chance, single[table])
        chances.append(chance)
    return names, chances
