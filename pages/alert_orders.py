"""Orders to agencies over all alerts: what each was asked, how far it is, by when, and every step in its place."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import dash
import msgspec
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.alert_grid import act_data
from components.orders import orders_counts, orders_table
from components.past import locked
from components.tile import tile
from domain.dispatch import AGENCIES
from domain.dispatch_board import RECENT, VIEWS, arranged, counted
from domain.permissions import Permission
from domain.viewer import WHO
from layouts.alert_tabs import alert_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/alerts/orders", name="alert_orders", title=page_title("alert_orders"))

EVERY_MS = 5_000


def layout(lang: str | None = None, **query: str) -> Component:
    """Choices of the address (``?agency=customs&orders=late``), and places for what is read."""
    spoken, viewer = language_of(lang), WHO.get()
    name = viewer.name if viewer is not None else ""
    acts = act_data(spoken, name) if may(Permission.ACT_ON_ALERTS) else {}
    choices = [
        _choice("agency", [(code, translate(spoken, f"agency.{code}")) for code in AGENCIES], query, spoken),
        _choice("orders", [(view, translate(spoken, f"dispatch.view.{view}")) for view in VIEWS], query, spoken),
    ]
    shown = tile(
        translate(spoken, "dispatch.title"),
        [html.Div(choices, className="filters"), html.Div(id="alerts-answer", className="answer", role="status"),
         html.Div(id="orders-shown", className="orders-shown")],
        aside=html.Div(id="orders-counts"), ages=False,
    )  # fmt: skip
    return page(
        spoken, "alert_orders", alert_tabs(spoken, "alert_orders"),
        html.Div(shown, className="place at-orders", **acts),
        dcc.Interval(id="orders-tick", interval=EVERY_MS), dcc.Store(id="alert-done"), dcc.Store(id="orders-digest"),
        dcc.Store(id="orders-lang", data=spoken),
    )  # fmt: skip


def _choice(name: str, words: list[tuple[str, str]], query: dict[str, str], lang: str) -> Component:
    asked, title = query.get(name, ""), translate(lang, f"dispatch.choice.{name}")
    options = [{"value": "", "label": translate(lang, "dispatch.choice.all")}]
    inner = dcc.RadioItems(
        id=f"orders-by-{name}", value=asked if asked in dict(words) else "", className="segments",
        options=options + [{"value": value, "label": label} for value, label in words],
    )  # fmt: skip
    return html.Div([html.Span(title), inner], role="group", **{"aria-label": title, "data-chosen": name})


@callback(
    Permission.LOOK,
    Output("orders-shown", "children"), Output("orders-counts", "children"), Output("orders-digest", "data"),
    Input("orders-by-agency", "value"), Input("orders-by-orders", "value"), Input("orders-tick", "n_intervals"),
    Input("alert-done", "data"), MOMENT_INPUT, ADDRESS, State("orders-digest", "data"), State("orders-lang", "data"),
)  # fmt: skip
async def show(
    agency: str | None, view: str | None, _: int | None, __: Any, told: str | None, search: str | None,
    drawn: str | None, lang: str,
) -> Any:  # fmt: skip
    """The orders as chosen, as of the moment; what did not change stays in the reader's hands."""
    moment = moment_of(told, search)
    again = dash.ctx.triggered_id == "orders-tick"
    if again and moment.locked:
        return (no_update,) * 3
    chosen = agency if agency in AGENCIES else "", view if view in VIEWS else ""
    return await asyncio.to_thread(_show, visitor(), moment, chosen, drawn if again else None, lang)


def _show(viewer: Any, moment: Moment, chosen: tuple[str, str], drawn: str | None, lang: str) -> Any:
    now, receive = moment.now(), stage.settings.alerts.receive_minutes
    found = stage.reads.dispatched(viewer, now - RECENT, moment.at, moment.known)
    rows, counts = arranged(found, receive, now, *chosen), counted(found, receive, now)
    minute = now.isoformat(timespec="minutes")  # lateness is told by the minute
    digest = hashlib.sha256(msgspec.json.encode((rows, counts, minute))).hexdigest()[:16]
    if digest == drawn:
        return (no_update,) * 3
    with moment.drawn(stage.reads.oldest(viewer) if moment.at is not None else None):
        why = locked(lang)
        shut = bool(why) or not viewer.may(Permission.ACT_ON_ALERTS)
        table = orders_table(rows, receive, shut, lang, now)
        note = [html.P(why, className="locked", role="note")] if why else []
        return [*note, table], orders_counts(counts, lang), digest
