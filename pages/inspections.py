"""Inspections: the fair queue of a platform, every declaration under way, one declaration's seven nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

import dash
from dash import Input, Output, State, callback, dcc, html, no_update
from dash.development.base_component import Component

from components.grid import grid, grid_rows
from components.queue import queue_tile
from components.tile import empty, tile
from components.timeline import timeline
from layouts.language import language_of
from layouts.places import names
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._visitor import visitor

dash.register_page(__name__, path="/inspections", name="inspections", title=page_title("inspections"))

PLATFORMS = 24
COLUMNS = ("key", "stage", "reached", "direction", "mode", "platform", "class", "bill", "origin")


def _queue(place: int, pictures: Mapping[str, Any], lang: str) -> Component:
    return queue_tile(pictures.get("queue"), lang, names(lang), place, view="inspections-queue", whole=True)


for _place in range(PLATFORMS):
    register_view(f"inspections-queue-{_place}", ("queue",), partial(_queue, _place), min_seconds=2)
register_view(
    "inspections-rows", ("inspections",), lambda p, lang: grid_rows(p.get("inspections"), lang), min_seconds=5
)


def layout(lang: str | None = None, no: str | None = None, **_: str) -> Component:
    """Queue, declarations and the timeline of ``?no=``."""
    spoken = language_of(lang)
    search = dcc.Input(
        id="inspections-no", value=no or "", debounce=True, placeholder=translate(spoken, "inspection.search"),
        className="search",
    )  # fmt: skip
    rows = stage.hub.draw("inspections-rows", spoken) or []
    return page(
        spoken, "inspections",
        view("inspections-queue-0", spoken, "at-queue", "inspections-queue"),
        html.Div(
            tile(
                translate(spoken, "inspection.title"),
                grid("inspections-grid", COLUMNS, rows, spoken, "inspections-rows"),
                aside=translate(spoken, "inspection.pick"), ages=False,
            ),
            className="place at-grid",
        ),
        html.Div(
            [search, html.Div(_asked(None, "", spoken), id="inspections-one")], className="place at-one"
        ),
        dcc.Store(id="inspections-lang", data=spoken),
    )  # fmt: skip


@callback(Output("inspections-no", "value"), Input("inspections-grid", "selectedRows"), prevent_initial_call=True)
async def pick(rows: list[dict[str, Any]] | None) -> Any:
    """A picked row is looked up like a typed number."""
    return rows[0]["key"] if rows else no_update


@callback(Output("inspections-one", "children"), Input("inspections-no", "value"), State("inspections-lang", "data"))
async def show_one(no: str | None, lang: str) -> Component:
    """One declaration's timeline."""
    wanted = (no or "").strip()
    row = await asyncio.to_thread(stage.reads.inspection, visitor(), wanted) if wanted else None
    return _asked(row, wanted, lang)


def _asked(row: Any, wanted: str, lang: str) -> Component:
    if row is not None:
        body = timeline(row, lang)
    else:
        body = empty(lang, "no_declaration", no=wanted) if wanted else empty(lang, "pick_declaration")
    return tile(translate(lang, "inspection.timeline"), body, ages=False)
