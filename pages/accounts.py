"""Accounts: who may log in and as what, and who is in; for the security administrator."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import dash
import msgspec
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.accounts import account_form, accounts_table, once
from components.sessions import sessions_table
from components.tile import tile
from domain.accounts import Account, Session
from domain.permissions import Permission
from domain.viewer import Viewer
from layouts.language import language_of
from layouts.moment import LIVE
from layouts.shell import page, page_title
from layouts.stage import AccountDesk, stage
from locales import translate
from pages._acts import HERE, Declined, address, codes, done
from pages._visitor import callback, visitor

dash.register_page(__name__, path="/admin/accounts", name="accounts", title=page_title("accounts"))

ACTS = ("add", "set", "on", "off", "unlock", "reset")
FIELDS = ("name", "title", "roles", "scope")


class Form(msgspec.Struct, frozen=True):
    """What stands in the form: texts as typed, None where nothing was."""

    name: str | None
    title: str | None
    roles: list[str] | None
    scope: str | None


def layout(lang: str | None = None, **_: str) -> Component:
    """All accounts, the form of the one picked or of a new one, and everybody's sessions."""
    spoken = language_of(lang)
    new = html.Button(
        translate(spoken, "account.new"), className="account-new",
        **{"data-pick": "accounts-pick", "data-value": ""},
    )  # fmt: skip
    form = [new, html.Div(id="accounts-answer", className="answer", role="status"),
            html.Div(account_form(None, spoken), id="accounts-form", className="screen-form")]  # fmt: skip
    listed = [html.Div(id="accounts-ended", className="answer", role="status"), html.Div(id="accounts-sessions")]
    return page(
        spoken, "accounts",
        html.Div(tile(translate(spoken, "page.accounts"), html.Div(id="accounts-table"), ages=False),
                 className="place at-list"),
        html.Div(tile(translate(spoken, "account.form"), form, ages=False), className="place at-form"),
        html.Div(tile(translate(spoken, "session.everybody"), listed, ages=False), className="place at-sessions"),
        dcc.Store(id="accounts-pick"), dcc.Store(id="accounts-picked"), dcc.Store(id="accounts-end"),
        dcc.Store(id="accounts-turn", data=0), dcc.Store(id="accounts-ends", data=0),
        dcc.Store(id="accounts-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.ACCOUNTS,
    Output("accounts-table", "children"), Output("accounts-sessions", "children"),
    Input("accounts-turn", "data"), Input("accounts-ends", "data"), State("accounts-lang", "data"),
)  # fmt: skip
async def show(turn: int, ends: int, lang: str) -> Any:
    """The tables, after each act anew."""
    viewer, desk = visitor(), stage.accounts
    accounts: list[Account] = await asyncio.to_thread(desk.accounts, viewer)
    rows: Sequence[tuple[Session, str]] = await asyncio.to_thread(desk.sessions, viewer)
    seen = {one.account_id: one.seen_at for one, _ in reversed(rows)}  # newest first, so the newest stays
    return (
        accounts_table(accounts, seen, LIVE.now(), lang),
        sessions_table(rows, viewer.session, "accounts-end", lang),
    )


@callback(
    Permission.ACCOUNTS,
    Output("accounts-form", "children"), Output("accounts-picked", "data"),
    Input("accounts-pick", "data"), Input("accounts-turn", "data"),
    State("accounts-picked", "data"), State("accounts-lang", "data"), prevent_initial_call=True,
)  # fmt: skip
async def show_form(
    picked: dict[str, str] | None, turn: int, shown: dict[str, Any] | None, lang: str
) -> tuple[list[Component], dict[str, Any]]:
    """The form of the account picked or just changed, as it stands now; else that of a new one."""
    wanted = (picked or {}).get("value") if ctx.triggered_id == "accounts-pick" else (shown or {}).get("id")
    found = await asyncio.to_thread(stage.accounts.accounts, visitor())
    one = next((account for account in found if account.account_id == wanted), None)
    told = {"id": one.account_id, "version": one.version, "name": one.name} if one else {}
    return account_form(one, lang, turn), told


@callback(
    Permission.ACCOUNTS,
    Output("accounts-answer", "children"), Output("accounts-turn", "data"),
    *(Input(f"accounts-{act}", "n_clicks") for act in ACTS), Input("accounts-pick", "data"),
    State("accounts-picked", "data"), State("accounts-turn", "data"), State("accounts-lang", "data"), HERE,
    *(State(f"accounts-{field}", "value") for field in FIELDS), prevent_initial_call=True,
)  # fmt: skip
async def act(*given: Any) -> Any:
    """Do what was asked; say what came of it, with the link to hand over where there is one."""
    clicks, (picked, turn, lang, href), fields = given[: len(ACTS)], given[len(ACTS) + 1 : -4], Form(*given[-4:])
    if ctx.triggered_id == "accounts-pick":
        return "", dash.no_update  # a link shown once goes with the account it was for
    if not any(clicks):
        return dash.no_update, dash.no_update
    wanted = str(ctx.triggered_id).removeprefix("accounts-")
    try:
        said = await _act(visitor(), stage.accounts, wanted, picked or {}, fields, lang, href)
    except Declined as refusal:
        return html.P(str(refusal), className="refusal", role="alert"), dash.no_update
    return said, turn + 1


async def _act(
    viewer: Viewer, desk: AccountDesk, wanted: str, picked: dict[str, Any], form: Form, lang: str, href: str | None
) -> Any:
    """Raises Declined."""
    if wanted == "add":
        new, secret = await done(lang, desk.add, viewer, form.name or "", form.title or "", form.roles or [],
                                 codes(form.scope))  # fmt: skip
        return once(translate(lang, "account.link_for", name=new.name), address(href, f"/welcome/{secret}"), lang)
    account_id, version = picked.get("id", ""), picked.get("version", 0)
    if wanted == "reset":
        secret = await done(lang, desk.reset, viewer, account_id)
        said = translate(lang, "account.link_for", name=picked.get("name", ""))
        return once(said, address(href, f"/welcome/{secret}"), lang)
    if wanted == "unlock":
        await done(lang, desk.unlock, viewer, account_id)
    elif wanted in ("on", "off"):
        await done(lang, desk.change, viewer, account_id, version, active=wanted == "on")
    else:
        await _set(viewer, desk, account_id, version, form, lang)
    return translate(lang, f"account.answer.{wanted}", name=picked.get("name", ""))


async def _set(viewer: Viewer, desk: AccountDesk, account_id: str, version: int, form: Form, lang: str) -> None:
    """Title and duties; duties only where they differ, so that one's own title can be changed.

    Raises:
        Declined: with the words to show.
    """
    now = next((one for one in await done(lang, desk.accounts, viewer) if one.account_id == account_id), None)
    roles, scope = form.roles or [], codes(form.scope)
    same = now is not None and set(now.roles) == set(roles) and set(now.scope or ()) == set(scope or ())
    duties = {} if same else {"roles": roles, "scope": scope}
    await done(lang, desk.change, viewer, account_id, version, title=(form.title or "").strip()[:100], **duties)


@callback(
    Permission.ACCOUNTS,
    Output("accounts-ended", "children"), Output("accounts-ends", "data"),
    Input("accounts-end", "data"), State("accounts-ends", "data"), State("accounts-lang", "data"),
    prevent_initial_call=True,
)  # fmt: skip
async def end(picked: dict[str, str] | None, ends: int, lang: str) -> Any:
    """Log somebody out."""
    if not picked:
        return dash.no_update, dash.no_update
    try:
        await done(lang, stage.accounts.end, visitor(), picked.get("value", ""))
    except Declined as refusal:
        return str(refusal), ends + 1
    return translate(lang, "session.ended"), ends + 1
