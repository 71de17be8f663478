"""A forecast says that a line will be crossed within some hours (趋势预警, HS/T 82-2024 8.1.5: warn before it happens).

Blue; yellow once the middle of the forecast itself is beyond the line. The text says when and how probable.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from domain.pictures import ForecastRow
from domain.rules.base import NEVER, Facts, Finding, Found, Params, Rule, RuleInstance, against, bounds, each, figure

NAME = "forecast_crossing"


class Figures(Params, frozen=True):
    """``hours``: how far ahead; ``probability``: from which on it is told."""

    hours: Annotated[float, bounds("hours", 1, 168)] = 12.0
    probability: Annotated[float, bounds("share", 0.05, 1)] = 0.5


def evaluate(facts: Facts, instance: RuleInstance) -> Found:
    """Find the forecasts that will probably cross their line soon."""
    rows = facts.forecasts.rows if facts.forecasts else ()
    return each(rows, lambda row: row.key, lambda row: _judge(row, facts, instance))


def _judge(row: ForecastRow, facts: Facts, instance: RuleInstance) -> Finding | None:
    if row.limit is None or row.crossing_probability is None or _beyond_now(row):
        return None
    chance = figure(row.crossing_probability, row.key, "crossing_probability")
    at, middle = _crossed(row, facts.now, facts.now + timedelta(hours=instance.params.hours))
    if at is None or not instance.beyond(chance, instance.params.probability, row.key, facts):
        return None
    return Finding(
        rule=instance.name,
        subject_kind="forecast",
        subject=row.key,
        level=instance.levels["middle" if middle else "possible"],
        event_time=row.made_at,
        params={
            "name_key": f"forecast.{row.key}.title", "limit": round(row.limit, 2), "percent": round(100 * chance),
            "hours": round(max(0.0, (at - facts.now).total_seconds()) / 3600, 1),
        },
        seen={"probability": against(round(chance, 3), instance.params.probability, "share")},
    )  # fmt: skip


def _beyond_now(row: ForecastRow) -> bool:
    """What is beyond its line already is another rule's matter."""
    known = [value for value in row.past_values if value is not None]
    return bool(known) and row.limit is not None and known[-1] > row.limit


def _crossed(row: ForecastRow, now: datetime, until: datetime) -> tuple[datetime | None, bool]:
    """When the middle of the forecast first crosses within the time, else its upper bound; and whether the middle."""
    limit = row.limit if row.limit is not None else float("inf")
    for values, middle in ((row.mean, True), (row.upper_80, False)):
        for at, value in zip(row.times, values, strict=False):
            if now <= at <= until and value > limit:
                return at, middle
    return None, False


RULE = Rule(
    name=NAME,
    kind="condition",
    evaluate=evaluate,
    params=Figures,
    levels={"possible": 4, "middle": 3},
    hold_off_seconds=900.0,
    dead_band=0.2,
    needs=("forecasts",),
    plan=("look_at_forecast", "hold_arrivals", "report_supervisor"),
    every_seconds=NEVER,
)
