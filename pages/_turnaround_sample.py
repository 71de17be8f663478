"""A month of inspections made for the styleguide: slow since last week, one halted, one refused, nodes left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
from dash.development.base_component import Component

from components.format import stamp, zone
from components.process_map import process_map
from components.turnaround import compare_tile, cost_tile, headline_tile, stretches_tile
from components.turnaround_charts import distribution_tile, trend_tile
from domain.before_after import compare
from domain.segments import HOUR, NEVER, POINTS, STRETCHES, Segments
from domain.turnaround import Chosen, costs, days, headline, loops, spread, stretches

_DAYS, _EACH, _SLOW_DAYS = 28, 9, 7
_UNTOLD, _BARE = 40, 12  # rows without an assignment, and without commission and release
_MEDIANS = (0.5, 2.4, 0.8, 0.3, 2.0, 0.4, 6.0, 1.2)  # hours of the stretches
_MICROSECOND = timedelta(microseconds=1)


def turnaround(lang: str, now: datetime) -> list[Component]:
    """Every tile with a month behind it, and empty."""
    rows, today = inspections(now), now.astimezone(zone()).date()
    since, cut = today - timedelta(days=_DAYS - 1), today - timedelta(days=_SLOW_DAYS - 1)
    found, none = stretches(rows), Chosen(kind="farm", mode="none").of(rows)
    told = [compare(rows, day, since, today, zone()) for day in (cut, since + timedelta(days=2))]
    return [
        headline_tile(headline(rows), lang, _DAYS), headline_tile(headline(none), lang, _DAYS),
        cost_tile(costs(rows, today, zone()), lang, stamp(now, lang)), cost_tile([], lang, stamp(now, lang)),
        *(compare_tile(one, lang) for one in (*told, None)), compare_tile(None, lang, "unreadable"),
        process_map(found, loops(rows), len(rows) - _BARE, lang, _DAYS), process_map([], [], 0, lang, _DAYS),
        stretches_tile(found, "released", lang, _DAYS), *_charts(rows, cut, since, today, lang),
    ]  # fmt: skip


def _charts(rows: Segments, cut: date, since: date, today: date, lang: str) -> list[Component]:
    short = stretches(rows)[STRETCHES.index("billed")].hours
    return [
        distribution_tile(spread(rows.whole()[0]), "whole", lang, _DAYS, "style-turnaround-whole"),
        distribution_tile(short, "billed", lang, _DAYS, "style-turnaround-billed"),
        distribution_tile(spread(np.zeros(0)), "whole", lang, _DAYS),
        trend_tile(days(rows, since, today, zone()), cut, lang, "style-turnaround-trend"), trend_tile([], None, lang),
    ]  # fmt: skip


def inspections(now: datetime) -> Segments:
    """Declarations as columns; the same for the same moment."""
    dice, count = np.random.default_rng(8), _DAYS * _EACH
    moment = (now - datetime.fromtimestamp(0, now.tzinfo)) // _MICROSECOND
    age = np.repeat(np.arange(_DAYS), _EACH) * 24.0 + dice.uniform(0.2, 10, count)
    slow = np.where(age < _SLOW_DAYS * 24, 1.8, 1.0)
    took = dice.gamma(4, np.array(_MEDIANS) / 3.7, (count, len(STRETCHES)))
    took[:, STRETCHES.index("inspected")] *= slow
    hours = np.concatenate((np.zeros((count, 1)), took.cumsum(axis=1)), axis=1)
    times = (moment - ((age + hours[:, -1])[:, None] - hours) * HOUR).astype(np.int64)
    times[:_UNTOLD, POINTS.index("assigned")] = NEVER
    times[:_BARE, [POINTS.index("accepted"), POINTS.index("released")]] = NEVER
    words = np.full(count, "", object)
    held = np.array([20, 21, 22], np.int64)
    return Segments(
        moment=moment, declaration_no=np.array([f"4258202600000{i:05d}" for i in range(count)], object), times=times,
        farm=np.arange(count) % 5 == 0, second=np.zeros(count, bool), mode=words, area=words, direction=words,
        platform=words, hold=words, held_row=held,
        held_word=np.array(["not_appointed", "rejected", "suspended"], object),
        held_since=moment - 9 * HOUR * held, held_until=np.array([moment - HOUR, moment - HOUR, NEVER], np.int64),
    )  # fmt: skip
