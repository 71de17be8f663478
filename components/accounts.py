"""Accounts and keys of programs: their tables, the forms that change them, and what is shown once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import segno
from dash import dcc, html
from dash.development.base_component import Component

from components.format import number, stamp
from components.marks import shape
from components.sessions import acts, sure
from components.tile import empty
from domain.accounts import Account, ApiKey
from domain.permissions import Role
from locales import translate

COLUMNS = ("name", "roles", "factor", "state", "activity")
KEY_COLUMNS = ("name", "roles", "datasets", "made", "ends", "used", "act")
KEY_ROLES = tuple(role for role in Role if role is not Role.SECURITY_ADMIN)


def roles_words(roles: Sequence[str], lang: str) -> str:
    """Duties in words."""
    return translate(lang, "export.join").join(translate(lang, f"role.{role}") for role in roles)


def scope_words(scope: Sequence[str] | None, lang: str) -> str:
    """The whole port, or which enterprises."""
    return translate(lang, "account.whole_port") if scope is None else ", ".join(scope)


def datasets_words(datasets: Sequence[str] | None, lang: str) -> str:
    """Whatever the roles allow, or which datasets alone."""
    if datasets is None:
        return translate(lang, "key.all_datasets")
    return translate(lang, "export.join").join(translate(lang, f"dataset.{name}") for name in datasets)


def state_words(one: Account, now: datetime, lang: str) -> str:
    """Whether it opens."""
    if not one.active:
        return translate(lang, "account.state.off")
    if one.locked_until is not None and now < one.locked_until:
        return translate(lang, "account.state.locked", time=stamp(one.locked_until, lang))
    return translate(lang, "account.state.active" if one.password or one.subject else "account.state.invited")


def factor_words(one: Account, lang: str) -> str:
    """The second factor."""
    kinds = [*(["totp"] if one.totp else []), *(["passkey"] if one.passkeys else [])] or ["none"]
    return translate(lang, "export.join").join(translate(lang, f"account.factor.{kind}") for kind in kinds)


def accounts_table(accounts: Sequence[Account], seen: Mapping[str, datetime], now: datetime, lang: str) -> Component:
    """All accounts; a click picks one.

    Args:
        accounts: without their secrets.
        seen: last activity of whoever is in, by account.
        now: tells which are locked.
        lang: language.
    """
    rows = []
    for one in accounts:
        name = html.Button([html.B(one.name), html.Small(one.title)], className="screen-pick",
                           **{"data-pick": "accounts-pick", "data-value": one.account_id})  # fmt: skip
        last = seen.get(one.account_id) or (one.logins[0] if one.logins else None)
        calm = one.active and not (one.locked_until is not None and now < one.locked_until)
        cells = [
            name, [roles_words(one.roles, lang), html.Small(scope_words(one.scope, lang))], factor_words(one, lang),
            [None if calm else shape("l3"), state_words(one, now, lang)], stamp(last, lang),
        ]  # fmt: skip
        rows.append(html.Tr([html.Td(cell) for cell in cells]))
    return _table("account.column", COLUMNS, rows, lang)


def account_form(one: Account | None, lang: str, turn: int = 0) -> list[Component]:
    """What can be set of an account; None: of a new one. All parts are always there, for the callback.

    Args:
        one: the account.
        lang: language.
        turn: counts acts, so that what was opened is closed again.
    """
    new = one is None
    title = html.H2(translate(lang, "account.new") if one is None else one.name)
    off, key = one is not None and not one.active, f"{one.account_id if one else ''}-{turn}"
    return [
        title,
        html.Div(_typed("accounts-name", "name", "", lang), style=_shown(new)),
        _typed("accounts-title", "title", one.title if one else "", lang),
        roles_choice("accounts-roles", one.roles if one else (), tuple(Role), lang),
        _typed("accounts-scope", "scope", ", ".join(one.scope or ()) if one else "", lang),
        html.Div(
            [
                _button("accounts-add", "add", new, lang), _button("accounts-set", "set", not new, lang),
                _button("accounts-on", "on", off, lang), _button("accounts-unlock", "unlock", _locked(one), lang),
            ],
            className="screen-acts",
        ),
        *(
            sure(translate(lang, f"account.act.{act}"), translate(lang, f"account.why.{act}"), lang,
                 button=f"accounts-{act}", hidden=new or (act == "off" and off), key=f"{act}-{key}")
            for act in ("reset", "off")
        ),
    ]  # fmt: skip


def _locked(one: Account | None) -> bool:
    return one is not None and (one.locked_until is not None or one.failures > 0)


def roles_choice(name: str, chosen: Sequence[str], roles: Sequence[Role], lang: str) -> Component:
    """Checkboxes of duties."""
    words = translate(lang, "account.field.roles")
    inner = dcc.Checklist(
        id=name, value=[str(role) for role in chosen], className="segments",
        options=[{"value": str(role), "label": translate(lang, f"role.{role}")} for role in roles],
    )  # fmt: skip
    return html.Div([html.Span(words), inner], className="screen-field", role="group", **{"aria-label": words})


def keys_table(keys: Sequence[tuple[ApiKey, datetime | None]], now: datetime, lang: str) -> Component:
    """Keys of programs, each with the act that revokes it; in words when there are none."""
    if not keys:
        return empty(lang, "keys")
    rows = []
    for one, used in keys:
        stands = one.stands(now)
        if one.revoked_at is not None:
            ends = translate(lang, "key.revoked", time=stamp(one.revoked_at, lang))
        else:
            ends = stamp(one.ends_at, lang) if one.ends_at else translate(lang, "key.no_end")
        act: Any = translate(lang, "key.over")
        if stands:
            why = translate(lang, "key.revoke_why")
            act = sure(translate(lang, "key.revoke"), why, lang, pick=("keys-revoke", one.key_id), key=one.key_id)
        cells = [
            [html.B(one.name), html.Small(one.key_id)],
            [roles_words(one.roles, lang), html.Small(scope_words(one.scope, lang))],
            datasets_words(one.datasets, lang), [stamp(one.made_at, lang), html.Small(one.made_by)], ends,
            [stamp(used, lang), html.Small(translate(lang, "key.uses", n=number(one.uses, lang)))], act,
        ]  # fmt: skip
        rows.append(html.Tr([html.Td(cell) for cell in cells]))
    return _table("key.column", KEY_COLUMNS, rows, lang)


def key_form(lang: str) -> list[Component]:
    """What a new key needs."""
    return [
        _typed("keys-name", "key_name", "", lang), roles_choice("keys-roles", (), KEY_ROLES, lang),
        _typed("keys-scope", "scope", "", lang), _typed("keys-days", "days", "90", lang),
        html.Div(_button("keys-add", "key", True, lang), className="screen-acts"),
    ]  # fmt: skip


def once(said: str, secret: str, lang: str, picture: bool = False) -> Component:
    """What is shown once and never again, with a button that copies it.

    Args:
        said: what it is for and how long it stands.
        secret: an address or a key.
        lang: language.
        picture: show it as a QR code, too.
    """
    shown = [
        html.P(said),
        html.Div(
            [
                html.Code(secret, className="once-text", tabIndex=0),
                html.Button(translate(lang, "account.copy"), **{
                    "data-copy": secret, "data-copied": translate(lang, "account.copied"),
                }),
            ],
            className="once-line",
        ),
        html.P(translate(lang, "account.once"), className="once-note"),
    ]  # fmt: skip
    if picture:
        code = segno.make(secret, error="m").svg_data_uri(scale=4, border=2, dark="#000", light="#fff")
        shown.append(html.Img(src=code, alt=translate(lang, "account.qr"), className="once-qr"))
    return html.Div(shown, className="once")


def _table(prefix: str, columns: Sequence[str], rows: list[Component], lang: str) -> Component:
    head = [html.Th(acts(lang) if name == "act" else translate(lang, f"{prefix}.{name}")) for name in columns]
    table = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows)], className="table people")
    return html.Div(table, className="scroll", tabIndex=0)


def _typed(name: str, field: str, value: str, lang: str) -> Component:
    hint = translate(lang, f"account.hint.{field}")
    inner = dcc.Input(id=name, value=value, placeholder=hint, className="screen-input", autoComplete="off")
    words = translate(lang, f"account.field.{field}")
    return html.Label([html.Span(words), inner], className="screen-field")


def _button(name: str, act: str, shown: bool, lang: str) -> Component:
    return html.Button(translate(lang, f"account.act.{act}"), id=name, n_clicks=0, style=_shown(shown))


def _shown(shown: bool) -> dict[str, Any]:
    return {} if shown else {"display": "none"}
