"""When a rule would have fired: alerts of each day, and the newest ones with the way to their moment."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from dash import html
from dash.development.base_component import Component

from components import chart
from components.alarm_report import seconds
from components.format import local, number, place, stamp
from components.links import subject_address
from components.marks import level_mark
from domain.alerting import Alerting
from domain.backtest import BackTest, Course, Episode, beside
from locales import translate

SHOWN = 60
FEW = 4  # alerts a day, below which an axis of its own choice would count halves


def days_chart(test: BackTest, alerting: Alerting, lang: str, graph: str = "backtest-days") -> Component:
    """Bars of each day, one for each version; days before what could be played are left out.

    Args:
        test: the answer; its state is ok.
        alerting: the line of what is borne in a day.
        lang: language.
        graph: id of the graph.
    """
    first = local(test.played_from).date()
    skipped = sum(day < first for day in test.dates)
    times = [datetime.combine(day, time()) for day in test.dates[skipped:]]
    drawn = chart.blank(lang)
    words, most, said = translate(lang, "metrics.alerts"), 0, []
    beneath = chart.MARK if test.draft is not None else chart.DATA
    for kind, course, colour in (("published", test.published, beneath), ("draft", test.draft, chart.DATA)):
        if course is None:
            continue
        counts = course.days[skipped:]
        name = translate(lang, f"rule.backtest.column.{column(kind, course)}")
        drawn.add_bar(**chart.along(times), y=counts, marker={"color": colour}, name=name,
                      hovertemplate=f"%{{y:,.0f}} {words}")  # fmt: skip
        most = max(most, *counts)
        said.append(f"{name}: {number(course.total, lang)}")
    line = alerting.load.per_day * test.operators
    if most * 2 >= line:
        drawn.add_hline(
            y=line, line={"color": chart.LIMIT, "width": 1.4, "dash": "dash"},
            annotation={"text": translate(lang, "rule.backtest.line", n=number(line, lang)), "yanchor": "bottom"},
        )  # fmt: skip
    drawn.update_layout(showlegend=True, barmode="group", bargap=0.25, margin={"t": 26}, legend={"y": 1.2})
    form = translate(lang, "chart.day")
    drawn.update_xaxes(tickformat=form, hoverformat=form, ticklabelstandoff=14)  # a wall's letters are twice as high
    chart.figures(drawn, most, lang)
    drawn.update_yaxes(nticks=4, **({"dtick": 1} if most < FEW else {}))
    title = translate(lang, "rule.backtest.by_day")
    return html.Div([html.H3(title), chart.chart(drawn, graph, lang, f"{title}: {', '.join(said)}")],
                    className="backtest-days")  # fmt: skip


def column(kind: str, one: Course) -> str:
    """What a version is called: what nobody published stands as configured."""
    return "configured" if kind == "published" and not one.version else kind


def episodes_table(test: BackTest, lang: str) -> Component:
    """The newest alerts of both, each with the way to its moment, its end, and which version raises it."""
    told = beside(test)
    compared = test.draft is not None and test.published is not None
    event = all(one.firing_seconds is None for one in (test.draft, test.published) if one is not None)
    names = ["since", "subject", "level", *([] if event else ["length"]), *(["which"] if compared else [])]
    heads = [html.Th(translate(lang, f"rule.backtest.column.{name}"), scope="col", className=f"b-{name}")
             for name in names]  # fmt: skip
    rows = []
    for one, which in told[:SHOWN]:
        of = column(which, test.published) if which == "published" and test.published is not None else which
        cells = {
            "since": html.A(stamp(one.since, lang), href=moment_address(one), **{"data-go": ""}),
            "subject": _subject(one, lang), "level": level_mark(one.level, lang), "length": _length(one, lang),
            "which": translate(lang, f"rule.backtest.which.{of}"),
        }  # fmt: skip
        rows.append(html.Tr([html.Td(cells[name], className=f"b-{name}") for name in names], className=f"is-{which}"))
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="table backtest-episodes")
    title = translate(lang, "rule.backtest.newest", n=number(len(rows), lang))
    return html.Div([html.H3(title), table], className="backtest-newest")


def _subject(one: Episode, lang: str) -> str:
    named = place(one.subject, lang)
    if named != one.subject or not one.subject_kind:
        return named
    return f"{translate(lang, f'subject.{one.subject_kind}')} {named}"


def _length(one: Episode, lang: str) -> str:
    if one.until is None:
        return translate(lang, "rule.backtest.still")
    return seconds((one.until - one.since).total_seconds(), lang)


def moment_address(one: Episode) -> str:
    """The page of what an alert is about, or the whole port, as it stood when the alert would have been raised."""
    page = urlsplit(subject_address(one.subject_kind, one.subject) or "/")
    at = one.since if not one.since.microsecond else one.since.replace(microsecond=0) + timedelta(seconds=1)
    return f"{page.path}?{urlencode([*parse_qsl(page.query), ('at', f'{at:%Y-%m-%dT%H:%M:%SZ}')], safe=':')}"
