"""How well the alarm system does, by the numbers of the field: each figure with its limit, verdict and source.

Figures and limits are those of EEMUA 191 and ISA-18.2. They hold for one operator position, so counts are divided by
the positions that are manned. A limit marked as quoted is widely repeated, but its source was not read. Everything is
pure and does not depend on the order of the steps; which steps count as load: ``domain/alarm_load.py``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

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
from domain.alerting import Alerting
from domain.alerting import Flood as Lines

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEAD = 4 * HOUR  # steps so long before a span say whether it begins in a flood: twice the longest window
WORST = 10  # alerts, of which the share is asked
EEMUA, ISA, IMO = "EEMUA 191", "ISA-18.2", "IMO MSC.302(87)"
BOTH = f"{EEMUA}, {ISA}"
ALERTS = Alerting()
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


def limits_of(alerts: Alerting) -> dict[str, Limit]:
    """The limits in force, by the code of their figure; the defaults of ``[alerts]`` are those of the sources."""
    load, (low, medium, high) = alerts.load, alerts.load.mix
    return {
        "rate_ten": Limit(load.per_10_minutes, BOTH, must=load.per_day_cut * (TEN / DAY)),
        "rate_hour": Limit(load.per_10_minutes * (HOUR / TEN), BOTH, must=load.per_day_cut * (HOUR / DAY)),
        "rate_day": Limit(load.per_day, BOTH, must=load.per_day_cut),
        "peak_minute": Limit(load.per_minute, EEMUA),
        "peak_ten": Limit(alerts.flood.begins * (TEN / timedelta(minutes=alerts.flood.window_minutes)), EEMUA),
        "peak_hour": Limit(load.per_hour, EEMUA),
        "flood_share": Limit(load.flood_share, EEMUA, quoted=True),
        "mix_low": Limit(low, EEMUA, least=True),
        "mix_medium": Limit(medium, EEMUA),
        "mix_high": Limit(high, EEMUA),
        "chattering": Limit(0.0, ISA),
        "stale": Limit(0.0, ISA, must=4.0),  # under five with a plan
        "top_share": Limit(load.top_share, ISA, must=0.20),  # the ten worst often make 20 to 80 %
        "mtta_1": Limit(alerts.re_sound_seconds, IMO),  # after which it sounds again: 7.3.5
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
        flood_line: annunciations in ten minutes above which it is a flood.
        figures: all of them, in the order of the table.
        rules: those that gave anything, worst first.
        tens, counts: annunciations of each ten minutes.
        floods: those that touch the span.
        announced: annunciations heard.
    """

    since: datetime
    until: datetime
    operators: int
    flood_line: float
    figures: list[Figure]
    rules: list[RuleLoad]
    tens: list[datetime]
    counts: list[int]
    floods: list[Flood]
    announced: int


def judged(figure: Figure, limits: Mapping[str, Limit]) -> Figure:
    """A figure held against its limit."""
    limit, value = limits.get(figure.code), figure.value
    if value is None or limit is None:
        return replace(figure, limit=limit)
    sign = -1.0 if limit.least else 1.0
    over = sign * value > sign * limit.value
    must = limit.must is not None and sign * value > sign * limit.must
    return replace(figure, verdict="must" if must else "over" if over else "ok", limit=limit)


def report(
    log: Log, since: datetime, until: datetime, *, standing: Collection[Stood] = (), alerts: Alerting = ALERTS
) -> Report:
    """All figures of [since, until).

    Args:
        log: of the span and of ``LEAD`` before it at least.
        since: beginning.
        until: end, excluded; now for a span that is not over.
        standing: what is not closed at ``until``.
        alerts: positions manned, and the lines figures are held against.
    """
    operators, lines = alerts.operators, alerts.flood
    lead, first, last = (bisect_left(log.times, at) for at in (since - LEAD, since, until))
    within = log.steps[first:last]
    led = [step for step in log.loud if since - LEAD <= step.at < until]
    announced = [step for step in led if step.at >= since]
    unheard = sum(1 for step in log.silent if since <= step.at < until)
    flooded = floods((step.at for step in led), operators, lines)
    flooded = [one for one in flooded if one.ends > since and one.begins < until]
    oldest = timedelta(hours=lines.stale_hours)
    stale = [one for one in standing if one.firing and not one.hidden and until - one.since > oldest]
    times = [step.at for step in announced]
    share = inside(flooded, since, until) / (until - since) if until > since else None
    figures = [
        *_rates(times, since, until, operators),
        _figure("flood_share", share, len(flooded)),
        *_mix(announced), *_cycles(within, lines), _figure("stale", float(len(stale)), len(standing)), _top(announced),
        *_answers(log.steps[lead:last], since), *_ends(within), *_counts(within, standing),
        _figure("unheard", float(unheard)),
    ]  # fmt: skip
    (tens, counts), limits = by_tens(times, since, until), limits_of(alerts)
    return Report(
        since=since, until=until, operators=operators, flood_line=limits["peak_ten"].value * operators,
        figures=[judged(one, limits) for one in figures], tens=tens, counts=counts, floods=flooded,
        rules=worst_rules(within, announced, stale, flooded, lines), announced=len(announced),
    )  # fmt: skip


def _rates(times: Sequence[datetime], since: datetime, until: datetime, operators: int) -> list[Figure]:
    n, each = len(times), max(1, operators)
    spans = {"ten": TEN, "hour": HOUR, "day": DAY}
    long = until > since
    rates = [_figure(f"rate_{name}", n * (span / (until - since)) / each if long else None, n)
             for name, span in spans.items()]  # fmt: skip
    peaks = {"minute": timedelta(minutes=1), "ten": TEN, "hour": HOUR}
    return rates + [_figure(f"peak_{name}", most(times, span) / each if long else None, n)
                    for name, span in peaks.items()]  # fmt: skip


def _mix(announced: Sequence[Step]) -> list[Figure]:
    n = len(announced)
    of = Counter("high" if step.level <= HIGH else "medium" if step.level == MEDIUM else "low" for step in announced)
    return [_figure(f"mix_{name}", of[name] / n if n else None, of[name]) for name in ("low", "medium", "high")]


def _cycles(within: Sequence[Step], lines: Lines) -> list[Figure]:
    of_alerts = cycles(within).values()
    chattering, gone = (float(sum(told(one, lines) for one in of_alerts)) for told in (chatters, fleeting))
    return [_figure("chattering", chattering), _figure("fleeting", gone)]


def _top(announced: Sequence[Step]) -> Figure:
    """The share of the ten alerts that were announced most often; unsaid where it could not be small."""
    n = len(announced)
    first = sum(count for _, count in Counter(step.alert_id for step in announced).most_common(WORST))
    return _figure("top_share", first / n if n >= LEAST_FOR_SHARE else None, n)


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
    return [_figure(f"mtta_{level}", _mean(took[level]), len(took[level])) for level in (1, 2, 3, 4)]


def _ends(within: Sequence[Step]) -> list[Figure]:
    """Mean seconds from an alert's opening to its closing, by level."""
    took: dict[int, list[float]] = defaultdict(list)
    for step in within:
        if step.to_state == "closed" and step.from_state != "closed" and step.opened_at is not None:
            took[step.level].append((step.at - step.opened_at).total_seconds())
    return [_figure(f"mttr_{level}", _mean(took[level]), len(took[level])) for level in (1, 2, 3, 4)]


def _counts(within: Sequence[Step], standing: Collection[Stood]) -> list[Figure]:
    """How often it was done in the span; ``n`` is how many are so now."""
    done = Counter(step.what for step in within)
    now = Counter(one.hidden for one in standing)
    reopened = sum(1 for step in within if step.from_state == "closed" and step.to_state not in ("closed", ""))
    return [
        _figure("shelved", float(done["shelve"]), now["shelved"]),
        _figure("suppressed", float(done["suppressed"]), now["suppressed"]),
        _figure("out_of_service", float(done["out_of_service"]), now["out"]),
        _figure("reopened", float(reopened)),
        _figure("escalated", float(done["escalated"])),
    ]


def _figure(code: str, value: float | None, n: int = 0) -> Figure:
    return Figure(code=code, value=value, n=n)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
