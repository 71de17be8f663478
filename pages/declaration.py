"""One declaration: everything about it on one page, printable, as of any moment."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.declaration import declaration_clock, declaration_head
from components.declaration_parts import (
    declaration_alerts,
    declaration_boxes,
    declaration_papers,
    declaration_samples,
    declaration_way,
)
from components.format import stamp
from components.port_map import still_map
from components.still import still
from components.tile import empty, skeleton, tile
from components.track import track_bounds, track_line
from domain.declaration_file import DeclarationFile
from domain.permissions import Permission
from layouts.inspection_tabs import inspection_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_in, moment_of
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._unmask import offered, opens
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(
    __name__, path_template="/inspections/<declaration>", name="declaration", title=page_title("declaration")
)

TICK = "declaration-tick"
EVERY_MS = 20_000  # a live file is read again so often

opens("declaration")


def layout(declaration: str = "", lang: str | None = None, **query: str) -> Component:
    """The frame; what stands in it is read when the page is there."""
    spoken, moment = language_of(lang), moment_in(query)
    why = translate(spoken, "empty.reading" if moment.locked else "declaration.reading", time=stamp(moment.at, spoken))
    return page(
        spoken, "declaration", inspection_tabs(spoken, "declaration"),
        html.Div(skeleton(why, rows=12), id="declaration-file", className="declaration-file"),
        html.Div(id="declaration-way", className="place at-way"),
        dcc.Interval(id=TICK, interval=EVERY_MS), dcc.Store(id="declaration-shown"),
        dcc.Store(id="declaration-no", data=declaration), dcc.Store(id="declaration-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("declaration-file", "children"), Output("declaration-way", "children"), Output("declaration-shown", "data"),
    Input("declaration-no", "data"), MOMENT_INPUT, Input(TICK, "n_intervals"), ADDRESS,
    State("declaration-shown", "data"), State("declaration-lang", "data"),
)  # fmt: skip
async def show(no: str, told: str | None, _: int | None, search: str | None, shown: str | None, lang: str) -> Any:
    """The file as of the moment; the map stays in the reader's hands until the way on it is another."""
    moment = moment_of(told, search)
    ticked = dash.ctx.triggered_id == TICK
    if ticked and moment.locked:
        return no_update, no_update, no_update
    return await asyncio.to_thread(_show, visitor(), no, moment, shown if ticked else None, lang)


def _show(viewer: Any, no: str, moment: Moment, shown: str | None, lang: str) -> Any:
    told = stage.settings
    days, limit = told.inspections.baseline_days, told.limits.confirm_wait_minutes
    file = stage.reads.declaration_file(viewer, no.strip(), moment.at, moment.known, days, limit)
    with moment.drawn(stage.reads.oldest(viewer) if moment.at is not None else None):
        if file is None:
            return _unknown(no, moment, lang), None, ""
        way = f"{file.truck}|{len(file.way)}|{file.way[-1].at if file.way else ''}"
        drawn = still(_drawn(file, lang))
        return drawn, no_update if way == shown else _way(file, viewer, lang), way


def _unknown(no: str, moment: Moment, lang: str) -> Component:
    """Of what is not there and of what is somebody else's the same is said."""
    code = "declaration_unknown" if moment.at is None else "no_declaration_then"
    said = empty(lang, code, no=no, time=stamp(moment.at, lang))
    back = dcc.Link(translate(lang, "declaration.back"), href="/inspections", className="way")
    return tile(translate(lang, "page.declaration"), [said, back], ages=False, name="declaration-unknown")


def _drawn(file: DeclarationFile, lang: str) -> list[Component]:
    parts = {
        "head": declaration_head, "clock": declaration_clock, "boxes": declaration_boxes,
        "papers": declaration_papers, "samples": declaration_samples, "alerts": declaration_alerts,
    }  # fmt: skip
    return [html.Div(draw(file, lang), className=f"place at-{name}") for name, draw in parts.items()]


def _way(file: DeclarationFile, viewer: Any, lang: str) -> Component:
    fixes = [(fix.at, fix.lon, fix.lat, fix.speed_kmh) for fix in file.way]
    bounds = track_bounds(fixes)
    body = [*offered("declaration", file.truck, viewer, lang), still(declaration_way(file, lang))]
    if bounds is not None:
        port = stage.settings.port
        drawn = still_map("declaration-map", lang, bounds, track_line(fixes), centre=port.centre, zoom=port.zoom)
        body.append(html.Div(drawn, className="way-map"))
    return tile(translate(lang, "declaration.way"), body, ages=False)
