"""How well the alarm system does, by the numbers of the field: each figure with its limit, verdict and source.

Figures and limits are those of EEMUA 191 and ISA-18.2. They hold for one operator position, so counts are divided by
the positions that are manned. A limit marked as quoted is widely repeated, but its source was not read. Everything is
pure and does not depend on the order of the steps; which steps count as load: ``domain/alarm_load.py``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from domain.alarm_load import (
    TEN,
    Flood,
    Log,
    Step,
    Stood,
    by_tens,
    chatters,
    cycles,
    fleeting,
    floods,
    inside,
    most,
)
from domain.alarm_rules import RuleLoad, worst_rules

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAD = HOUR  # steps so long before a span say whether it begins in a flood
STALE = DAY
WORST = 10  # alerts, of which the share is asked
EEMUA, ISA, IMO = "EEMUA 191", "ISA-18.2", "IMO MSC.302(87)"
BOTH = f"{EEMUA}, {ISA}"
HIGH, MEDIUM = 1, 2  # red is high, orange medium, yellow and blue are low


class Limit(msgspec.Struct, frozen=True):
    """What a figure may be.

    Attributes:
        value: the most, or with ``least`` the least.
        source: where it stands.
        must: beyond this something must be done; None: there is no second line.
        quoted: widely repeated, source not read.
    """

    value: float
    source: str
    must: float | None = None
    least: bool = False
    quoted: bool = False


LIMITS: dict[str, Limit] = {
    "rate_ten": Limit(1.0, BOTH, must=300 / 144),
    "rate_hour": Limit(6.0, BOTH, must=300 / 24),
    "rate_day": Limit(150.0, BOTH, must=300.0),
    "peak_minute": Limit(2.0, EEMUA),
    "peak_ten": Limit(10.0, EEMUA),
    "peak_hour": Limit(15.0, EEMUA),
    "flood_share": Limit(0.01, EEMUA, quoted=True),
    "mix_low": Limit(0.80, EEMUA, least=True),
    "mix_medium": Limit(0.15, EEMUA),
    "mix_high": Limit(0.05, EEMUA),
    "chattering": Limit(0.0, ISA),
    "stale": Limit(0.0, ISA, must=4.0),  # under five with a plan
    "top_share": Limit(0.05, ISA, must=0.20),  # the ten worst often make 20 to 80 %
    "mtta_1": Limit(30.0, IMO),  # seconds, after which it sounds again: 7.3.5
}
LEAST_FOR_SHARE = 200  # of fewer, ten alerts are always more than the 5 % they may be


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure.

    Attributes:
        code: catalogue ``metrics.<code>``.
        value: counts and shares (of one), or seconds for ``mtta_*`` and ``mttr_*``; None: nothing to measure.
        verdict: ``ok``, ``over`` the limit, ``must`` be dealt with; empty where there is no limit or no value.
        limit: what it may be; None: the field sets none.
        n: of how many.
    """

    code: str
    value: float | None
    verdict: str = ""
    limit: Limit | None = None
    n: int = 0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The alarm system over a span.

    Attributes:
        since, until: the span.
        operators: positions the load is shared by.
        figures: all of them, in the order of the table.
        rules: those that gave anything, worst first.
        tens, counts: annunciations of each ten minutes.
        floods: those that touch the span.
        announced: annunciations heard.
    """

    since: datetime
    until: datetime
    operators: int
    figures: list[Figure]
    rules: list[RuleLoad]
    tens: list[datetime]
    counts: list[int]
    floods: list[Flood]
    announced: int


def judged(code: str, value: float | None, n: int = 0) -> Figure:
    """A figure held against its limit."""
    limit = LIMITS.get(code)
    if value is None or limit is None:
        return Figure(code=code, value=value, limit=limit, n=n)
    sign = -1.0 if limit.least else 1.0
    over = sign * value > sign * limit.value
    must = limit.must is not None and sign * value > sign * limit.must
    return Figure(code=code, value=value, verdict="must" if must else "over" if over else "ok", limit=limit, n=n)


def report(
    log: Log, since: datetime, until: datetime, *, standing: Collection[Stood] = (), operators: int = 1
) -> Report:
    """All figures of [since, until).

    Args:
        log: of the span and of ``LEAD`` before it at least.
        since: beginning.
        until: end, excluded; now for a span that is not over.
        standing: what is not closed at ``until``.
        operators: positions manned.
    """
    lead, first, last = (bisect_left(log.times, at) for at in (since - LEAD, since, until))
    within = log.steps[first:last]
    led = [step for step in log.loud if since - LEAD <= step.at < until]
    announced = [step for step in led if step.at >= since]
    unheard = sum(1 for step in log.silent if since <= step.at < until)
    flooded = floods((step.at for step in led), operators)
    flooded = [one for one in flooded if one.ends > since and one.begins < until]
    stale = [one for one in standing if one.firing and not one.hidden and until - one.since > STALE]
    times = [step.at for step in announced]
    figures = [
        *_rates(times, since, until, operators),
        judged("flood_share", inside(flooded, since, until) / (until - since) if until > since else None, len(flooded)),
        *_mix(announced), *_cycles(within), judged("stale", float(len(stale)), len(standing)), _top(announced),
        *_answers(log.steps[lead:last], since), *_ends(within), *_counts(within, standing),
        judged("unheard", float(unheard)),
    ]  # fmt: skip
    tens, counts = by_tens(times, since, until)
    return Report(
        since=since, until=until, operators=operators, figures=figures, tens=tens, counts=counts, floods=flooded,
        rules=worst_rules(within, announced, stale, flooded), announced=len(announced),
    )  # fmt: skip


def _rates(times: Sequence[datetime], since: datetime, until: datetime, operators: int) -> list[Figure]:
    n, each = len(times), max(1, operators)
    spans = {"ten": TEN, "hour": HOUR, "day": DAY}
    long = until > since
    rates = [judged(f"rate_{name}", n * (span / (until - since)) / each if long else None, n)
             for name, span in spans.items()]  # fmt: skip
    peaks = {"minute": timedelta(minutes=1), "ten": TEN, "hour": HOUR}
    return rates + [judged(f"peak_{name}", most(times, span) / each if long else None, n)
                    for name, span in peaks.items()]  # fmt: skip


def _mix(announced: Sequence[Step]) -> list[Figure]:
    n = len(announced)
    of = Counter("high" if step.level <= HIGH else "medium" if step.level == MEDIUM else "low" for step in announced)
    return [judged(f"mix_{name}", of[name] / n if n else None, of[name]) for name in ("low", "medium", "high")]


def _cycles(within: Sequence[Step]) -> list[Figure]:
    of_alerts = cycles(within).values()
    chattering = sum(map(chatters, of_alerts))
    return [judged("chattering", float(chattering)), judged("fleeting", float(sum(map(fleeting, of_alerts))))]


def _top(announced: Sequence[Step]) -> Figure:
    """The share of the ten alerts that were announced most often; unsaid where it could not be small."""
    n = len(announced)
    first = sum(count for _, count in Counter(step.alert_id for step in announced).most_common(WORST))
    return judged("top_share", first / n if n >= LEAST_FOR_SHARE else None, n)


def _answers(every: Sequence[Step], since: datetime) -> list[Figure]:
    """Mean seconds from an alert's asking for attention to the first act of a person on it, by level."""
    asks: dict[str, datetime] = {}
    took: dict[int, list[float]] = defaultdict(list)
    for step in every:
        if step.from_state == "new" and step.to_state not in ("new", ""):
            asked = asks.pop(step.alert_id, step.opened_at)
            if step.to_state != "closed" and asked is not None and step.at >= since:
                took[step.level].append((step.at - asked).total_seconds())
        elif step.to_state == "new" and (step.from_state != "new" or step.alert_id not in asks):
            asks[step.alert_id] = step.at
    return [judged(f"mtta_{level}", _mean(took[level]), len(took[level])) for level in (1, 2, 3, 4)]


def _ends(within: Sequence[Step]) -> list[Figure]:
    """Mean seconds from an alert's opening to its closing, by level."""
    took: dict[int, list[float]] = defaultdict(list)
    for step in within:
        if step.to_state == "closed" and step.from_state != "closed" and step.opened_at is not None:
            took[step.level].append((step.at - step.opened_at).total_seconds())
    return [judged(f"mttr_{level}", _mean(took[level]), len(took[level])) for level in (1, 2, 3, 4)]


def _counts(within: Sequence[Step], standing: Collection[Stood]) -> list[Figure]:
    """How often it was done in the span; ``n`` is how many are so now."""
    done = Counter(step.what for step in within)
    now = Counter(one.hidden for one in standing)
    reopened = sum(1 for step in within if step.from_state == "closed" and step.to_state not in ("closed", ""))
    return [
        judged("shelved", float(done["shelve"]), now["shelved"]),
        judged("suppressed", float(done["suppressed"]), now["suppressed"]),
        judged("out_of_service", float(done["out_of_service"]), now["out"]),
        judged("reopened", float(reopened)),
        judged("escalated", float(done["escalated"])),
    ]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
