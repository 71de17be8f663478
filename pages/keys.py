"""Keys of programs: made, shown once, revoked; for the security administrator."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.accounts import key_form, keys_table, once
from components.tile import tile
from domain.permissions import Permission
from layouts.language import language_of
from layouts.moment import LIVE
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._acts import Declined, codes, done
from pages._visitor import callback, visitor

dash.register_page(__name__, path="/admin/keys", name="keys", title=page_title("keys"))


def layout(lang: str | None = None, **_: str) -> Component:
    """The keys, and the form of a new one."""
    spoken = language_of(lang)
    form = [html.Div(id="keys-answer", className="answer", role="status"),
            html.Div(key_form(spoken), className="screen-form")]  # fmt: skip
    return page(
        spoken, "keys",
        html.Div(tile(translate(spoken, "page.keys"), html.Div(id="keys-table"), ages=False),
                 className="place at-list"),
        html.Div(tile(translate(spoken, "key.new"), form, ages=False), className="place at-form"),
        dcc.Store(id="keys-revoke"), dcc.Store(id="keys-turn", data=0), dcc.Store(id="keys-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.ACCOUNTS,
    Output("keys-table", "children"), Input("keys-turn", "data"), State("keys-lang", "data"),
)  # fmt: skip
async def show(turn: int, lang: str) -> Component:
    """The keys, after each act anew."""
    found = await asyncio.to_thread(stage.accounts.keys, visitor())
    return keys_table(found, LIVE.now(), lang)


@callback(
    Permission.ACCOUNTS,
    Output("keys-answer", "children"), Output("keys-turn", "data"),
    Input("keys-add", "n_clicks"), Input("keys-revoke", "data"), State("keys-turn", "data"),
    State("keys-lang", "data"), *(State(f"keys-{field}", "value") for field in ("name", "roles", "scope", "days")),
    prevent_initial_call=True,
)  # fmt: skip
async def act(
    clicks: int | None, picked: dict[str, str] | None, turn: int, lang: str,
    name: str | None, roles: list[str] | None, scope: str | None, days: str | None,
) -> Any:  # fmt: skip
    """Make a key and show it this once, or revoke one."""
    viewer, desk = visitor(), stage.accounts
    try:
        if ctx.triggered_id == "keys-revoke" and picked:
            await done(lang, desk.revoke_key, viewer, picked.get("value", ""))
            return translate(lang, "key.answer.revoked"), turn + 1
        if ctx.triggered_id != "keys-add" or not clicks:
            return dash.no_update, dash.no_update
        key, text = await done(lang, desk.add_key, viewer, name or "", roles or [], codes(scope), _days(days))
    except Declined as refusal:
        return html.P(str(refusal), className="refusal", role="alert"), dash.no_update
    return once(translate(lang, "key.for", name=key.name), text, lang), turn + 1


def _days(typed: str | None) -> int | None:
    """Days as typed; None for nothing; -1, which the desk refuses, for what is no number."""
    said = (typed or "").strip()
    if not said:
        return None
    return int(said) if said.isascii() and said.isdigit() and len(said) < 6 else -1
