"""Inspection areas at a glance: what stands where on every platform, against what it can take now and soon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from components.format import NONE, clock, duration, number, place, sortable
from components.inspection_grid import hold_word
from components.marks import shape
from components.past import before_history
from components.tile import empty, nothing, picture_tile
from domain.inspection_board import HORIZON_HOURS, AreaLoad, PlatformLoad
from domain.pictures import InspectionRow, InspectionsPicture
from locales import known, translate

COUNTS = ("waiting", "in_progress", "to_release")
COLUMNS = ("platform", *COUNTS, "capacity", "load", "expected")


def board_tile(picture: InspectionsPicture | None, areas: Sequence[AreaLoad], at: datetime, lang: str) -> Component:
    """The matrix: areas, their platforms, and what stands there.

    Args:
        picture: the declarations; for its age and its totals.
        areas: what stands on their platforms, see ``domain.inspection_board.loads``.
        at: the moment shown.
        lang: language.
    """
    title = translate(lang, "board.title")
    if picture is None or not areas or before_history():
        return picture_tile(title, nothing(picture, lang, "board"), picture, lang=lang, name="board")
    body = [
        html.Div([_area(area, at, lang, picture.whole) for area in areas], className="board-areas", tabIndex=0),
        html.P(_method(areas, lang, picture.whole), className="board-method"),
    ]
    counts = {name: number(getattr(picture, name), lang) for name in (*COUNTS, "held", "finished_today")}
    return picture_tile(
        title, body, picture, lang=lang, name="board", aside=translate(lang, "board.totals", **counts)
    )  # fmt: skip


def _area(area: AreaLoad, at: datetime, lang: str, whole: bool) -> Component:
    name = translate(lang, f"area.{area.area}") if known(f"area.{area.area}") else area.area
    idle = any(one.idle for one in area.platforms)
    words = translate(lang, "board.open") if area.open else translate(lang, "board.closed")
    if not area.open:
        when = clock(area.opens_at, lang, at) if area.opens_at else None
        words += " · " + (translate(lang, "board.opens", time=when) if when else translate(lang, "board.opens_never"))
    if idle:
        words += " · " + translate(lang, "board.work_waits")
    state = html.Span([*([shape("l4")] if idle else []), words], className=f"board-state{' is-idle' if idle else ''}")
    head = html.Tr(
        [
            html.Th(translate(lang, f"board.column.{column}"), scope="col", className=f"b-{column}",
                    title=translate(lang, f"board.about.{column}", hours=HORIZON_HOURS))
            for column in COLUMNS
        ]
    )  # fmt: skip
    rows = [_platform(one, lang, whole) for one in area.platforms]
    table = html.Table([html.Caption([html.B(translate(lang, "board.area", name=name)), state]),
                        html.Thead(head), html.Tbody(rows)], className="table board-table")  # fmt: skip
    return html.Div(table, className="board-area")


def _platform(one: PlatformLoad, lang: str, whole: bool) -> Component:
    count = one.count
    name = place(count.key, lang) or translate(lang, "queue.no_platform")
    capacity = f"{number(one.bays, lang)} / {number(one.officers, lang)}"
    expected = number(count.expected, lang)
    return html.Tr(
        [
            html.Th(_short(name, lang), scope="row", title=name, className="b-platform"),
            *(html.Td(number(getattr(count, column), lang), className="num") for column in COUNTS),
            html.Td(capacity, className="num"),
            html.Td(_bar(one.load if whole else None, lang)),
            html.Td([html.Span(expected, className="b-n"), _bar(one.expected_load if whole else None, lang)]),
        ],
        className="is-over" if whole and one.over else "",
    )


def _short(name: str, lang: str) -> str:
    """The number a platform has in its area; its name where it has none."""
    digits = re.findall(r"\d+", name)
    return translate(lang, "board.platform", n=digits[-1]) if digits else name


def _bar(load: float | None, lang: str) -> Component:
    """A small bar and its figure; shape and colour only beyond what there is room for."""
    over = load is not None and load > 1
    words = NONE if load is None else f"{number(load * 100, lang)} %"
    fill = f"{min(1.0, load or 0.0) * 100:.0f}%"
    bar = [] if load is None else [html.I(className="bar", style={"--fill": fill})]
    inner = [*bar, html.Span(words, className="num")]
    if over:
        inner += [shape("l3"), html.Span(translate(lang, "board.over"), className="unseen")]
    return html.Span(inner, className=f"board-bar{' over' if over else ''}")


def _method(areas: Sequence[AreaLoad], lang: str, whole: bool) -> str:
    """How the loads come about, with the number of inspections behind them."""
    if not whole:
        return translate(lang, "board.method_own")
    known_ones = [one.count for area in areas for one in area.platforms if one.count.minutes is not None]
    n = sum(count.measured for count in known_ones)
    words = translate(lang, "board.method", hours=HORIZON_HOURS, n=number(n, lang))
    if n:
        middle = sorted(known_ones, key=lambda count: count.minutes or 0.0)[len(known_ones) // 2]
        words += " " + translate(lang, "board.method_minutes", time=duration(middle.minutes, lang))
    return words


def held_tile(picture: InspectionsPicture | None, at: datetime, lang: str) -> Component:
    """What stands still, the longest first: why, since when, for how long."""
    title = translate(lang, "board.held_title")
    if picture is None or before_history():
        return picture_tile(title, nothing(picture, lang, "held"), picture, lang=lang, name="held")
    held = (row for row in picture.rows if row.group == "held")
    rows = sorted(held, key=lambda row: (row.held_since is None, row.held_since or at, row.key))
    body = _held_table(rows, at, lang) if rows else empty(lang, "held")
    return picture_tile(title, body, picture, lang=lang, name="held", aside=number(picture.held, lang))


def _held_table(rows: Sequence[InspectionRow], at: datetime, lang: str) -> Component:
    head = html.Tr([html.Th(translate(lang, f"board.held.{name}"), scope="col") for name in ("no", "why", "long")])
    lines = [
        html.Tr(
            [
                html.Td(dcc.Link(f"…{row.key[-6:]}", href=address_of(row.key), title=row.key)),
                html.Td(hold_word(row.hold, lang), title=place(row.platform, lang)),
                html.Td(_since(row.held_since, at, lang), className="num", title=sortable(row.held_since)),
            ],
            key=row.key,
        )
        for row in rows
    ]
    table = html.Table([html.Thead(head), html.Tbody(lines)], className="table held-table")
    return html.Div(table, className="scroll", tabIndex=0)


def _since(since: datetime | None, at: datetime, lang: str) -> str:
    return NONE if since is None else duration((at - since).total_seconds() / 60, lang)


def address_of(declaration_no: str) -> str:
    """The page of one declaration."""
    return f"/inspections/{quote(declaration_no, safe='')}"
