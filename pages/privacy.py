"""Privacy: what the cockpit holds of persons, why and how long; and who saw it or took it out.

Asks for ``AUDIT``: who saw what stands in the audit, and whoever manages accounts is not to read that about
themselves.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import dash
import msgspec
from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component

from components.grid import grid
from components.privacy import register_table
from components.tile import tile
from domain.accounts import POLICIES
from domain.permissions import Permission
from domain.viewer import Viewer
from layouts.language import language_of
from layouts.moment import moment_of
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._noted import row
from pages._visitor import ADDRESS, MOMENT_INPUT, callback, visitor

dash.register_page(__name__, path="/admin/privacy", name="privacy", title=page_title("privacy"), uses=("grid",))

BACK = timedelta(days=180)
MOST = 5000
COLUMNS = ("at", "who", "roles", "address", "act", "object", "result", "after")
ACTS = ("export", "login", "logout", "view")  # an act's name is one of these, or begins with it and a dot


def layout(lang: str | None = None, **_: str) -> Component:
    """The register, and beneath it a field for a person or subject with what the audit knows."""
    spoken = language_of(lang)
    told = stage.settings
    register = register_table(told.retention, POLICIES[told.access.policy], spoken)
    asked = dcc.Input(
        id="privacy-text", placeholder=translate(spoken, "privacy.search"), className="search", debounce=True,
        type="search",
    )  # fmt: skip
    note = html.P(translate(spoken, "privacy.limits"), className="once-note")
    return page(
        spoken, "privacy",
        html.Div(tile(translate(spoken, "privacy.register"), register, aside=translate(spoken, "privacy.made"),
                      ages=False), className="place"),
        html.Div(tile(translate(spoken, "privacy.who_saw"), [asked, note, grid("privacy-grid", COLUMNS, [], spoken)],
                      aside=translate(spoken, "audit.span"), ages=False), className="place"),
        dcc.Store(id="privacy-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.AUDIT,
    Output("privacy-grid", "rowData"), Input("privacy-text", "value"), MOMENT_INPUT, ADDRESS,
    State("privacy-lang", "data"),
)  # fmt: skip
async def show(text: str | None, told: str | None, search: str | None, lang: str) -> list[dict[str, Any]]:
    """Who logged in, looked or took out, as far as an entry names the person or subject typed."""
    until = moment_of(told, search).now()
    found = await asyncio.to_thread(_seen, visitor(), until, (text or "").strip().casefold())
    return [row(one, lang) for one in found]


def _seen(viewer: Viewer, until: datetime, text: str) -> list[Any]:
    read = [one for act in ACTS for one in stage.reads.audit(viewer, until - BACK, until, act, MOST)]
    kept = {one.seq: one for one in read if one.entry.what.partition(".")[0] in ACTS}  # the text may begin a name, too
    return [
        one for _, one in sorted(kept.items(), reverse=True)
        if text in msgspec.json.encode(one.entry).decode().casefold()
    ]  # fmt: skip
