"""Inspections: the fair queue of a platform, every declaration under way, one declaration's seven nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.format import stamp
from components.grid import grid, grid_rows
from components.queue import queue_tile
from components.tile import empty, tile
from components.timeline import timeline
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
COLUMNS = ("key", "stage", "reached", "direction", "mode", "platform", "class", "bill", "origin")


def _queue(place: int, pictures: Mapping[str, Any], lang: str) -> Component:
    return queue_tile(pictures.get("queue"), lang, names(lang), place, view="inspections-queue", whole=True)


for _place in range(PLATFORMS):
    register_view(f"inspections-queue-{_place}", ("queue",), partial(_queue, _place), min_seconds=2)
register_view(
    "inspections-rows", ("inspections",), lambda p, lang: grid_rows(p.get("inspections"), lang), min_seconds=5
)


def layout(lang: str | None = None, no: str | None = None, **query: str) -> Component:
    """Queue, declarations and the timeline of ``?no=``."""
    spoken, moment = language_of(lang), moment_in(query)
    search = dcc.Input(
        id="inspections-no", value=no or "", debounce=True, placeholder=translate(spoken, "inspection.search"),
        className="search",
    )  # fmt: skip
    rows = [] if moment.locked else stage.hub.draw("inspections-rows", spoken) or []
    return page(
        spoken, "inspections", inspection_tabs(spoken, "inspections"),
        view("inspections-queue-0", spoken, "at-queue", "inspections-queue", moment),
        html.Div(
            tile(
                translate(spoken, "inspection.title"),
                grid("inspections-grid", COLUMNS, rows, spoken, "inspections-rows"),
                aside=translate(spoken, "inspection.pick"), ages=False,
            ),
            className="place at-grid", **{"data-row-kind": "declaration"},
        ),
        html.Div(
            [search, html.Div(_asked(None, "", spoken, LIVE), id="inspections-one")], className="place at-one"
        ),
        dcc.Store(id="inspections-lang", data=spoken), taking("declaration", "inspections-no.value"),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("inspections-one", "children"), Input("inspections-no", "value"), MOMENT_INPUT, ADDRESS,
    State("inspections-lang", "data"),
)  # fmt: skip
async def show_one(no: str | None, told: str | None, search: str | None, lang: str) -> Component:
    """One declaration's timeline, as far as it had come at the moment."""
    wanted, moment = (no or "").strip(), moment_of(told, search)
    ask = stage.reads.inspection
    row = await asyncio.to_thread(ask, visitor(), wanted, moment.at, moment.known) if wanted else None
    return _asked(row, wanted, lang, moment)


def _asked(row: Any, wanted: str, lang: str, moment: Moment) -> Component:
    if row is not None:
        body = timeline(row, lang)
    else:
        unknown = "no_declaration" if moment.at is None else "no_declaration_then"
        when = stamp(moment.at, lang)
        body = empty(lang, unknown, no=wanted, time=when) if wanted else empty(lang, "pick_declaration")
    return tile(translate(lang, "inspection.timeline"), body, ages=False)
