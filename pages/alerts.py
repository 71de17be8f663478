"""Alerts: what stands, acknowledge and close it, and what was closed lately."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.alerts import alert_table, alert_text, alert_title, state_words
from components.format import sortable, stamp
from components.grid import grid
from components.tile import tile
from domain.alert_pictures import alert_id
from domain.errors import CockpitError, NotAllowedError
from domain.permissions import Permission
from domain.pictures import AlertRow
from layouts.alert_tabs import alert_tabs
from layouts.language import language_of
from layouts.moment import Moment, moment_in, moment_of
from layouts.shell import page, page_title, view
from layouts.stage import stage
from live.views import register_view
from locales import translate
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/alerts", name="alerts", title=page_title("alerts"), uses=("grid",))

BACK = timedelta(days=7)
COLUMNS = ("level", "what", "text", "opened", "closed", "by", "state")

register_view("alerts-standing", ("alerts",), lambda pictures, lang: alert_table(pictures.get("alerts"), lang))


def layout(lang: str | None = None, **query: str) -> Component:
    """Standing alerts above, closed ones below."""
    spoken, moment = language_of(lang), moment_in(query)
    closed = tile(
        translate(spoken, "alert.closed_title"), grid("alerts-grid", COLUMNS, [], spoken),
        aside=translate(spoken, "alert.closed_span"), ages=False,
    )  # fmt: skip
    return page(
        spoken, "alerts", alert_tabs(spoken, "alerts"),
        html.Div(id="alerts-answer", className="answer", role="status"),
        view("alerts-standing", spoken, "at-standing", moment=moment),
        html.Div(closed, className="place at-closed"),
        dcc.Store(id="alert-act"), dcc.Store(id="alerts-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.ACT_ON_ALERTS,
    Output("alerts-answer", "children"), Input("alert-act", "data"), MOMENT_STATE, ADDRESS,
    State("alerts-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def act(asked: dict[str, str] | None, told: str | None, search: str | None, lang: str) -> str:
    """Acknowledge or close, and say what came of it; nothing is done from a page that shows the past."""
    if not asked:
        return ""
    return await asyncio.to_thread(_act, visitor(), asked.get("value", ""), lang, moment_of(told, search))


@callback(
    Permission.LOOK,
    Output("alerts-grid", "rowData"), Input("alerts-answer", "children"), Input("alerts-lang", "data"), MOMENT_INPUT,
    ADDRESS,
)  # fmt: skip
async def show_closed(_: str | None, lang: str, told: str | None, search: str | None) -> list[dict[str, Any]]:
    """Alerts closed in the days before the moment."""
    until = moment_of(told, search).now()
    rows = await asyncio.to_thread(stage.reads.alert_history, visitor(), until - BACK, until)
    return [_closed(row, lang) for row in rows if row.state == "closed"]


def _act(viewer: Any, value: str, lang: str, moment: Moment) -> str:
    if moment.locked:
        return translate(lang, "alert.answer.not_live", time=stamp(moment.at, lang))
    step, _, rest = value.partition("|")
    version, _, key = rest.partition("|")
    if step not in ("acknowledge", "confirm", "close") or not version.isdigit():
        return translate(lang, "alert.answer.unknown")
    try:
        done = stage.desk.act(viewer, alert_id(key), step, int(version))
    except NotAllowedError:
        return translate(lang, "alert.answer.not_allowed")
    except CockpitError:
        return translate(lang, "alert.answer.lost")
    if done.refusal:
        return translate(lang, f"alert.step.{done.refusal}")
    return translate(lang, f"alert.answer.{step}", title=alert_title(done.row, lang), subject=done.row.subject)


def _closed(row: AlertRow, lang: str) -> dict[str, Any]:
    return {
        "key": f"{row.key}@{row.version}",
        "level": translate(lang, f"level.{row.level}"),
        "what": alert_title(row, lang),
        "text": alert_text(row, lang),
        "opened": sortable(row.opened_at),
        "closed": sortable(row.closed_at),
        "by": row.acknowledged_by or "–",
        "state": state_words(row, lang),
    }
