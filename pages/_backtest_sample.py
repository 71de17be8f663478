"""Back-tests made for the styleguide: two versions compared, nothing to compare, none at all, and every refusal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

from dash import html
from dash.development.base_component import Component
from msgspec.structs import replace

from components.alert_words import rule_title
from components.backtest import backtest_ask, backtest_frame, backtest_said, backtest_told
from components.backtest_days import days_chart, episodes_table
from components.format import zone
from components.tile import tile
from domain.alerting import Alerting
from domain.backtest import BackTest, Course, Episode, Note, State, course, dates

_NAME, _DAYS = "gate_queue", 30
_ALERTS = Alerting()


def backtests(lang: str, now: datetime) -> list[Component]:
    """The question, asked and not to be asked; the answers."""
    both = compared(now)
    asks = html.Div([backtest_ask(_NAME, lang), backtest_ask("queue_jump", lang)], className="screen-form")
    short = [replace(both, state=state, detail="order" if state == "unplayable" else "ValueError: lane 7")
             for state in get_args(State)]  # fmt: skip
    said = [part for test in (*short, replace(both, draft=None, more=None)) for part in backtest_said(test, lang)]
    frame, changed = backtest_frame(lang), ["30 min → 40 min"]
    for part in (*asks._traverse(), *frame._traverse()):  # no callback listens to them here
        if getattr(part, "id", ""):
            part.id = f"style-backtest-{id(part)}"
    told = backtest_told(
        replace(both, draft=_course(now, _DAYS), more=1 - _course(now, 2).total), changed, _ALERTS, lang
    )
    for part in told._traverse():
        if getattr(part, "id", "") == "backtest-days":
            part.id = "style-backtest-told"
    return [
        asks, frame, tile(rule_title(_NAME, lang), html.Div(said, className="answer"), ages=False),
        tile(rule_title(_NAME, lang), told, ages=False),
        tile(rule_title(_NAME, lang), html.Div([days_chart(both, _ALERTS, lang, "style-backtest-days"),
             episodes_table(both, lang)], className="backtest"), ages=False),
    ]  # fmt: skip


def compared(now: datetime) -> BackTest:
    """A month in which the draft fires less often, played from the second day on."""
    since = now - timedelta(days=_DAYS)
    mine, others = _course(now, 5), replace(_course(now, 2), version=3)
    return BackTest(
        name=_NAME, since=since, until=now, played_from=since + timedelta(days=1), dates=dates(since, now, zone()),
        draft=mine, published=others, more=mine.total - others.total, seconds=1.4,
        notes=[Note("thinned"), Note("positions_from", 696.0), Note("every", 10.0)],
    )  # fmt: skip


def _course(now: datetime, every: int) -> Course:
    """An alert every so many days: of the two gates in turn, the newest fires still."""
    since = now - timedelta(days=_DAYS)
    found = [
        Episode(subject="QQ-G2", subject_kind="gate", level=2 + place % 2, since=at, key=f"gate_queue:{place}",
                until=None if not place else at + timedelta(minutes=20 + 9 * place))
        for place, at in enumerate(now - timedelta(hours=1, days=day) for day in range(0, _DAYS - 1, every))
    ]  # fmt: skip
    return course(found, None, (since, now), dates(since, now, zone()), zone(), _ALERTS, event=False)
