"""One's own account: who I am here, where I am logged in, password, authenticator, logging out."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.accounts import factor_words, roles_words, scope_words
from components.format import stamp
from components.sessions import passkeys_table, sessions_table, sure
from components.tile import empty, facts, tile
from domain.accounts import Account
from domain.permissions import Permission
from domain.viewer import Viewer
from layouts.language import language_of
from layouts.shell import page, page_title
from layouts.stage import stage
from locales import translate
from pages._acts import Declined, done
from pages._visitor import callback, visitor

dash.register_page(__name__, path="/account", name="account", title=page_title("account"))


def layout(lang: str | None = None, **_: str) -> Component:
    """Places for what is read when the page stands; in a demo the words that nobody logs in."""
    spoken = language_of(lang)
    if stage.settings.access.mode == "demo":
        words = tile(translate(spoken, "page.account"), empty(spoken, "no_logins"), ages=False)
        return page(spoken, "account", html.Div(words, className="place at-me"))
    others = sure(translate(spoken, "session.end_others"), translate(spoken, "session.end_others_why"), spoken,
                  button="account-others")  # fmt: skip
    out = html.Form(html.Button(translate(spoken, "account.log_out"), type="submit"), action="/logout", method="POST")
    ways = html.Div([html.Div(id="account-ways", className="ways"), out], className="ways")
    mine = [html.Div(id="account-me"), html.Div(id="account-passkeys"), ways]
    listed = [html.Div(id="account-sessions"), others, html.Div(id="account-answer", className="answer", role="status")]
    return page(
        spoken, "account",
        html.Div(tile(translate(spoken, "page.account"), mine, ages=False), className="place at-me"),
        html.Div(tile(translate(spoken, "session.mine"), listed, ages=False), className="place at-sessions"),
        dcc.Store(id="account-end"), dcc.Store(id="account-passkey"), dcc.Store(id="account-turn", data=0),
        dcc.Store(id="account-lang", data=spoken),
    )  # fmt: skip


def _ways(account: Account, lang: str) -> list[Component]:
    """What can be changed: whoever another vouches for may have no password here."""
    ways = (("change_password", "password", bool(account.password)), ("new_authenticator", "enrol", True))
    return [
        html.A(translate(lang, f"account.{name}"), href=f"/login/{path}?next=/account", className="way")
        for name, path, theirs in ways
        if theirs
    ]


@callback(
    Permission.ENTER,
    Output("account-me", "children"), Output("account-passkeys", "children"), Output("account-ways", "children"),
    Output("account-sessions", "children"),
    Input("account-turn", "data"), State("account-lang", "data"),
)  # fmt: skip
async def show(_: int, lang: str) -> Any:
    """Who I am and where I am logged in, after each act anew."""
    viewer = visitor()
    account = await asyncio.to_thread(stage.accounts.mine, viewer)
    if account is None:
        return empty(lang, "no_account"), None, [], []
    rows = await asyncio.to_thread(stage.accounts.sessions, viewer, viewer.name)
    keys = passkeys_table(account.passkeys, "account-passkey", lang)
    table = sessions_table(rows, viewer.session, "account-end", lang, names=False)
    return _me(account, viewer, lang), keys, _ways(account, lang), table


def _me(account: Account, viewer: Viewer, lang: str) -> Component:
    before = account.logins[1] if len(account.logins) > 1 else None
    told = [
        ("name", account.name), ("title", account.title or "–"), ("roles", roles_words(account.roles, lang)),
        ("scope", scope_words(account.scope, lang)), ("factor", factor_words(account, lang)),
        ("codes_left", str(len(account.recovery))), ("password_at", stamp(account.password_at, lang)),
        ("login", stamp(account.logins[0] if account.logins else None, lang)),
        ("login_before", stamp(before, lang)), ("address", viewer.address),
    ]  # fmt: skip
    return facts([(translate(lang, f"account.fact.{name}"), value) for name, value in told])


@callback(
    Permission.ENTER,
    Output("account-answer", "children"), Output("account-turn", "data"),
    Input("account-others", "n_clicks"), Input("account-end", "data"), Input("account-passkey", "data"),
    State("account-turn", "data"), State("account-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def act(
    others: int | None, picked: dict[str, str] | None, key: dict[str, str] | None, turn: int, lang: str
) -> Any:
    """End one session or all others, or take a passkey back, and say so."""
    viewer, desk = visitor(), stage.accounts
    if not others and not picked and not key:
        return dash.no_update, dash.no_update
    try:
        if ctx.triggered_id == "account-others":
            ended = await done(lang, desk.end_others, viewer)
            return translate(lang, "session.ended_others", n=ended), turn + 1
        if ctx.triggered_id == "account-passkey":
            await done(lang, desk.forget_passkey, viewer, (key or {}).get("value", ""))
            return translate(lang, "passkey.forgotten"), turn + 1
        await done(lang, desk.end, viewer, (picked or {}).get("value", ""))
    except Declined as refusal:
        return str(refusal), turn + 1
    return translate(lang, "session.ended"), turn + 1
