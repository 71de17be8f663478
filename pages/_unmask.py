"""Opening the alias of the vehicle a page shows: for those who may, one at a time, with a reason."""

from __future__ import annotations

import asyncio
from typing import Any

from dash import Input, Output, State, html
from dash.development.base_component import Component

from components.unmask import unmask
from domain.alias import UnmaskError, is_alias
from domain.errors import NotAllowedError, StoreUnavailableError
from domain.permissions import Permission
from layouts.stage import stage
from locales import translate
from pages._visitor import callback, visitor


def offered(name: str, subject: str, viewer: Any, lang: str) -> list[Component]:
    """The line that opens a vehicle's alias; nothing where there is none, or for those who may not."""
    hidden = stage.aliases is not None and is_alias(subject) and viewer.may(Permission.UNMASK)
    return [unmask(name, subject, lang)] if hidden else []


def opens(name: str) -> None:
    """Let the place ``name`` of a page open aliases; call once, where the page is made."""

    @callback(
        Permission.UNMASK,
        Output(f"{name}-unmask-told", "children"), Input(f"{name}-unmask", "n_clicks"),
        State(f"{name}-unmask", "value"), State(f"{name}-unmask-reason", "value"), State(f"{name}-lang", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    async def told(clicks: int | None, alias: str, reason: str | None, lang: str) -> Any:
        """The plate, or why not."""
        if not clicks or stage.aliases is None:
            return ""
        try:
            return html.B(await asyncio.to_thread(stage.aliases.unmask, visitor(), alias, reason or ""))
        except NotAllowedError:
            code = "not_allowed"
        except StoreUnavailableError:
            code = "store"
        except UnmaskError as error:
            code = error.code
        return html.Span(translate(lang, f"unmask.error.{code}"), className="refusal")
