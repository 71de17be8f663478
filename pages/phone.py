"""The phone: figures, alerts to acknowledge, one declaration, one vehicle; nothing heavy before a chart."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.alert_cards import alert_cards
from components.alert_grid import act_data
from components.format import stamp
from components.tile import empty, tile
from components.timeline import timeline
from components.track import track_words
from domain.permissions import Permission
from domain.viewer import WHO
from layouts.language import language_of
from layouts.moment import LIVE, Moment, moment_in, moment_of
from layouts.shell import page, page_title, view
from layouts.stage import may, stage
from layouts.thumbs import PHONE, part_id
from live.views import register_view
from locales import translate
from pages._unmask import offered, opens
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path=PHONE, name="phone", title=page_title("phone"))

BACK = timedelta(hours=2)
opens("phone")
register_view("alerts-cards", ("alerts",), lambda pictures, lang: alert_cards(pictures.get("alerts"), lang))


def layout(lang: str | None = None, no: str | None = None, vehicle: str | None = None, **query: str) -> Component:
    """Four parts, of which the address behind the # shows one; ``?no=`` and ``?vehicle=`` fill in what is looked up."""
    spoken, moment = language_of(lang), moment_in(query)
    return page(
        spoken, "phone",
        html.Section(view("overview-kpis", spoken, moment=moment), id=part_id("kpis")),
        html.Section(
            [
                html.Div(id="alerts-answer", className="answer", role="status"),
                view("alerts-cards", spoken, moment=moment),
            ],
            id=part_id("alerts"), **_acts(spoken),
        ),
        html.Section(
            [
                _search("phone-no", "inspection.search", no, spoken),
                html.Div(_declaration(None, "", spoken, LIVE), id="phone-one-declaration"),
            ],
            id=part_id("declaration"),
        ),
        html.Section(
            [
                _search("phone-plate", "phone.plate", vehicle, spoken),
                html.Div(_vehicle("", [], spoken, LIVE), id="phone-one-vehicle"),
            ],
            id=part_id("vehicle"),
        ),
        dcc.Store(id="phone-lang", data=spoken),
    )  # fmt: skip


def _acts(lang: str) -> dict[str, str]:
    """What the buttons of the cards need; nothing for who may not act, and styles leave the buttons out."""
    viewer = WHO.get()
    return act_data(lang, viewer.name if viewer is not None else "") if may(Permission.ACT_ON_ALERTS) else {}


def _search(name: str, words: str, value: str | None, lang: str) -> Component:
    said = translate(lang, words)
    # Two letters found is one request: debounce waits for the return key or for leaving the field.
    return html.Label(
        [html.Span(said, className="unseen"), dcc.Input(
            id=name, value=value or "", debounce=True, placeholder=said, className="search", type="search",
            autoComplete="off",
        )],
        className="phone-search",
    )  # fmt: skip


@callback(
    Permission.LOOK,
    Output("phone-one-declaration", "children"), Input("phone-no", "value"), MOMENT_INPUT, ADDRESS,
    State("phone-lang", "data"),
)  # fmt: skip
async def show_declaration(no: str | None, told: str | None, search: str | None, lang: str) -> Component:
    """One declaration's nodes, as far as it had come at the moment."""
    wanted, moment = (no or "").strip(), moment_of(told, search)
    ask = stage.reads.inspection
    row = await asyncio.to_thread(ask, visitor(), wanted, moment.at, moment.known) if wanted else None
    return _declaration(row, wanted, lang, moment)


@callback(
    Permission.LOOK,
    Output("phone-one-vehicle", "children"), Input("phone-plate", "value"), MOMENT_INPUT, ADDRESS,
    State("phone-lang", "data"),
)  # fmt: skip
async def show_vehicle(plate: str | None, told: str | None, search: str | None, lang: str) -> Component:
    """Where one vehicle went in the two hours before the moment."""
    typed, moment, viewer = (plate or "").strip(), moment_of(told, search), visitor()
    if typed and stage.aliases is not None:
        typed = await asyncio.to_thread(stage.aliases.sought, viewer, typed)
    wanted = vehicle_named(typed)
    fixes = await asyncio.to_thread(_fixes, viewer, wanted, moment) if wanted else []
    return _vehicle(wanted if stage.aliases is not None else typed, fixes, lang, moment, viewer)


def _declaration(row: Any, wanted: str, lang: str, moment: Moment) -> Component:
    if row is not None:
        body = timeline(row, lang)
    else:
        unknown = "no_declaration" if moment.at is None else "no_declaration_then"
        when = stamp(moment.at, lang)
        body = empty(lang, unknown, no=wanted, time=when) if wanted else empty(lang, "pick_declaration")
    return tile(translate(lang, "inspection.timeline"), body, ages=False)


def vehicle_named(words: str) -> str:
    """Id of the vehicle whose plate or id is, or ends with, the words; the words themselves when there is none."""
    picture = stage.hub.current("vehicles")
    wanted = words.upper()
    if picture is None or not wanted:
        return words
    names = [(str(label or key).upper(), str(key)) for label, key in zip(picture.labels, picture.ids, strict=True)]
    exact = [key for name, key in names if wanted in (name, key.upper())]
    return next(iter(exact or [key for name, key in names if name.endswith(wanted)]), words)


def _fixes(viewer: Any, subject: str, moment: Moment) -> list[Any]:
    until = moment.now()
    return list(stage.reads.track(viewer, "vehicles", subject, until - BACK, until, moment.at, moment.known))


def _vehicle(wanted: str, fixes: list[Any], lang: str, moment: Moment, viewer: Any = None) -> Component:
    with moment.drawn(None):
        body = track_words(fixes, "vehicles", wanted, lang) if wanted else empty(lang, "phone_vehicle")
        body = [*offered("phone", wanted, viewer, lang), *(body if isinstance(body, list) else [body])]
    return tile(translate(lang, "phone.vehicle"), body, ages=False)
