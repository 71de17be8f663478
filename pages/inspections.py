"""Inspections: every platform's load, the fair queue, what is held, every declaration under way and one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.board import address_of, board_tile, held_tile
from components.format import number, stamp
from components.inspection_grid import grid_rows, grid_tools, inspection_grid
from components.kpi import kpi_strip
from components.past import past
from components.queue import queue_tile
from components.tile import empty, tile
from components.timeline import timeline
from domain.inspection_board import loads
from domain.permissions import Permission
from layouts.inspection_tabs import inspection_tabs
from layouts.language import language_of
from layouts.moment import LIVE, Moment, moment_in, moment_of
from layouts.places import names
from layouts.selection import taking
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/inspections", name="inspections", title=page_title("inspections"), uses=("grid",))

PLATFORMS = 24
GRID = "inspections-grid"


def _queue(place: int, pictures: Mapping[str, Any], lang: str) -> Component:
    return queue_tile(pictures.get("queue"), lang, names(lang), place, view="inspections-queue", whole=True)


def _now() -> datetime:
    """The moment being drawn: the one looked at, or the present."""
    seen = past()
    return LIVE.now() if seen is None else seen.at


def _board(pictures: Mapping[str, Any], lang: str) -> Component:
    picture, at = pictures.get("inspections"), _now()
    rota, zone = stage.settings.inspections, ZoneInfo(stage.settings.port.timezone)
    areas = loads(picture.platforms, rota, at, zone) if picture is not None else []
    return board_tile(picture, areas, at, lang)


def _left_out(pictures: Mapping[str, Any], lang: str) -> Any:
    """That the table does not hold all there is; nothing while it does."""
    picture = pictures.get("inspections")
    missing = picture.total - len(picture.rows) if picture is not None else 0
    return translate(lang, "board.left_out", n=number(missing, lang)) if missing > 0 else ""


for _place in range(PLATFORMS):
    register_view(f"inspections-queue-{_place}", ("queue",), partial(_queue, _place), min_seconds=2)
register_view(
    "inspections-rows",
    ("inspections",),
    lambda p, lang: grid_rows(p.get("inspections"), lang),
    min_seconds=0.2,
    table=True,
)
register_view("inspections-left-out", ("inspections",), _left_out, min_seconds=5)
register_view("inspections-board", ("inspections",), _board, min_seconds=2)
register_view("inspections-held", ("inspections",), lambda p, lang: held_tile(p.get("inspections"), _now(), lang))
register_view("inspections-modes", ("kpis",), lambda p, lang: kpi_strip(p.get("kpis"), lang, "modes"), min_seconds=5)


def layout(lang: str | None = None, no: str | None = None, **query: str) -> Component:
    """Platforms, queue, declarations, and the one of ``?no=``; the table's filters stand in the address, too."""
    spoken, moment = language_of(lang), moment_in(query)
    rows = [] if moment.locked else stage.hub.draw("inspections-rows", spoken) or []
    table = [
        grid_tools(GRID, spoken),
        view("inspections-left-out", spoken, "board-left-out", moment=moment),
        inspection_grid(GRID, rows, spoken, "inspections-rows"),
    ]
    return page(
        spoken, "inspections", inspection_tabs(spoken, "inspections"),
        view("inspections-modes", spoken, "at-modes", moment=moment),
        view("inspections-board", spoken, "at-board", moment=moment),
        view("inspections-held", spoken, "at-held", moment=moment),
        view("inspections-queue-0", spoken, "at-queue", "inspections-queue", moment),
        html.Div(
            tile(translate(spoken, "inspection.title"), table, aside=translate(spoken, "inspection.pick"), ages=False),
            className="place at-grid",
            **{"data-row-kind": "declaration", "data-row-opens": "/inspections/{id}"},
        ),
        html.Div(_asked(None, "", spoken, LIVE), id="inspections-one", className="place at-one"),
        dcc.Store(id="inspections-no"), dcc.Store(id="inspections-lang", data=spoken),
        taking("declaration", "inspections-no.data"),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("inspections-one", "children"), Input("inspections-no", "data"), MOMENT_INPUT, ADDRESS,
    State("inspections-lang", "data"),
)  # fmt: skip
async def show_one(picked: Mapping[str, Any] | None, told: str | None, search: str | None, lang: str) -> Component:
    """One declaration's timeline, as far as it had come at the moment."""
    wanted, moment = str((picked or {}).get("value") or "").strip(), moment_of(told, search)
    ask = stage.reads.inspection
    row = await asyncio.to_thread(ask, visitor(), wanted, moment.at, moment.known) if wanted else None
    return _asked(row, wanted, lang, moment)


def _asked(row: Any, wanted: str, lang: str, moment: Moment) -> Component:
    aside: Any = None
    if row is not None:
        body = timeline(row, lang)
        aside = dcc.Link(translate(lang, "board.open_page"), href=address_of(row.key), className="way")
    else:
        unknown = "no_declaration" if moment.at is None else "no_declaration_then"
        when = stamp(moment.at, lang)
        body = empty(lang, unknown, no=wanted, time=when) if wanted else empty(lang, "pick_declaration")
    return tile(translate(lang, "board.one"), body, aside=aside, ages=False)
