"""The alarm system's report on itself: figures beside their limits, the load over time, and the worst rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from components import chart
from components.alert_words import rule_title
from components.format import NONE, duration, number, percent, place, stamp, wall
from components.marks import shape
from components.tile import empty_then, tile
from domain.alarm_metrics import Figure, Limit, Report
from domain.alarm_rules import Advice, RuleLoad
from locales import translate

SPANS = ("shift", "last_shift", "day", "week", "month")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "load": ("rate_ten", "rate_hour", "rate_day", "peak_minute", "peak_ten", "peak_hour", "flood_share"),
    "mix": ("mix_low", "mix_medium", "mix_high"),
    "nuisance": ("chattering", "fleeting", "stale", "top_share"),
    "answer": tuple(f"{what}_{level}" for what in ("mtta", "mttr") for level in (1, 2, 3, 4)),
    "handling": ("reopened", "escalated", "shelved", "suppressed", "out_of_service", "unheard"),
}
NOW_TOO = frozenset({"shelved", "suppressed", "out_of_service"})  # of these the count standing now is told as well
MARKS = {"over": "l3", "must": "l2"}
RULES_SHOWN = 40
_WHOLE = 0.05  # percent; what differs from a whole number by less is said as that
_LONG = 120.0  # seconds; longer ones are said in minutes and hours


def seconds(value: float | None, lang: str) -> str:
    """How long: seconds, or the two largest units that say something."""
    if value is None:
        return NONE
    return duration(value / 60, lang) if value >= _LONG else translate(lang, "metrics.seconds", n=number(value, lang))


def figures_tile(reports: Mapping[str, Report], lang: str) -> Component:
    """Every figure of every span, beside its limit and where that stands.

    Args:
        reports: by span; empty for who is told nothing.
        lang: language.
    """
    title = translate(lang, "metrics.title")
    if not reports:
        return tile(title, empty_then(lang, "metrics"), ages=False, name="metrics-figures")
    spans = [span for span in SPANS if span in reports]
    of = {span: {figure.code: figure for figure in reports[span].figures} for span in spans}
    heads = [html.Th(translate(lang, "metrics.figure"), scope="col")]
    heads += [html.Th(translate(lang, f"metrics.span.{span}"), scope="col", className="num",
                      title=_when(reports[span], lang)) for span in spans]  # fmt: skip
    heads += [html.Th(translate(lang, f"metrics.{name}"), scope="col", className=way)
              for name, way in (("limit", "num"), ("source", ""))]  # fmt: skip
    bodies = [html.Tbody(_group(group, codes, spans, of, lang)) for group, codes in GROUPS.items()]
    table = html.Table([html.Thead(html.Tr(heads)), *bodies], className="table metrics-table")
    operators = next(iter(reports.values())).operators
    aside = translate(lang, "metrics.per_operator", n=number(operators, lang))
    note = html.P(translate(lang, "metrics.note"), className="metrics-note")
    return tile(title, [html.Div(table, className="scroll", tabIndex=0), note], aside=aside, ages=False,
                name="metrics-figures")  # fmt: skip


def _when(told: Report, lang: str) -> str:
    return translate(lang, "metrics.when", since=stamp(told.since, lang), until=stamp(told.until, lang))


def _group(
    group: str, codes: Sequence[str], spans: Sequence[str], of: Mapping[str, Mapping[str, Figure]], lang: str
) -> list[Component]:
    columns = len(spans) + 3
    head = html.Tr(html.Th(translate(lang, f"metrics.group.{group}"), colSpan=columns, scope="rowgroup"))
    head.className = "metrics-group"
    rows = []
    for code in codes:
        limit = of[spans[0]][code].limit
        cells = [html.Th(translate(lang, f"metrics.{code}"), scope="row")]
        cells += [_cell(of[span][code], lang) for span in spans]
        cells += [html.Td(_limit(code, limit, lang), className="num dim"), html.Td(_source(limit), className="dim")]
        rows.append(html.Tr(cells))
    return [head, *rows]


def _cell(figure: Figure, lang: str) -> Component:
    said = value(figure, lang)
    if figure.code in NOW_TOO and figure.n:
        said = translate(lang, "metrics.and_now", n=said, now=number(figure.n, lang))
    if figure.verdict not in MARKS:
        return html.Td(said, className="num")
    words = translate(lang, f"metrics.verdict.{figure.verdict}")
    mark = [shape(MARKS[figure.verdict]), html.Span(words, className="unseen"), " "]
    return html.Td([*mark, said], className=f"num is-{figure.verdict}", title=words)


def value(figure: Figure, lang: str) -> str:
    """A figure in its unit."""
    return _in_unit(figure.code, figure.value, lang)


def _in_unit(code: str, amount: float | None, lang: str) -> str:
    if code.startswith("mtt"):
        return seconds(amount, lang)
    if code.startswith("mix") or code.endswith("share"):
        return percent(amount, lang, 0 if amount is None or abs(amount * 100 - round(amount * 100)) < _WHOLE else 1)
    return number(amount, lang, 0 if amount is None or amount == int(amount) else 1)


def _limit(code: str, limit: Limit | None, lang: str) -> str:
    if limit is None:
        return NONE
    said = _in_unit(code, limit.value, lang)
    return f"≥ {said}" if limit.least else said if limit.value == 0 else f"≤ {said}"


def _source(limit: Limit | None) -> str:
    return NONE if limit is None else f"{limit.source} †" if limit.quoted else limit.source


def rate_tile(told: Report | None, span: str, lang: str, graph: str = "metrics-rate") -> Component:
    """Annunciations of each ten minutes, with the line above which a flood begins.

    Args:
        told: the span's report; None for who is told nothing.
        span: its name.
        lang: language.
        graph: id of the graph.
    """
    title = translate(lang, "metrics.rate_title", span=translate(lang, f"metrics.span.{span}"))
    if told is None or not told.announced:
        return tile(title, empty_then(lang, "metrics_rate"), ages=False)
    line = told.flood_line
    drawn = chart.blank(lang)
    words = translate(lang, "metrics.alerts")
    drawn.add_scatter(
        **chart.along([wall(at) for at in told.tens]), y=told.counts, mode="lines", name="",
        line={"width": 1.4, "color": chart.DATA, "shape": "hv"}, fill="tozeroy", fillcolor=chart.BAND_95,
        hovertemplate=f"%{{y:,.0f}} {words}",
    )  # fmt: skip
    drawn.add_hline(
        y=line, line={"color": chart.LIMIT, "width": 1.4, "dash": "dash"},
        annotation={"text": translate(lang, "metrics.flood_line", n=number(line, lang)), "yanchor": "bottom"},
    )  # fmt: skip
    drawn.update_layout(margin={"t": 22})
    chart.figures(drawn, max(line * 1.25, *told.counts), lang)
    drawn.update_yaxes(range=[0, max(line * 1.3, 1.08 * max(told.counts))], nticks=5)
    most = max(told.counts)
    aside = translate(lang, "metrics.rate_aside", n=number(told.announced, lang), floods=number(len(told.floods), lang))
    said = translate(lang, "metrics.rate_words", most=number(most, lang), line=number(line, lang))
    return tile(title, chart.chart(drawn, graph, lang, f"{title}: {aside}, {said}"), aside=aside, ages=False)


def rules_tile(told: Report | None, span: str, lang: str, rules_at: str = "") -> Component:
    """The rules that made the load, worst first, each with what to do about it.

    Args:
        told: the span's report; None for who is told nothing.
        span: its name.
        lang: language.
        rules_at: address of the page of rules; empty where there is none.
    """
    title = translate(lang, "metrics.rules_title", span=translate(lang, f"metrics.span.{span}"))
    if told is None or not told.rules:
        return tile(title, empty_then(lang, "metrics_rules"), ages=False, name="metrics-rules")
    names = ("rule", "announced", "share", "alerts", "chattering", "fleeting", "stale", "unanswered", "answer", "do")
    heads = [html.Th(translate(lang, f"metrics.column.{name}"), scope="col",
                     className="" if name in ("rule", "do") else "num") for name in names]  # fmt: skip
    rows = [_rule(one, lang, rules_at) for one in told.rules[:RULES_SHOWN]]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="table metrics-rules-table")
    return tile(title, html.Div(table, className="scroll", tabIndex=0), ages=False, name="metrics-rules",
                aside=translate(lang, "metrics.rules_aside", n=number(len(told.rules), lang)))  # fmt: skip


def _rule(one: RuleLoad, lang: str, rules_at: str) -> Component:
    name = rule_title(one.rule, lang) if one.rule else translate(lang, "metrics.rule_gone")
    if one.rule and rules_at:
        name = html.A(name, href=f"{rules_at}?{urlencode({'rule': one.rule})}", **{"data-go": ""})
    figures = (
        number(one.announced, lang), percent(one.share, lang), number(one.alerts, lang), _few(one.chattering, lang),
        _few(one.fleeting, lang), _few(one.stale, lang), _few(one.unanswered, lang), seconds(one.answer_seconds, lang),
    )  # fmt: skip
    said = [html.Li(_advice(advice, one, lang)) for advice in one.advice]
    do = html.Ul(said, className="metrics-advice") if said else translate(lang, "metrics.advice.none")
    return html.Tr(
        [html.Th(name, scope="row"), *(html.Td(figure, className="num") for figure in figures), html.Td(do)],
        key=one.rule or "gone",
    )


def _few(count: int, lang: str) -> str:
    """A count of what should not be: none is a dash, so that the others are seen."""
    return number(count, lang) if count else NONE


def _advice(advice: Advice, one: RuleLoad, lang: str) -> str:
    subject = place(one.worst_subject, lang) if one.worst_subject else NONE
    return translate(lang, f"metrics.advice.{advice.code}", n=number(advice.n, lang), subject=subject)
