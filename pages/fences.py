"""Electronic fences: drawn and edited on the map, listed, with who drew which version."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component

from components.fences import (
    Version,
    feature_of,
    fence_corners,
    fence_form,
    fence_history,
    fence_list,
    fence_shapes,
    why,
)
from components.port_map import still_map
from components.tile import tile
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.fences import Fence, FenceError
from domain.permissions import Permission
from layouts.alert_tabs import alert_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/alerts/fences", name="fences", title=page_title("fences"), uses=("map",))

VERSIONS = 60
FIELDS = ("name", "kind", "limit", "applies", "corners")


def layout(lang: str | None = None, **query: str) -> Component:
    """Map, list and history; for those who may draw the form."""
    spoken, port, ground = language_of(lang), stage.settings.port, stage.fences.ground
    shown = still_map("fences-map", spoken, fence_corners([], (ground.west, ground.south, ground.east, ground.north)),
                      [], centre=port.centre, zoom=port.zoom)  # fmt: skip
    form = html.Div(fence_form(None, spoken), id="fence-form", className="screen-form")
    answer = html.Div(id="fence-answer", className="answer", role="status")
    draws = tile(translate(spoken, "fence.draw"), [form, answer], ages=False)
    return page(
        spoken, "fences", alert_tabs(spoken, "fences"),
        html.Div(html.Section(shown, className="tile map fence-map", **{"aria-label": translate(spoken, "fence.map")}),
                 className="place at-map"),
        html.Div(id="fence-list", className="place at-list"),
        html.Div(id="fence-history", className="place at-history"),
        html.Div(draws if may(Permission.RULES) else None, className="place at-form"),
        dcc.Store(id="fence-pick"), dcc.Store(id="fence-picked"), dcc.Store(id="fences-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("fences-map", "children"), Output("fence-list", "children"), Output("fence-history", "children"),
    Input("fence-picked", "data"), MOMENT_INPUT, ADDRESS, State("fences-lang", "data"),
)  # fmt: skip
async def show(picked: dict[str, Any] | None, told: str | None, search: str | None, lang: str) -> Any:
    """The fences in force at the moment, and versions: of the one picked, else of all."""
    fences, versions = await asyncio.to_thread(_fences, visitor(), moment_of(told, search), (picked or {}).get("id"))
    chosen = (picked or {}).get("id", "")
    pen = chosen if may(Permission.RULES) else ""
    return fence_shapes(fences, lang, pen), fence_list(fences, lang, chosen), fence_history(versions, lang)


def _fences(viewer: Any, moment: Moment, fence_id: str | None) -> tuple[list[Fence], list[Version]]:
    drawn = stage.reads.fences(viewer, moment.at, moment.known)
    until = moment.now()
    versions = [one for one in stage.reads.fence_history(viewer, fence_id or None, VERSIONS) if one.at <= until]
    return [one.fence for one in drawn], [(one.fence, one.at, one.who) for one in versions]


@callback(
    Permission.RULES,
    Output("fence-form", "children"), Output("fence-picked", "data"),
    Input("fence-pick", "data"), State("fences-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def pick(picked: dict[str, str] | None, lang: str) -> Any:
    """The form of the fence picked, or of a new one."""
    key = (picked or {}).get("value", "")
    fence = await asyncio.to_thread(_one, visitor(), key) if key else None
    return fence_form(fence, lang), _picked(fence)


def _one(viewer: Any, key: str) -> Fence | None:
    return next((one.fence for one in stage.reads.fences(viewer) if one.fence.fence_id == key), None)


def _picked(fence: Fence | None) -> dict[str, Any]:
    return {"id": fence.fence_id, "version": fence.version} if fence is not None else {"id": "", "version": 0}


@callback(
    Permission.RULES,
    Output("fence-answer", "children"), Output("fence-pick", "data"),
    Input("fence-save", "n_clicks"), Input("fence-retire", "n_clicks"),
    State("fence-picked", "data"), State("fences-lang", "data"), MOMENT_STATE, ADDRESS,
    *(State(f"fence-{field}", "value") for field in FIELDS), prevent_initial_call=True,
)  # fmt: skip
async def act(*given: Any) -> Any:
    """Keep what was drawn, or take a fence out of force; and say what came of it."""
    (saved, retired, picked, lang, told, search), fields = given[:6], dict(zip(FIELDS, given[6:], strict=True))
    if not (saved or retired):
        return no_update, no_update
    retires = ctx.triggered_id == "fence-retire"
    asked = (visitor(), picked or {"id": "", "version": 0}, None if retires else fields, moment_of(told, search), lang)
    words, fence = await asyncio.to_thread(_act, *asked)
    return words, no_update if fence is None else {"value": "" if retires else fence.fence_id, "n": fence.version}


def _act(
    viewer: Any, picked: dict[str, Any], fields: dict[str, Any] | None, moment: Moment, lang: str
) -> tuple[str, Fence | None]:
    if moment.locked:
        return translate(lang, "fence.error.not_live"), None
    try:
        if fields is None:
            fence = stage.fences.retire(viewer, picked["id"], picked["version"])
            return translate(lang, "fence.answer.retired", name=fence.name), fence
        fence = stage.fences.save(viewer, feature_of(fields), picked["id"], picked["version"])
    except FenceError as error:
        return why(error, lang), None
    except NotAllowedError:
        return translate(lang, "fence.error.not_allowed"), None
    except StoreUnavailableError:
        return translate(lang, "fence.error.store"), None
    return translate(lang, "fence.answer.saved", name=fence.name, version=fence.version), fence
