"""One alert on one page: what it is and whose, what was seen against its limits, and the figure around the moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import chart
from components.alert_words import detail_words, rule_title
from components.alerts import alert_text, alert_title, state_words
from components.format import NONE, duration, number, percent, place, stamp, wall
from components.links import declaration_link, subject_address
from components.marks import level_mark, shape
from components.past import locked
from components.tile import empty, facts, tile
from domain.alert_packet import Course, Packet
from domain.alert_pictures import AlertRow
from domain.dispatch import AGENCIES
from domain.rules import rule_of
from locales import known, translate

_SEEN = ("name", "value", "limit", "over")
_NAMELESS, _INTEGRITY = ("pair", "agent"), "/inspections/integrity?days=30"


def packet_head(packet: Packet, two: bool, action: str, lang: str) -> Component:
    """The few things to know first.

    Args:
        packet: of the alert.
        two: whether one confirms and another closes.
        action: what is recommended; empty: nothing.
        lang: language.
    """
    row = packet.file.alert
    pairs = [
        (translate(lang, "packet.why"), html.B(alert_text(row, lang))),
        (translate(lang, "packet.stands"), _stands(row, lang)),
        (translate(lang, "packet.subject"), [translate(lang, f"subject.{row.subject_kind}"), " ", _about(row, lang)]),
        (translate(lang, "packet.opened"), _opened(packet, lang)),
        (translate(lang, "packet.whose"), _whose(row, lang)),
    ]
    if action:
        pairs.append((translate(lang, "packet.action"), html.B(action)))
    if row.origin:
        pairs.append((translate(lang, "packet.origin"), _origin(row, lang)))
    why = locked(lang)
    body: list[Any] = [facts(pairs)]
    if two:
        body.append(html.P(two_words(row, lang), className="two-person", role="note"))
    if why:
        body.append(html.P(why, className="locked", role="note"))
    title = [level_mark(row.level, lang), " ", alert_title(row, lang)]
    return tile(title, body, aside=_ways(packet, lang), ages=False, name="packet-head")


def _stands(row: AlertRow, lang: str) -> list[Component | str]:
    said: list[Component | str] = [html.B(state_words(row, lang))]
    if row.detail:
        said += [" · ", detail_words(row.detail, lang)]
    if row.latched:
        said += [" · ", translate(lang, "packet.latched")]
    if row.shelved_until is not None:
        told = {"who": row.shelved_by, "time": stamp(row.shelved_until, lang), "why": row.shelved_why}
        said += [" · ", translate(lang, "packet.shelved", **told)]
    if row.suppressed_by:
        said += [" · ", translate(lang, "packet.suppressed", by=_cause(row.suppressed_by, lang))]
    if row.out_of_service:
        said += [" · ", translate(lang, "packet.out", who=row.out_of_service_by, why=row.out_of_service)]
    return said


def _cause(key: str, lang: str) -> str:
    """The alert another hides behind: its rule and its subject, which is what its key is made of."""
    rule, _, subject = key.partition(":")
    return f"{rule_title(rule, lang)} · {place(subject, lang)}" if subject else rule_title(key, lang)


def _about(row: AlertRow, lang: str) -> Component | str:
    """What it is about, and the page of that."""
    if row.subject_kind in _NAMELESS:
        names = html.A(translate(lang, "page.integrity"), href=_INTEGRITY, **{"data-go": ""})
        return html.Span([row.subject, " · ", names])
    if row.subject_kind == "declaration":
        return declaration_link(row.subject)
    words = place(row.subject, lang)
    address = subject_address(row.subject_kind, row.subject)
    if not address:
        declared = str(row.params.get("declaration_no") or "")
        return html.Span([words, " · ", declaration_link(declared)]) if declared else words
    return html.A(words, href=address, **{"data-go": ""})


def _opened(packet: Packet, lang: str) -> str:
    row = packet.file.alert
    minutes = ((row.closed_at or packet.as_of) - row.opened_at).total_seconds() / 60
    said = translate(lang, "packet.opened_since", time=stamp(row.opened_at, lang), span=duration(minutes, lang))
    return said + (f" · {translate(lang, 'packet.count', n=number(row.count, lang))}" if row.count > 1 else "")


def _whose(row: AlertRow, lang: str) -> str:
    agency = translate(lang, f"agency.{row.agency}") if row.agency in AGENCIES else row.agency
    seen = translate(lang, "packet.seen_by", who=row.acknowledged_by, time=stamp(row.acknowledged_at, lang))
    parts = [row.assignee or translate(lang, "packet.nobody"), agency, seen if row.acknowledged_by else ""]
    return " · ".join(filter(None, parts))


def _origin(row: AlertRow, lang: str) -> str:
    said = translate(lang, f"origin.{row.origin}")
    if row.recorded_time is not None:
        said = translate(lang, "origin.recorded_at", time=stamp(row.recorded_time, lang))
    return said


def two_words(row: AlertRow, lang: str) -> list[Component | str]:
    """Who has to do what before it is closed, where one confirms and another closes."""
    if row.state == "closed":
        told = {"confirmed": row.confirmed_by or NONE, "closed": row.closed_by or NONE}
        return [shape("dot"), " ", translate(lang, "packet.two.closed", **told)]
    if row.state == "confirmed":
        told = {"who": row.confirmed_by, "time": stamp(row.confirmed_at, lang)}
        return [shape("l1"), " ", translate(lang, "packet.two.confirmed", **told)]
    return [shape("l1"), " ", translate(lang, "packet.two.open")]


def _ways(packet: Packet, lang: str) -> list[Component]:
    """To paper, to JSON, back to the list."""
    number_ = packet.file.alert.id
    return [
        html.Button(translate(lang, "packet.print"), className="way", **{"data-print": ""}),
        html.A("JSON", href=f"/api/v1/alerts/{number_}", className="way", download=f"alert-{number_}.json"),
        html.A(translate(lang, "packet.back"), href="/alerts", className="way", **{"data-go": ""}),
    ]


def packet_seen(packet: Packet, lang: str) -> Component:
    """What the rule saw, value against limit: when the alert opened, when its level rose, and what it saw last."""
    title, row = translate(lang, "packet.seen"), packet.file.alert
    told = [one for one in packet.file.evidence if one.opened_at == row.opened_at]
    rows = [line for one in told for line in _seen(one.what, one.rule, one.level, one.at, one.seen, lang)]
    if told and row.seen != told[-1].seen:
        rows += _seen("latest", row.rule, row.level, row.last_at, row.seen, lang)
    if not rows:
        return tile(title, empty(lang, "packet_seen"), ages=False)
    head = [html.Th(translate(lang, f"packet.column.{name}"), className=f"s-{name}") for name in _SEEN]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table packet-seen")
    version = told[-1].instance_version
    rule = translate(lang, "packet.rule", rule=told[-1].rule, version=version or translate(lang, "packet.configured"))
    return tile(title, html.Div(table, className="scroll", tabIndex=0), aside=rule, ages=False)


def _seen(what: str, rule: str, level: int, at: datetime, seen: Mapping[str, Any], lang: str) -> list[Component]:
    when = translate(lang, f"packet.what.{what}")
    head = html.Tr(html.Th([level_mark(level, lang), f" {when} · {stamp(at, lang)}"], colSpan=len(_SEEN)))
    return (
        [head, *(_figure(measure_words(name, lang, rule), told, lang) for name, told in seen.items())] if seen else []
    )


def _figure(name: str, told: Any, lang: str) -> Component:
    told = told if isinstance(told, dict) else {"value": told}
    value, limit, unit = told.get("value"), told.get("limit"), str(told.get("unit") or "")
    over = value - limit if _is_number(value) and _is_number(limit) else None
    cells = [
        html.Td(name), html.Td(html.B(value_words(value, unit, lang)), className="num"),
        html.Td(value_words(limit, unit, lang) if limit is not None else NONE, className="num"),
        html.Td(value_words(over, unit, lang, sign=True) if over is not None else NONE, className="num"),
    ]  # fmt: skip
    return html.Tr(cells, key=name)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def measure_words(name: str, lang: str, rule: str = "") -> str:
    """What a figure is, where there is one in the words of its rule, or the rule's or source's own word."""
    kind = rule_of(rule)
    own, key = f"packet.measure.{kind.name if kind is not None else ''}.{name}", f"packet.measure.{name}"
    found = own if known(own) else key
    return translate(lang, found) if known(found) else name.replace("_", " ")


def value_words(value: Any, unit: str, lang: str, *, sign: bool = False) -> str:
    """A figure with its unit as the language writes it; whatever else it is, as it is."""
    if not _is_number(value):
        word = str(value)
        return NONE if value is None else translate(lang, f"check.{word}") if known(f"check.{word}") else word
    if unit == "share":
        said = percent(value, lang)
    else:
        figure = number(value, lang, 0 if float(value).is_integer() else 1)
        words = translate(lang, f"unit.{unit}", n=figure) if known(f"unit.{unit}") else unit
        said = f"{figure} {words}".strip()
    return f"+{said}" if sign and value > 0 else said


def packet_course(packet: Packet, lang: str) -> Component:
    """The figure of the subject around the moment, with its limit and the moment itself."""
    course, row = packet.course, packet.file.alert
    if course is None:
        return tile(translate(lang, "packet.course"), empty(lang, "packet_course"), ages=False)
    name = measure_words(course.measure, lang)
    words = translate(lang, "packet.course_words", name=name, low=_said(course, min(course.values), lang),
                      high=_said(course, max(course.values), lang))  # fmt: skip
    drawn = chart.chart(_figure_of(course, row, lang), "alert-course", lang, words)
    aside = translate(lang, "packet.hourly") if course.hourly else ""
    return tile(f"{translate(lang, 'packet.course')} · {name}", drawn, aside=aside, ages=False)


def _said(course: Course, value: float, lang: str) -> str:
    return value_words(value, course.unit, lang)


def _figure_of(course: Course, row: AlertRow, lang: str) -> Any:
    figure = chart.blank(lang)
    share = course.unit == "share"
    unit = "" if share else f" {value_words(0, course.unit, lang).partition(' ')[2]}"
    form = "%{y:.0%}" if share else f"%{{y:.1f}}{unit}"
    figure.add_scatter(
        **chart.along([wall(at) for at in course.times]), y=course.values, mode="lines", name="",
        line={"color": chart.DATA, "width": 1.8}, hovertemplate=form,
    )  # fmt: skip
    if course.limit is not None:
        figure.add_hline(y=course.limit, line={"color": chart.LIMIT, "width": 1.2, "dash": "dash"})
        label = {"text": translate(lang, "packet.limit", value=_said(course, course.limit, lang)), "showarrow": False,
                 "xref": "paper", "x": 0, "y": course.limit, "yanchor": "bottom", "xanchor": "left",
                 "font": {"color": chart.LIMIT}}  # fmt: skip
        figure.add_annotation(**label)
    figure.add_vline(x=wall(row.opened_at), line={"color": chart.LINE, "width": 1, "dash": "dot"})
    figure.update_yaxes(rangemode="tozero", nticks=5, **({"tickformat": ".0%"} if share else {"ticksuffix": unit}))
    figure.update_xaxes(tickformat="%H:%M", hoverformat="%H:%M:%S")
    return figure
