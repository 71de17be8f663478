"""The handover of a shift on one screen: a sentence for every thing who comes must know, and who signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from components.alert_words import rule_title
from components.alerts import alert_text
from components.format import NONE, clock, duration, number, place, stamp
from components.marks import lamp, level_mark
from components.tile import tile
from domain.alert_identity import alert_key
from domain.pictures import AlertRow, FeedRow
from domain.shift import Handover
from domain.shift_brief import PARTS, Brief, Changed, Order
from locales import known, translate

SHOWN = {"open": 14, "changed": 14, "shelved": 6, "out": 6, "promised": 6, "feeds": 6}
PRINTED = 300  # lines of a part on paper, which both sign: some ten sheets
_T = TypeVar("_T")


def brief_tiles(told: Brief, lang: str, one: str = "") -> dict[str, Component]:
    """A tile for each part, by its name: what is most important of it, and how many more there are; on paper all of it.

    Args:
        told: what is handed over.
        lang: language.
        one: address of an alert's own page without its number; empty: alerts are opened on the desk.
    """
    lines: dict[str, Callable[[Any], Component]] = {
        "changed": lambda row: _changed(row, told.at, lang), "open": lambda row: _open(row, told.at, lang, one),
        "shelved": lambda row: _shelved(row, told.at, lang, one), "out": lambda row: _out(row, lang, one),
        "promised": lambda row: _promised(row, told.at, lang, one), "feeds": lambda row: _feed(row, told.at, lang),
    }  # fmt: skip
    tiles = {part: _tile(part, getattr(told, part), lines[part], lang) for part in PARTS}
    if told.suppressed:
        hidden = translate(lang, "shift.suppressed", n=number(told.suppressed, lang))
        tiles["shelved"].children[-1].children.append(html.P(hidden, className="shift-more"))
    return tiles


def _tile(part: str, rows: Sequence[_T], line: Callable[[_T], Component], lang: str) -> Component:
    title = translate(lang, f"shift.part.{part}")
    shown = SHOWN[part]
    lines = [line(row) for row in rows[:PRINTED]]
    for one in lines[shown:]:
        one.className = "on-paper"
    body: list[Component] = [html.Ul(lines, className="shift-lines")]
    if not rows:
        body = [html.P(translate(lang, f"shift.none.{part}"), className="shift-none")]
    for most, where in ((shown, "off-paper"), (PRINTED, "on-paper")):
        if len(rows) > most:
            more = translate(lang, "shift.more", n=number(len(rows) - most, lang))
            body.append(html.P(html.A(more, href="/alerts", **{"data-go": ""}), className=f"shift-more {where}"))
    held = html.Div(body, className="scroll", tabIndex=0)
    return tile(title, [held], aside=number(len(rows), lang), ages=False, name=f"shift-{part}")


def _line(level: int, words: Iterable[Any], small: Sequence[str], lang: str) -> Component:
    said = translate(lang, "shift.and").join(text for text in small if text)
    return html.Li([level_mark(level, lang, words=False), html.Div([html.P(list(words)), html.Small(said)])])


def _named(rule: str, subject: str, key: str, alert_id: str, lang: str, one: str) -> Component:
    """What alert, as a way to it."""
    words = html.B(rule_title(rule, lang))
    about = translate(lang, "shift.about", subject=place(subject, lang)) if subject else ""
    href = f"{one}/{alert_id}" if one and alert_id else f"/alerts?{urlencode({'alert': key})}"
    return html.A([words, about], href=href, **{"data-go": ""}) if key else html.Span([words, about])


def _of(row: AlertRow, lang: str, one: str) -> Component:
    return _named(row.rule, row.subject, row.key, row.id, lang, one)


def _open(row: AlertRow, at: datetime, lang: str, one: str) -> Component:
    whose = row.assignee or row.acknowledged_by
    words = "has" if row.assignee else "seen" if whose else "nobody"
    age = duration((at - row.opened_at).total_seconds() / 60, lang)
    small = [
        translate(lang, "shift.since", time=clock(row.opened_at, lang, at), age=age),
        translate(lang, f"shift.{words}", who=whose),
        translate(lang, "alert.condition.clear") if row.condition == "clear" else "",
    ]
    if not alert_text(row, lang, at):
        return _line(row.level, [_of(row, lang, one)], small, lang)
    named = _named(row.rule, "", row.key, row.id, lang, one)  # the text says what it is about
    return _line(row.level, [named, " ", html.Span(alert_text(row, lang, at))], small, lang)


def _changed(row: Changed, at: datetime, lang: str) -> Component:
    if row.closed_at is None:
        end = translate(lang, "shift.stands")
    else:
        code = "closed_by" if row.closed_by else "closed_itself"
        end = translate(lang, f"shift.{code}", time=clock(row.closed_at, lang, at), who=row.closed_by)
    small = [
        translate(lang, "shift.came", n=number(row.announced, lang)) if row.announced else "",
        translate(lang, "shift.escalated", n=number(row.escalated, lang)) if row.escalated else "",
        translate(lang, "shift.acted", who=translate(lang, "shift.and_who").join(row.by)) if row.by else "",
        end,
    ]
    key = alert_key(row.rule, row.subject) if row.rule else ""
    return _line(row.level, [_named(row.rule, row.subject, key, row.alert_id, lang, "")], small, lang)


def _shelved(row: AlertRow, at: datetime, lang: str, one: str) -> Component:
    until = clock(row.shelved_until, lang, at)
    small = [translate(lang, "shift.until", time=until, who=row.shelved_by or NONE),
             row.shelved_why]  # fmt: skip
    return _line(row.level, [_of(row, lang, one)], small, lang)


def _out(row: AlertRow, lang: str, one: str) -> Component:
    by = translate(lang, "shift.out_by", who=row.out_of_service_by or NONE)
    return _line(row.level, [_of(row, lang, one)], [by, row.out_of_service], lang)


def _promised(row: Order, at: datetime, lang: str, one: str) -> Component:
    agency, state = f"agency.{row.agency}", f"dispatch.state.{row.state}"
    words = [html.B(translate(lang, agency) if known(agency) else row.agency), translate(lang, "shift.colon"),
             _named(row.rule, row.subject, row.key, "", lang, one)]  # fmt: skip
    due = (
        translate(lang, "shift.due", time=clock(row.due_at, lang, at))
        if row.due_at
        else translate(lang, "shift.no_due")
    )
    late = translate(lang, "shift.late") if row.due_at is not None and row.due_at < at else ""
    return _line(row.level, words, [translate(lang, state) if known(state) else row.state, due, late], lang)


def _feed(row: FeedRow, at: datetime, lang: str) -> Component:
    name = row.titles.get(lang) or row.title or row.key
    small = [translate(lang, "shift.feed_ok", time=clock(row.last_ok_at, lang, at)) if row.last_ok_at else "",
             translate(lang, "shift.paused") if row.paused else ""]  # fmt: skip
    href = f"/feeds?{urlencode({'feed': row.key})}"
    said = translate(lang, "shift.and").join(text for text in small if text)
    words = html.P([html.A(html.B(name), href=href, **{"data-go": ""}), " ", lamp(row.state, lang)])
    return html.Li([html.Div([words, html.Small(said)])])


def signatures(one: Handover, lang: str, at: datetime) -> Component:
    """Who signed a handover, when, and what they had to say."""
    rows = []
    for way, who, when in (("out", one.out_by, one.out_at), ("in", one.in_by, one.in_at)):
        said = (
            translate(lang, "shift.signed", who=who, time=clock(when, lang, at))
            if who
            else translate(lang, "shift.unsigned")
        )
        rows.append(
            html.Div([html.Dt(translate(lang, f"shift.{way}")), html.Dd(said)], className="" if who else "is-open")
        )
    note = [html.Blockquote(one.note, className="shift-said")] if one.note else []
    return html.Div([html.Dl(rows, className="facts"), *note])


def past_tile(past: Sequence[Handover], here: str, lang: str) -> Component:
    """Handovers there were, newest first, each a way to what was handed over."""
    title = translate(lang, "shift.past")
    if not past:
        return tile(
            title, html.P(translate(lang, "shift.none.past"), className="shift-none"), ages=False, name="shift-past"
        )
    heads = [html.Th(translate(lang, f"shift.column.{name}"), scope="col") for name in ("shift", "out", "in", "open")]
    rows = [_past(one, one.shift_id == here, lang) for one in past]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="table")
    return tile(title, html.Div(table, className="scroll", tabIndex=0), ages=False, name="shift-past")


def _past(one: Handover, here: bool, lang: str) -> Component:
    name = dcc.Link(stamp(one.begins, lang), href=f"/alerts/shifts?{urlencode({'shift': one.shift_id})}")
    taken = one.in_by or translate(lang, "shift.unsigned")
    cells = [html.Th(name, scope="row"), html.Td(one.out_by), html.Td(taken),
             html.Td(number(one.counts.get("open"), lang), className="num")]  # fmt: skip
    return html.Tr(cells, className="picked" if here else "")
