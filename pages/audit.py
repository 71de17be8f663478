"""The audit: who did what, when, from where, before and after; read by the auditor, changed by nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import dash
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.grid import grid
from components.tile import tile
from domain.permissions import Permission
from layouts.language import language_of
from layouts.moment import moment_of
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._noted import COLUMNS, row
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/admin/audit", name="audit", title=page_title("audit"), uses=("grid",))

BACK = timedelta(days=180)
MOST = 5000


def layout(lang: str | None = None, **_: str) -> Component:
    """A field to search in, and the newest entries."""
    spoken = language_of(lang)
    asked = dcc.Input(
        id="audit-text", placeholder=translate(spoken, "audit.search"), className="search", debounce=True, type="search"
    )
    table = grid("audit-grid", COLUMNS, [], spoken)
    shown = tile(translate(spoken, "page.audit"), [asked, table], aside=translate(spoken, "audit.span"), ages=False)
    return page(spoken, "audit", html.Div(shown, className="place"), dcc.Store(id="audit-lang", data=spoken))


@callback(
    Permission.AUDIT,
    Output("audit-grid", "rowData"), Input("audit-text", "value"), MOMENT_INPUT, ADDRESS, State("audit-lang", "data"),
)  # fmt: skip
async def show(text: str | None, told: str | None, search: str | None, lang: str) -> list[dict[str, Any]]:
    """Entries of half a year before the moment that begin with the text."""
    until = moment_of(told, search).now()
    found = await asyncio.to_thread(stage.reads.audit, visitor(), until - BACK, until, (text or "").strip(), MOST)
    return [row(one, lang) for one in found]
