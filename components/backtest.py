"""A rule tried on the past: the question in its form, and what both versions would have done, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from components.alarm_report import seconds
from components.backtest_days import column, days_chart, episodes_table
from components.format import NONE, duration, number, signed, stamp
from components.marks import level_mark, shape
from components.tile import tile
from domain.alarm_metrics import limits_of
from domain.alerting import Alerting
from domain.backtest import DAYS, MOST_DAYS, BackTest, Course, Note
from domain.rules import rule_of
from locales import translate

SPANS = (7, DAYS, MOST_DAYS)
FRAME = "rule-backtest"
PLACE, RUN, SAID = "backtest-place", "backtest-run", "backtest-said"
"""Kinds of the ids that carry the rule they are of: an answer that comes late finds no place in another's form."""
_WAYS: dict[str, Callable[[float, str], str]] = {"duration": lambda value, lang: seconds(value, lang),
                                                 "minutes": duration}  # fmt: skip
Figure = tuple[str, Callable[[Course], float | None], str]
"""Code, how to read it, and its kind: how many decimals, or ``duration`` in seconds, or ``minutes``."""
FIGURES: tuple[Figure, ...] = (
    ("total", lambda one: one.total, "0"),
    ("per_day", lambda one: one.per_day, "2"),
    ("per_hour", lambda one: one.per_hour, "2"),
    ("peak_ten", lambda one: one.peak_ten, "1"),
    ("flood_minutes", lambda one: one.flood_minutes, "minutes"),
    ("median", lambda one: one.median_seconds, "duration"),
    ("p90", lambda one: one.p90_seconds, "duration"),
    ("longest", lambda one: one.longest_seconds, "duration"),
    ("firing", lambda one: one.firing_seconds, "duration"),
    ("unjudged", lambda one: one.unjudged or None, "0"),
)


def backtest_ask(name: str, lang: str) -> Component:
    """The question, in the form of a rule: over how long; while it runs, how to end it; or why it cannot be asked.

    Args:
        name: of the instance.
        lang: language.
    """
    words, rule = translate(lang, "rule.backtest.title"), rule_of(name)
    if rule is not None and rule.unplayable:
        why = html.P(translate(lang, f"rule.backtest.unplayable.{rule.unplayable}"), className="dim")
        return html.Div([html.Span(words), why], className="screen-field backtest-ask")
    options = [{"value": days, "label": translate(lang, "rule.backtest.days", n=days)} for days in SPANS]
    span = dcc.RadioItems(options, DAYS, id="backtest-days", className="segments")
    button = html.Button(translate(lang, "rule.backtest.act"), id={"type": RUN, "rule": name}, n_clicks=0)
    cancel = html.Button(translate(lang, "rule.backtest.cancel"), id="backtest-cancel", n_clicks=0)
    running = html.P([html.Span(translate(lang, "rule.backtest.running"), role="status"), cancel],
                     id="backtest-running", className="backtest-running", hidden=True)  # fmt: skip
    said = html.Div(id={"type": SAID, "rule": name}, className="answer", role="status")
    asking = html.Div([span, button], id="backtest-asking", className="backtest-asking")
    return html.Div([html.Span(words), html.Div([asking, running, said])], className="screen-field backtest-ask",
                    role="group", **{"aria-label": words})  # fmt: skip


def backtest_frame(lang: str) -> Component:
    """Where the answer stands; not seen while there is none."""
    close = html.Button(translate(lang, "rule.backtest.close"), id="backtest-close", n_clicks=0)
    words = translate(lang, "rule.backtest.title")
    return tile(words, html.Div(id=FRAME, className="scroll", tabIndex=0), aside=close, ages=False)


def backtest_said(test: BackTest, lang: str) -> list[Component]:
    """The answer in a line, for the form: the totals with the way to the rest, or why there is none."""
    if test.state != "ok":
        return [html.P(state_words(test, lang))]
    one, other = test.draft, test.published
    if one is not None and other is not None and test.more is not None:
        words = translate(lang, "rule.backtest.short", draft=number(one.total, lang), more=signed(test.more, lang),
                          published=number(other.total, lang))  # fmt: skip
    else:
        total = sum(course.total for course in (one, other) if course is not None)
        words = translate(lang, "rule.backtest.short_one", n=number(total, lang))
    see = html.A(translate(lang, "rule.backtest.see"), href=f"#{FRAME}")
    return [html.P([words, " ", see])]


def state_words(test: BackTest, lang: str) -> str:
    """Why there is no answer."""
    if test.state == "unplayable":
        return translate(lang, f"rule.backtest.unplayable.{test.detail}")
    return translate(lang, f"rule.backtest.state.{test.state}", detail=test.detail or NONE)


def backtest_told(test: BackTest, changed: Sequence[str], alerting: Alerting, lang: str) -> Component:
    """What came of it.

    Args:
        test: the answer; its state is ok.
        changed: what the form says otherwise than what is published, a line each.
        alerting: lines of what an operator can bear.
        lang: language.
    """
    courses = [one for one in (test.draft, test.published) if one is not None]
    told = [_figures(test, alerting, lang)]
    if any(one.total for one in courses):
        told += [days_chart(test, alerting, lang), episodes_table(test, lang)]
    notes = [html.Li(note_words(one, lang)) for one in test.notes]
    why = html.Ul(notes, className="backtest-notes", **{"aria-label": translate(lang, "rule.backtest.notes")})
    return html.Div([_head(test, changed, lang), *told[:2], why if notes else None, *told[2:]], className="backtest")


def _head(test: BackTest, changed: Sequence[str], lang: str) -> Component:
    words = [translate(lang, "rule.backtest.span", since=stamp(test.played_from, lang), until=stamp(test.until, lang),
                       n=number(test.seconds, lang, 1))]  # fmt: skip
    if test.draft is None or test.published is None:
        words.append(translate(lang, f"rule.backtest.{'same' if test.draft is None else 'only'}"))
    elif not test.draft.total and not test.published.total:
        words.append(translate(lang, "rule.backtest.never"))
    return html.Div([html.P(" · ".join(words), className="dim"), html.Ul([html.Li(line) for line in changed])],
                    className="backtest-head")  # fmt: skip


def _figures(test: BackTest, alerting: Alerting, lang: str) -> Component:
    """Every figure of both, their difference, and what an operator can bear of all rules together."""
    both = [("draft", test.draft), ("published", test.published)]
    courses = [(column(kind, one), one) for kind, one in both if one is not None]
    compared = len(courses) == 2
    heads = ["figure", *(name for name, _ in courses), *(["more"] if compared else []), "limit"]
    names = [html.Th(translate(lang, f"rule.backtest.column.{name}"), scope="col", className="num" if place else "")
             for place, name in enumerate(heads)]  # fmt: skip
    limits = _limits(test, alerting)
    rows = []
    for code, value, kind in FIGURES:
        values = [value(one) for _, one in courses]
        if any(one is not None for one in values):
            words = translate(lang, f"rule.backtest.figure.{code}")
            rows.append(_row(words, values, kind, limits.get(code), compared, lang))
            rows += _levels([one for _, one in courses], compared, lang) if code == "total" else []
    note = html.P(translate(lang, "rule.backtest.limits", n=number(test.operators, lang)), className="dim")
    table = html.Table([html.Thead(html.Tr(names)), html.Tbody(rows)], className="table backtest-figures")
    return html.Div([table, note])


def _levels(courses: Sequence[Course], compared: bool, lang: str) -> list[Component]:
    known = sorted({level for one in courses for level in one.levels})
    return [
        _row(level_mark(level, lang), [one.levels.get(level, 0) for one in courses], "0", None, compared, lang)
        for level in known
    ]


def _row(
    words: Any, values: Sequence[float | None], kind: str, limit: float | None, compared: bool, lang: str
) -> Component:
    cells = [_cell(value, kind, limit, lang) for value in values]
    if compared:
        cells.append(html.Td(_more(values[0], values[1], kind, lang), className="num"))
    line = f"≤ {_written(limit, kind if kind in _WAYS else '0', lang)}" if limit is not None else ""
    return html.Tr([html.Th(words, scope="row"), *cells, html.Td(line, className="num dim")])


def _cell(value: float | None, kind: str, limit: float | None, lang: str) -> Component:
    said = _written(value, kind, lang)
    if value is None or limit is None or value <= limit:
        return html.Td(said, className="num")
    words = translate(lang, "metrics.verdict.over")
    return html.Td([shape("l3"), html.Span(words, className="unseen"), " ", said], className="num is-over", title=words)


def _written(value: float | None, kind: str, lang: str) -> str:
    if value is None:
        return NONE
    if kind in _WAYS:
        return _WAYS[kind](value, lang)
    least = 10.0 ** -int(kind)
    if 0 < value < least / 2:
        return f"< {number(least, lang, int(kind))}"
    return number(value, lang, 0 if value == int(value) else int(kind))


def _more(one: float | None, other: float | None, kind: str, lang: str) -> str:
    """What the form's version has more than the other; nothing where they are alike."""
    if one is None or other is None:
        return NONE
    if _written(one, kind, lang) == _written(other, kind, lang):
        return "±0"
    sign = "+" if one > other else "−"
    return sign + _written(abs(one - other), kind, lang)


def _limits(test: BackTest, alerting: Alerting) -> dict[str, float]:
    found, load = limits_of(alerting), alerting.load.flood_share
    minutes = (test.until - test.played_from).total_seconds() / 60
    codes = {"per_day": "rate_day", "per_hour": "rate_hour", "peak_ten": "peak_ten"}
    return {**{code: found[figure].value for code, figure in codes.items()}, "flood_minutes": minutes * load}


def note_words(note: Note, lang: str) -> str:
    """What limits the answer; its number is of minutes, of positions of hours."""
    minutes = note.value * 60 if note.code == "positions_from" else note.value
    return translate(lang, f"rule.backtest.note.{note.code}", span=duration(minutes, lang))
