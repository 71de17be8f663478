"""Where everything moves: map, list with search, and the last two hours of one vehicle or vessel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.grid import grid, moving_rows
from components.port_map import port_map
from components.tile import empty, tile
from components.track import other_places, track_bounds, track_line, track_words
from domain.permissions import Permission
from domain.pictures import STATUS
from layouts.language import language_of
from layouts.moment import STORE, Moment, moment_in, moment_of
from layouts.selection import taking
from layouts.shell import page, page_title
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._unmask import offered, opens
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/tracks", name="tracks", title=page_title("tracks"), uses=("map", "grid"))

BACK = timedelta(hours=2)
COLUMNS = ("label", "kind", "status", "speed", "seen")


def _rows(pictures: Mapping[str, Any], lang: str) -> list[dict[str, Any]]:
    kinds = [kind for kind in ("vessels", "vehicles") if kind in pictures]
    return [row for kind in kinds for row in moving_rows(pictures[kind], kind, lang, STATUS)]


opens("tracks")
register_view("tracks-rows", ("vehicles", "vessels"), _rows, min_seconds=5)


def layout(lang: str | None = None, **query: str) -> Component:
    """Map, list and track."""
    spoken = language_of(lang)
    port = stage.settings.port
    search = dcc.Input(id="tracks-search", placeholder=translate(spoken, "track.search"), className="search")
    rows = [] if moment_in(query).locked else stage.hub.draw("tracks-rows", spoken) or []
    moving = port_map("tracks-map", spoken, centre=port.centre, zoom=port.zoom,
                      yard_limit=stage.settings.limits.yard_backlog,
                      late_seconds=stage.settings.limits.position_late_seconds)  # fmt: skip
    return page(
        spoken, "tracks",
        html.Div(
            html.Section(moving, className="tile map", **{"aria-label": translate(spoken, "overview.map")}),
            className="place at-map",
        ),
        html.Div(
            tile(translate(spoken, "track.title"),
                 [search, grid("tracks-grid", COLUMNS, rows, spoken, "tracks-rows")], ages=False),
            className="place at-grid", **{"data-row-kind": "|"},
        ),
        html.Div(tile(translate(spoken, "track.one"), empty(spoken, "pick_track"), ages=False),
                 id="tracks-one", className="place at-one"),
        dcc.Store(id="map-pick"), dcc.Store(id="tracks-shown"), dcc.Store(id="tracks-lang", data=spoken),
        taking("vehicle", "map-pick.data", "vehicles|{id}"), taking("vessel", "map-pick.data", "vessels|{id}"),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("tracks-grid", "dashGridOptions"), Input("tracks-search", "value"), State("tracks-grid", "dashGridOptions"),
    prevent_initial_call=True,
)  # fmt: skip
async def search(words: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Filter the list as it is typed."""
    return {**options, "quickFilterText": words or ""}


@callback(
    Permission.LOOK,
    Output("tracks-map", "children"), Output("tracks-map", "viewport"), Output("tracks-one", "children"),
    Output("tracks-shown", "data"),
    Input("map-pick", "data"), MOMENT_INPUT, ADDRESS,
    State("tracks-shown", "data"), State("tracks-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def show_track(
    picked: dict[str, str] | None, told: str | None, search: str | None, shown: str | None, lang: str
) -> Any:  # fmt: skip
    """Draw the two hours before the moment of what is selected."""
    moved = dash.ctx.triggered_id == STORE
    key = (shown or "") if moved else (picked or {}).get("value", "")
    if moved and not key:
        return no_update
    line, seen, words = await asyncio.to_thread(_track, visitor(), key, lang, moment_of(told, search))
    return line, no_update if moved else seen, words, key  # time passing never moves the map


def _track(viewer: Any, key: str, lang: str, moment: Moment) -> tuple[list[Component], Any, Component]:
    kind, _, subject = key.partition("|")
    until = moment.now()
    fixes, others = [], []
    if kind in ("vehicles", "vessels"):
        fixes = list(stage.reads.track(viewer, kind, subject, until - BACK, until, moment.at, moment.known))
        others = other_places(stage.reads.elsewhere(viewer, kind, subject, moment.at, moment.known), lang)
    title = translate(lang, "track.one")
    with moment.drawn(stage.reads.oldest(viewer) if moment.at is not None else None):
        body = track_words(fixes, kind, subject, lang) if subject else empty(lang, "pick_track")
        body = [*offered("tracks", subject, viewer, lang), *others, *(body if isinstance(body, list) else [body])]
    bounds = track_bounds(fixes)
    seen = {"bounds": bounds, "transition": "fitBounds"} if bounds else no_update
    return track_line(fixes), seen, tile(title, body, ages=False)
