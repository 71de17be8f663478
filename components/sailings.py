"""Will it make the ship: exports not through inspection, by vessel call, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from dash import html
from dash.development.base_component import Component

from components.format import clock, number, percent, place
from components.links import declaration_link
from components.marks import shape
from components.past import before_history
from components.tile import nothing, picture_tile, tile
from domain.cross_area import CrossArea, Offer, Verdict
from domain.sailing_check import FEWEST
from domain.sailing_pictures import STATES, SailingRow, SailingsPicture
from locales import known, translate

MARKS = {"will_miss": "l2", "at_risk": "l3", "unknown": "ring", "missed": "dash", "safe": "dot"}
COLUMNS = ("declaration", "state", "probability", "through", "margin", "stage", "platform")
TILE_ROWS = 8


def sailings_tile(picture: SailingsPicture | None, lang: str) -> Component:
    """The whole list: a table for each vessel call; what makes it for certain is counted, and opened by a click."""
    title = translate(lang, "sailing.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "sailings"), picture, lang=lang, name="sailings")
    first = {call: place_ for place_, call in reversed(list(enumerate(row.call for row in picture.rows)))}
    rows = sorted(picture.rows, key=lambda row: first[row.call])  # stable: calls by their worst, rows as they came
    calls = [_call(list(of_call), picture, lang) for _, of_call in groupby(rows, key=lambda row: row.call)]
    body = [counts_line(picture, lang), html.Div(calls, className="scroll", tabIndex=0)]
    aside = translate(lang, "sailing.count", n=number(len(picture.rows), lang))
    return picture_tile(title, body, picture, lang=lang, aside=aside, name="sailings")


def sailings_wall(picture: SailingsPicture | None, lang: str) -> Component:
    """For walls: how many stand how, and the first of those that may miss their ship."""
    title = translate(lang, "sailing.title")
    if picture is None or not picture.rows or before_history():
        return picture_tile(title, nothing(picture, lang, "sailings"), picture, lang=lang, name="sailings-wall")
    worst = [row for row in picture.rows if row.state in ("will_miss", "at_risk", "unknown")][:TILE_ROWS]
    lines = [_line(row, picture.as_of, lang) for row in worst]
    body = [counts_line(picture, lang), html.Ol(lines, className="sailing-lines")]
    aside = translate(lang, "sailing.count", n=number(len(picture.rows), lang))
    return picture_tile(title, body, picture, lang=lang, aside=aside, name="sailings-wall")


def method_tile(days: int, lang: str) -> Component:
    """How it is judged, in words."""
    parts = ("compare", "clock", "deadline", "states", "cross")
    said = [html.P(translate(lang, f"sailing.method.{part}", days=days, least=FEWEST)) for part in parts]
    return tile(translate(lang, "sailing.method.title"), html.Div(said, className="sailing-method"), ages=False)


def counts_line(picture: SailingsPicture, lang: str) -> Component:
    """How many stand how, each with its mark."""
    cells = [
        html.Span([shape(MARKS[state]), html.B(number(picture.counts.get(state, 0), lang)), " ",
                   translate(lang, f"sailing.state.{state}")],
                  className=f"sailing-{state}{'' if picture.counts.get(state) else ' none'}")
        for state in STATES
    ]  # fmt: skip
    return html.P(cells, className="sailing-counts")


def _call(rows: Sequence[SailingRow], picture: SailingsPicture, lang: str) -> Component:
    """A vessel call, its list, and how many more are well."""
    safe = [row for row in rows if row.state == "safe"]
    others = [row for row in rows if row.state != "safe"]
    head = _head(rows, picture.as_of, lang)
    if not others:
        return html.Details([html.Summary(head), _table(safe, picture, lang)], key=rows[0].call,
                            className="sailing-call")  # fmt: skip
    parts: list[Any] = [head, _table(others, picture, lang)]
    if safe:
        words = html.Summary(translate(lang, "sailing.safe_more", n=number(len(safe), lang)))
        parts.append(html.Details([words, _table(safe, picture, lang)], className="sailing-safe"))
    return html.Section(parts, key=rows[0].call, className="sailing-call")


def _head(rows: Sequence[SailingRow], now: datetime | None, lang: str) -> Component:
    row = rows[0]
    name = " ".join(filter(None, (row.vessel_name, row.voyage))) or translate(lang, "sailing.no_call")
    deadlines = {one.deadline: one for one in rows}
    told = next((one for one in rows if one.deadline_of == "call_cut_off"), row if len(deadlines) == 1 else None)
    words = [translate(lang, "sailing.berth", berth=place(row.berth, lang))] if row.berth else []
    if told is not None and told.deadline_of.endswith("cut_off"):
        words.append(due(told, now, lang))
    if row.departure is not None:
        words.append(translate(lang, "sailing.departs", time=clock(row.departure, lang, now)))
    counted = [
        html.Span([shape(MARKS[state]), html.B(number(n, lang))], title=translate(lang, f"sailing.state.{state}"))
        for state in STATES
        if (n := sum(one.state == state for one in rows))
    ]
    return html.H3([html.B(name), html.Span(" · ".join(words)), html.Span(counted, className="sailing-tally")])


def _table(rows: Sequence[SailingRow], picture: SailingsPicture, lang: str) -> Component:
    head = [html.Th(translate(lang, f"sailing.column.{name}"), className=f"s-{name}") for name in COLUMNS]
    body: list[Component] = []
    for row in rows:
        body.append(_row(row, picture, lang))
        said = cross_words(row.cross, lang, picture.as_of) if row.state in ("will_miss", "at_risk") else ""
        if said and row.cross is not None:
            cell = html.Td(said, colSpan=len(COLUMNS), title=verdict_words(row.cross.verdicts, lang))
            body.append(html.Tr(cell, className="sailing-cross", key=f"{row.key}-cross"))
    return html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="table sailing-table")


def _row(row: SailingRow, picture: SailingsPicture, lang: str) -> Component:
    now = picture.as_of
    link = declaration_link(row.key)
    why = why_words(row, picture.baseline_days, lang)
    margin = "–" if row.margin_hours is None else translate(lang, "sailing.hours", hours=_signed(row.margin_hours))
    cells = [
        html.Td(link, className="s-declaration num"),
        html.Td([state_mark(row.state, lang)], className="s-state"),
        html.Td(chance_words(row, lang), className="s-probability num", title=due(row, now, lang)),
        html.Td(through_words(row, lang, now), className="s-through num", title=why),
        html.Td(margin, className="s-margin num", title=due(row, now, lang)),
        html.Td(stage_words(row, lang, now), className="s-stage"),
        html.Td(place(row.platform, lang), className="s-platform", title=row.platform),
    ]
    return html.Tr(cells, key=row.key, title=why, className=f"is-{row.state}",
                   **{"data-subject": f"declaration:{row.key}"})  # fmt: skip


def _line(row: SailingRow, now: datetime | None, lang: str) -> Component:
    vessel = row.vessel_name or translate(lang, "sailing.no_call")
    parts = [
        state_mark(row.state, lang, words=False), html.B(vessel),
        html.Span(f"…{row.key[-6:]}", className="num", title=row.key),
        html.Span(chance_words(row, lang), className="num"), html.Span(clock(row.deadline, lang, now), className="num"),
    ]  # fmt: skip
    return html.Li(parts, key=row.key, title=due(row, now, lang), **{"data-subject": f"declaration:{row.key}"})


def state_mark(state: str, lang: str, words: bool = True) -> Component:
    """A judgement as shape and word."""
    name = translate(lang, f"sailing.state.{state}")
    said = html.Span(name, className="" if words else "unseen")
    return html.Span([shape(MARKS[state]), said], className=f"sailing-mark sailing-{state}", title=name)


def due(row: SailingRow, now: datetime | None, lang: str) -> str:
    """Which deadline it is held against."""
    return translate(lang, f"sailing.due.{row.deadline_of or 'none'}", time=clock(row.deadline, lang, now))


def chance_words(row: SailingRow, lang: str) -> str:
    """The probability, or that nobody knows."""
    if row.probability is None or row.state == "missed":
        return "–"
    share = percent(min(max(row.probability, 0.01), 0.99), lang)  # n cases never make it certain
    return translate(lang, "sailing.at_most", share=share) if row.why == "held" else share


def through_words(row: SailingRow, lang: str, now: datetime | None) -> str:
    """When it is through, with its interval."""
    if row.compared == 0:
        return why_words(row, 0, lang)
    times = (clock(at, lang, now) if at is not None else translate(lang, "sailing.beyond")
             for at in (row.likely, row.early, row.late))  # fmt: skip
    return translate(lang, "sailing.likely", **dict(zip(("time", "early", "late"), times, strict=True)))


def why_words(row: SailingRow, days: int, lang: str) -> str:
    """What the judgement rests on, or why there is none."""
    hold = _hold(row.hold, lang)
    why = translate(lang, f"sailing.why.{row.why}", least=FEWEST, hold=hold) if row.why else ""
    alike = translate(lang, "queue.join").join(translate(lang, f"sailing.alike.{name}") for name in row.alike)
    said = translate(lang, "sailing.compared", days=days, n=number(row.compared, lang), alike=alike)
    return " · ".join(filter(None, (why, said if row.compared and days else "")))


def stage_words(row: SailingRow, lang: str, now: datetime | None) -> str:
    """Where it stands and since when; what holds it first."""
    at = translate(lang, "sailing.not_begun")
    if row.stage:
        node = translate(lang, f"node.{row.stage}")
        at = translate(lang, "sailing.stage_since", node=node, time=clock(row.reached_at, lang, now))
    return " · ".join(filter(None, (_hold(row.hold, lang), at)))


def cross_words(cross: CrossArea | None, lang: str, now: datetime | None) -> str:
    """What is to be said of moving it to another area; empty where that is no question."""
    if cross is None or cross.outcome not in ("refused", "possible", "unknown"):
        return ""
    speak = {"refused": "refuse", "unknown": "unknown"}.get(cross.outcome)
    why = verdict_words([one for one in cross.verdicts if one.says == speak], lang)
    slot = offer_words(cross.offer, lang, now)
    return translate(lang, f"sailing.cross.{cross.outcome}", why=why, offer=slot)


def verdict_words(verdicts: Sequence[Verdict], lang: str) -> str:
    """What rules say, one after the other."""
    return translate(lang, "queue.join").join(
        translate(lang, f"sailing.rule.{one.rule}.{one.says}", hours=number(one.hours, lang, 1),
                  what=translate(lang, "queue.join").join(_need(what, lang) for what in one.what))
        for one in verdicts
    )  # fmt: skip


def offer_words(offer: Offer | None, lang: str, now: datetime | None) -> str:
    """The slot elsewhere, or why there is none to be named."""
    if offer is None:
        return translate(lang, "sailing.offer.none")
    platform = place(offer.platform, lang)
    if offer.transfer_minutes is None:
        return translate(lang, "sailing.offer.no_transfer", platform=platform)
    if offer.slot_at is None:
        return translate(lang, "sailing.offer.no_slot", platform=platform)
    state = translate(lang, f"sailing.state.{offer.state}")
    chance = percent(min(max(offer.probability, 0.01), 0.99), lang) if offer.probability is not None else ""
    judged = translate(lang, "sailing.offer.judged", state=state, share=chance) if chance else state
    return translate(
        lang, "sailing.offer.slot", platform=platform, time=clock(offer.slot_at, lang, now), free=offer.free_bays,
        bays=offer.bays, minutes=number(offer.transfer_minutes, lang), judgement=judged,
    )  # fmt: skip


def _hold(hold: str, lang: str) -> str:
    key = f"sailing.hold.{hold}"
    return translate(lang, key) if known(key) else hold


def _need(need: str, lang: str) -> str:
    key = f"sailing.need.{need}"
    return translate(lang, key) if known(key) else need


def _signed(hours: float) -> str:
    return f"{hours:+.1f}".replace("-", "−")
