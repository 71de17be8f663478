"""Alerts: what stands, with every act on it by key or button, where it is, and what was closed lately."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.alert_flood import flood_lines, in_flood
from components.alert_grid import ACTS, act_bar, alert_filters, alert_grid, grid_rows
from components.alerts import alert_text, alert_title
from components.format import day_clock, number
from components.grid import grid
from components.port_map import port_map
from components.tile import picture_tile, tile
from domain.permissions import Permission
from domain.pictures import AlertRow, AlertsPicture
from domain.viewer import WHO
from layouts.alert_tabs import alert_tabs
from layouts.keys import ALERT_LETTERS
from layouts.language import language_of
from layouts.moment import moment_in, moment_of
from layouts.shell import page, page_title, view
from layouts.stage import may, stage
from live.views import register_view
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/alerts", name="alerts", title=page_title("alerts"), uses=("grid",))

BACK = timedelta(days=7)
GRID, MAP = "alerts-standing-grid", "alerts-map"
CLOSED = {"level": 13, "what": 20, "text": 22, "closed": 24, "by": 13}  # and its share of the width


def _head(picture: AlertsPicture | None, lang: str) -> Component:
    """How many stand, how many nobody has seen, how many are hidden by what; as old as its feeds."""
    if picture is None:
        return picture_tile(translate(lang, "alert.standing"), None, None)
    said = [translate(lang, "alert.unacknowledged", n=number(picture.unacknowledged, lang))]
    said += [
        f"{translate(lang, f'alert.hidden.{name}')} {number(n, lang)}"
        for name, n in (("shelved", picture.shelved), ("suppressed", picture.suppressed),
                        ("out", picture.out_of_service))
        if n
    ]  # fmt: skip
    lines = flood_lines(picture, lang) if in_flood(picture) else None
    return picture_tile(translate(lang, "alert.standing"), lines, picture, aside=" · ".join(said), name="alerts-head")


register_view("alerts-head", ("alerts",), lambda pictures, lang: _head(pictures.get("alerts"), lang))
register_view("alerts-rows", ("alerts",), lambda p, lang: grid_rows(p.get("alerts"), lang), min_seconds=0.2, table=True)


def layout(lang: str | None = None, **query: str) -> Component:
    """Standing alerts, the map beside them, closed ones below; choice and filters stand in the address."""
    spoken, moment = language_of(lang), moment_in(query)
    rows = [] if moment.locked else stage.hub.draw("alerts-rows", spoken) or []
    viewer = WHO.get()
    me = viewer.name if viewer is not None else ""
    keys = {act: ALERT_LETTERS[act] for act in ACTS}
    port = stage.settings.port
    closed = tile(
        translate(spoken, "alert.closed_title"), grid("alerts-grid", tuple(CLOSED), [], spoken, shares=CLOSED),
        aside=translate(spoken, "alert.closed_span"), ages=False,
    )  # fmt: skip
    bar = act_bar(spoken, me, keys, may(Permission.ACT_ON_ALERTS), **{"data-of": GRID})
    standing = html.Section([
        view("alerts-head", spoken, "at-head", moment=moment),
        html.Div([bar, html.Div(id="alerts-answer", className="answer", role="status")], className="act-line"),
        alert_filters(GRID, me, spoken),
        alert_grid(GRID, rows, spoken, "alerts-rows"),
    ], className="tile alerts-table")  # fmt: skip
    opens = {"data-row-kind": "alert", "data-row-opens": "/alerts/{id}"}
    map_ = port_map(MAP, spoken, centre=port.centre, zoom=port.zoom)
    return page(
        spoken, "alerts", alert_tabs(spoken, "alerts"),
        html.Div(standing, className="place at-standing", **opens, **{"data-row-many": ""}),
        html.Div(tile(translate(spoken, "alert.map"), map_, ages=False), className="place at-map"),
        html.Div(closed, className="place at-closed", **{"data-row-opens": "/alerts/{id}"}),
        dcc.Store(id="alert-done"), dcc.Store(id="alerts-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("alerts-grid", "rowData"), Input("alert-done", "data"), Input("alerts-lang", "data"), MOMENT_INPUT,
    ADDRESS, State("alerts-lang", "data"),
)  # fmt: skip
async def show_closed(_: Any, __: str, told: str | None, search: str | None, lang: str) -> list[dict[str, Any]]:
    """Alerts closed in the days before the moment."""
    until = moment_of(told, search).now()
    rows = await asyncio.to_thread(stage.reads.alert_history, visitor(), until - BACK, until)
    return [_closed(row, lang) for row in reversed(rows) if row.state == "closed"]


def _closed(row: AlertRow, lang: str) -> dict[str, Any]:
    return {
        "key": f"{row.key}@{row.version}",
        "id": row.id,
        "level": translate(lang, f"level.{row.level}"),
        "what": alert_title(row, lang),
        "text": alert_text(row, lang),
        "closed": day_clock(row.closed_at),
        "by": row.closed_by or row.acknowledged_by or "–",
    }
