"""Settings in force and their history, the secrets of feeds, and the last backup."""

from __future__ import annotations

import asyncio
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from components.configured import HISTORY, IN_FORCE, backup_words, course, in_force, secret_form, secrets_table
from components.grid import grid
from components.tile import empty, tile
from domain.errors import CockpitError, NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from domain.vault import users
from layouts.language import language_of
from layouts.moment import Moment, moment_of
from layouts.shell import page, page_title
from layouts.stage import may, stage
from locales import known, translate
from pages._visitor import ADDRESS, MOMENT_INPUT, MOMENT_STATE, callback, visitor

dash.register_page(__name__, path="/admin/settings", name="settings", title=page_title("settings"), uses=("grid",))

MOST = 100  # sets of settings looked back at


def layout(lang: str | None = None, **_: str) -> Component:
    """Four tiles, filled when the browser asks."""
    spoken = language_of(lang)

    def titled(name: str, *body: Any) -> Component:
        return html.Div(
            tile(translate(spoken, f"settings.{name}"), list(body), ages=False), className=f"place at-{name}"
        )

    answer = html.Div(id="settings-answer", className="answer", role="status")
    form = html.Div(secret_form(spoken), className="screen-form") if may(Permission.SECRETS) else None
    return page(
        spoken, "settings",
        titled("force", grid("settings-force", IN_FORCE, [], spoken)),
        titled("backup", html.Div(id="settings-backup")),
        titled("secrets", html.Div(id="settings-secrets"), form, answer),
        titled("course", grid("settings-course", HISTORY, [], spoken)),
        dcc.Store(id="settings-lang", data=spoken),
    )  # fmt: skip


@callback(
    Permission.SETTINGS,
    Output("settings-force", "rowData"), Output("settings-course", "rowData"),
    Output("settings-backup", "children"), Output("settings-secrets", "children"),
    MOMENT_INPUT, Input("settings-answer", "children"), ADDRESS, State("settings-lang", "data"),
)  # fmt: skip
async def show(told: str | None, _: str | None, search: str | None, lang: str) -> tuple[Any, ...]:
    """All four, at a past moment the settings that stood then."""
    return await asyncio.to_thread(_show, visitor(), moment_of(told, search), lang)


def _show(viewer: Any, moment: Moment, lang: str) -> tuple[Any, ...]:
    stood = stage.reads.settings_history(viewer, moment.now(), MOST)
    history = course(stood, len(stood) < MOST, lang)
    if moment.locked:
        then = stood[0].settings if stood else {}
        return in_force(then, lang), history, empty(lang, "only_now"), empty(lang, "only_now")
    wanted = users({
        **{feed.name: feed.options for feed in stage.settings.feeds},
        **{f"alerts.targets.{name}": {"url": one.url} for name, one in stage.settings.alerts.targets.items()},
    })  # fmt: skip
    return (
        in_force(stage.settings.told, lang), history,
        backup_words(stage.reads.backup(viewer), moment.now(), lang),
        secrets_table(stage.reads.secrets(viewer), wanted, lang),
    )  # fmt: skip


@callback(
    Permission.SECRETS,
    Output("settings-answer", "children"), Output("settings-secret-value", "value"),
    Input("settings-secret-set", "n_clicks"), Input("settings-secret-remove", "n_clicks"),
    State("settings-secret-name", "value"), State("settings-secret-value", "value"),
    State("settings-lang", "data"), MOMENT_STATE, ADDRESS, prevent_initial_call=True,
)  # fmt: skip
async def act(
    set_: int, remove: int, name: str | None, value: str | None, lang: str, told: str | None, search: str | None
) -> Any:
    """Set or remove a secret, and say what came of it; the field is empty afterwards, whatever came."""
    if not set_ and not remove:
        return dash.no_update, dash.no_update
    wanted = str(ctx.triggered_id).removeprefix("settings-secret-")
    moment, secret = moment_of(told, search), (name or "").strip()
    return await asyncio.to_thread(_act, visitor(), wanted, secret, value or "", lang, moment), ""


def _act(viewer: Any, wanted: str, name: str, value: str, lang: str, moment: Moment) -> str:
    if moment.locked:
        return translate(lang, "secret.error.not_live")
    try:
        if wanted == "set":
            stage.secrets.set(viewer, name, value)
        else:
            stage.secrets.remove(viewer, name)
    except NotAllowedError:
        return translate(lang, "secret.error.not_allowed")
    except StoreUnavailableError:
        return translate(lang, "secret.error.store")
    except CockpitError as error:
        code = f"secret.error.{getattr(error, 'code', 'key')}"
        return translate(lang, code if known(code) else "secret.error.key")
    return translate(lang, f"secret.answer.{wanted}", name=name)
