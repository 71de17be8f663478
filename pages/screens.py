"""Screens: how every screen of the walls is doing, and what it shows; set from here."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.accounts import once
from components.screens import screen_form, screens_tile
from components.tile import tile
from domain.errors import CockpitError, NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from domain.screen_pictures import ScreenRow
from layouts.language import language_of
from layouts.moment import Moment, moment_in, moment_of
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import known, translate
from pages._acts import HERE, Declined, address, done
from pages._visitor import ADDRESS, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/screens", name="screens", title=page_title("screens"))

FIELDS = ("name", "wall", "part", "scene", "role", "palette", "brightness", "sounds", "distance", "pitch")
ACTS = ("set", "identify", "test_sound", "reload", "forget", "bind", "unbind")


def _table(pictures: Mapping[str, Any], lang: str) -> Component:
    return screens_tile(pictures.get("screens"), stage.settings.wall, lang)


register_view("screens-table", ("screens",), _table)


def layout(lang: str | None = None, **query: str) -> Component:
    """Table of screens, and the form of the one picked."""
    spoken, moment = language_of(lang), moment_in(query)
    form = html.Div(screen_form(None, stage.settings.wall, spoken), id="screens-form", className="screen-form")
    new = html.Div(
        [
            dcc.Input(id="screens-new", placeholder=translate(spoken, "screen.new"), className="search", debounce=True),
            html.Div(id="screens-answer", className="answer", role="status"),
        ]
    )
    return page(
        spoken, "screens",
        view("screens-table", spoken, "at-screens", moment=moment),
        html.Div(tile(translate(spoken, "screen.set_title"), [new, form], ages=False), className="place at-form"),
        dcc.Store(id="screen-pick"), dcc.Store(id="screens-picked"), dcc.Store(id="screens-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.ACT_ON_SCREENS,
    Output("screens-form", "children"), Output("screens-picked", "data"),
    Input("screen-pick", "data"), Input("screens-new", "value"), Input("screens-answer", "children"),
    State("screens-picked", "data"), State("screens-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def show_form(
    picked: dict[str, str] | None, new: str | None, _: Any, shown: dict[str, Any] | None, lang: str
) -> Any:
    """The form of the screen picked, typed, or just set."""
    by = {"screen-pick": (picked or {}).get("value", ""), "screens-new": (new or "").strip().lower()}
    key = by.get(str(ctx.triggered_id), (shown or {}).get("key", ""))
    row = _row(key) if key else None
    bound = await asyncio.to_thread(stage.accounts.bound, visitor()) if key and _binds() else {}
    form = screen_form(row, stage.settings.wall, lang, bound.get(key), _binds())
    return form, {"key": key, "version": row.version if row else None}


def _binds() -> bool:
    """Whether a browser must be bound to be a screen; in a demo any may be."""
    return bool(stage.settings.access.mode != "demo")


@callback(
    Permission.ACT_ON_SCREENS,
    Output("screens-answer", "children"),
    *(Input(f"screens-{act}", "n_clicks") for act in ACTS),
    State("screens-picked", "data"), State("screens-lang", "data"), MOMENT_STATE, ADDRESS,
    HERE, *(State(f"screens-field-{field}", "value") for field in FIELDS), prevent_initial_call=True,
)  # fmt: skip
async def act(*given: Any) -> Any:
    """Set a screen, show its name on it, load it anew, forget or bind it; and say what came of it."""
    clicks, (picked, lang, told, search, href) = given[: len(ACTS)], given[len(ACTS) : -len(FIELDS)]
    if not any(clicks) or not picked or not picked.get("key"):
        return dash.no_update
    wanted = str(ctx.triggered_id).removeprefix("screens-")
    if wanted == "bind":
        return await _bind(picked["key"], lang, href)
    fields = dict(zip(FIELDS, given[-len(FIELDS) :], strict=True))
    return await asyncio.to_thread(_act, visitor(), wanted, picked, fields, lang, moment_of(told, search))


async def _bind(key: str, lang: str, href: str | None) -> Any:
    """The link to open in the browser that is to be the screen; shown once."""
    try:
        secret = await done(lang, stage.accounts.invite_screen, visitor(), key)
    except Declined as refusal:
        return str(refusal)
    return once(translate(lang, "screen.bind_with", screen=key), address(href, f"/bind/{secret}"), lang, picture=True)


def _act(viewer: Any, wanted: str, picked: dict[str, Any], fields: dict[str, Any], lang: str, moment: Moment) -> str:
    if moment.locked:
        return translate(lang, "screen.error.not_live")
    key, desk = picked["key"], stage.screens
    try:
        if wanted == "set":
            desk.set(viewer, key, _changes(fields), picked.get("version") if _there(key) else None)
        elif wanted == "unbind":
            stage.accounts.unbind(viewer, key)
        else:
            acts = {"identify": desk.name, "test_sound": desk.test_sound, "reload": desk.reload, "forget": desk.forget}
            acts[wanted](viewer, key)
    except NotAllowedError:
        return translate(lang, "screen.error.not_allowed")
    except StoreUnavailableError:
        return translate(lang, "screen.error.store")
    except (CockpitError, ValueError) as error:
        code = f"screen.error.{getattr(error, 'code', 'value')}"
        return translate(lang, code if known(code) else "screen.error.value")
    return translate(lang, f"screen.answer.{wanted}", screen=key)


def _changes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the desk takes them.

    Raises:
        ValueError: a number that is none.
    """
    words = {name: str(fields[name] or "").strip() for name in ("name", "wall", "part", "scene", "role", "palette")}
    return {
        **words, "brightness": float(fields["brightness"] or 0), "sounds": bool(fields["sounds"]),
        "distance_metres": _number(fields["distance"]), "pixel_pitch_mm": _number(fields["pitch"]),
    }  # fmt: skip


def _number(said: Any) -> float:
    value = float(str(said).strip()) if str(said or "").strip() else 0.0
    if not math.isfinite(value):
        raise ValueError("not a number")
    return value


def _there(key: str) -> bool:
    picture = stage.hub.current("screens")
    return any(row.key == key for row in (picture.rows if picture is not None else []))


def _row(key: str) -> ScreenRow:
    """The row of a screen; a new one for an identity nobody has seen yet."""
    picture = stage.hub.current("screens")
    return next((row for row in (picture.rows if picture is not None else []) if row.key == key), ScreenRow(key=key))
